"""The rows of a table in a text that is kept as it is, as spans of that text: FAQ entries where its columns say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest import faq
from ingest.parse.shape import Row, Shape, shape
from ingest.parse.slots import Line, Slot, filled, texts
from ingest.parse.tables import names_of
from rag.domain import Kind
from rag.domain.statement import Cell

_STRONG = re.compile(r"(\*\*|__)(?=\S).*(?<=\S)\1|<(?:b|strong)>.*</(?:b|strong)>", re.DOTALL)

_CELL = re.compile(r"(?:[^|\\]|\\.)+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RowBlock:
    """A block of a table. `row`: number of its row among those of the table."""

    row: int
    start: int
    end: int
    kind: Kind
    header: str = ""
    keys: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    above: str = ""


def is_strong(source: str) -> bool:
    """Whether a cell is bold throughout."""
    return _STRONG.fullmatch(source.strip()) is not None


def table_blocks(rows: Sequence[Line], heads: int | None, lead: str = "") -> Iterator[RowBlock]:
    """The blocks of a table, in order; header rows and section rows make none."""
    table = shape(rows, heads)
    number = {id(slot): at for at, row in enumerate(rows) for slot in row}
    roles = faq.find_columns(table.header) or table.faq
    title_row = " | ".join(filter(None, table.header))
    for slot in table.titles:
        yield RowBlock(number.get(id(slot), 0), slot.start, slot.end, "text")
    for row in table.rows:
        slots = filled(row.slots)
        at = number.get(id(slots[0]), 0)
        if row.is_section:
            continue
        if row.is_note:
            yield RowBlock(at, slots[0].start, slots[0].end, "text")
            continue
        plain = texts(row.slots, table.columns)
        if roles is not None and (entry := faq.read_entry(roles, plain)) is not None:
            yield _entry(at, table, roles, entry, row)
            continue
        own = [slot for slot in slots if not slot.hung]
        if not own:
            continue
        header = "\n".join(filter(None, (title_row, _hanging(slots), row.above)))
        yield RowBlock(
            at,
            own[0].start,
            own[-1].end,
            "table",
            header,
            cells=tuple(_cell(slot, table, own[0].start) for slot in slots),
            above=row.above,
        )  # fmt: skip


def _hanging(slots: Sequence[Slot]) -> str:
    """What stands in rows above and goes on in this one: it is not in the row's own span."""
    return " · ".join(slot.text for slot in slots if slot.hung)


def _cell(slot: Slot, table: Shape, row: int) -> Cell:
    """What hangs down from a row above has an empty span where its own row starts: it stands outside of that."""
    start, end = (row, row) if slot.hung else (slot.start, slot.end)
    return Cell(start, end, names_of(slot, table.names), slot.text)


def _entry(at: int, table: Shape, roles: faq.Columns, entry: faq.Entry, row: Row) -> RowBlock:
    """The answer's span, or that from the first to the last of the columns that are shown."""
    by_column = {slot.first: slot for slot in filled(row.slots)}
    shown = [by_column[i] for i in (roles.answer, *roles.answers, *roles.further) if i in by_column]
    shown.sort(key=lambda slot: slot.start)
    between = [
        slot for slot in by_column.values()
        if shown[0].start < slot.start < shown[-1].end and slot not in shown
    ]  # fmt: skip
    if between and any(slot.first in (roles.question, *roles.phrasings, *roles.left_out) for slot in between):
        shown = [by_column[roles.answer]] if roles.answer in by_column else shown[:1]
    return RowBlock(
        at, shown[0].start, shown[-1].end, "faq", entry.question, entry.phrasings, entry.fields,
        tuple(_cell(slot, table, shown[0].start) for slot in shown),
    )  # fmt: skip


def cell_spans(source: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the cells of one row, without surrounding spaces; empty cells have empty spans."""
    cells: list[tuple[int, int]] = []
    while start < end:
        match = _CELL.match(source, start, end)
        stop = match.end() if match else start
        cells.append(stripped(source, start, stop))
        start = stop + 1
    return cells


def stripped(source: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its edges."""
    while start < end and source[start].isspace():
        start += 1
    while end > start and source[end - 1].isspace():
        end -= 1
    return start, end
