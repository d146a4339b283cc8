"""Whether the first rows of a table without markup are its header."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest import cases, faq
from ingest.parse.lines import columns

_VALUE = re.compile(r"[\s\d.,:/%+\-¥$€£()年月日]*\d[\s\d.,:/%+\-¥$€£()年月日]*|[-–—]|\S+@\S+|https?://\S+")
_NAME_COLUMNS = 40
_LEAD_ROWS = 10

Rows = Sequence[Sequence[str]]


def split_header(rows: Rows) -> tuple[list[str], Rows]:
    """(header, rest). A header has distinct short names, no numbers or dates; without one, the header is empty.

    Rows above a row of FAQ or case columns (a sheet's title, a remark) are dropped.
    """
    for number, row in enumerate(rows[:_LEAD_ROWS]):
        if faq.find_columns(row) or cases.find_columns(row):
            return list(row), rows[number + 1 :]
    if len(rows) > 1 and _names(rows[0]):
        return list(rows[0]), rows[1:]
    return [], rows


def _names(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row]
    filled = [cell for cell in cells if cell]
    return (
        len(filled) * 2 > len(cells)
        and len(set(filled)) == len(filled)
        and all(columns(cell) <= _NAME_COLUMNS and not _VALUE.fullmatch(cell) and "\n" not in cell for cell in filled)
    )
