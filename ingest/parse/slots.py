"""The cells of a table as they stand in it: where each begins, how many columns it covers, what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)  # frozen, each of a table's million cells would take three times as long to make
class Slot:
    """A cell in one row; nobody changes it.

    Attributes:
        first, width: the columns that it covers.
        text: as it is read; '' for an empty cell.
        head: marked as a heading of its column or row (`<th>`).
        strong: bold throughout.
        hung: it goes on from the row above, whose text it has.
        start, end: its span in a text that is kept as it is; (-1, -1) where the text is still to be written.
    """

    first: int
    text: str
    width: int = 1
    head: bool = False
    strong: bool = False
    hung: bool = False
    start: int = -1
    end: int = -1


Line = list[Slot]
"""One row: its slots by column, empty ones too."""


def line(cells: Sequence[str]) -> Line:
    """A row without merged cells."""
    return [Slot(i, cell) for i, cell in enumerate(cells)]


def width(rows: Sequence[Line]) -> int:
    """Columns of the widest row."""
    return max((row[-1].first + row[-1].width for row in rows if row), default=0)


def texts(row: Line, columns: int) -> list[str]:
    """The row as plain cells; what covers several columns stands in the first of them."""
    cells = [""] * columns
    for slot in row:
        if slot.first < columns:
            cells[slot.first] = slot.text
    return cells


def is_blank(row: Line) -> bool:
    """Whether none of its slots says something."""
    return not any(slot.text for slot in row)


def filled(row: Line) -> list[Slot]:
    """Its slots that say something."""
    return [slot for slot in row if slot.text]
