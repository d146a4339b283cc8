"""Old Excel workbooks (.xls), by xlrd: read like .xlsx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ingest.parse.archive import encrypted
from ingest.parse.sheet import parted, write_rows
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_COLUMN_LIMIT = 1000


def parse(content: bytes) -> Parsed:
    """Parses a workbook's visible sheets. Raises ParseError `broken`, `encrypted`."""
    import xlrd

    with open(os.devnull, "w") as silence:
        try:
            book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=silence)
        except Exception as exc:  # xlrd raises XLRDError, struct.error, AssertionError, IndexError, …
            if "encrypted" in str(exc).lower():
                raise encrypted() from exc
            raise ParseError(
                f"The workbook cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .xlsx or .csv."
            ) from exc
    sheets = [sheet for sheet in book.sheets() if sheet.visibility == 0]
    writer = Writer()
    for sheet in sheets:
        if len(sheets) > 1:
            writer.heading(sheet.name, 1)
        for table in parted(list(_rows(book, sheet))):
            write_rows(writer, table)
    return writer.parsed()


def _rows(book: Any, sheet: Any) -> Iterator[list[str]]:
    """All rows as texts, merged cells filled; an empty list for a blank row."""
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    for top, bottom, left, right in sheet.merged_cells:
        merged |= {(y, x): (top, left) for y in range(top, min(bottom, sheet.nrows)) for x in range(left, right)}
    for y in range(sheet.nrows):
        width = min(_COLUMN_LIMIT, max([sheet.row_len(y), *(x + 1 for row, x in merged if row == y)]))
        row = [_text(book, sheet, *merged.get((y, x), (y, x))) for x in range(width)]
        while row and not row[-1]:
            row.pop()
        filled = {cell for cell in row if cell}
        if len(filled) == 1 and len(row) > 1 and (y, row.index(next(iter(filled)))) in merged:
            row = row[: row.index(next(iter(filled))) + 1]  # a title over the whole table
        yield row


def _text(book: Any, sheet: Any, y: int, x: int) -> str:
    """The value as a person reads it in the sheet."""
    import xlrd

    if y >= sheet.nrows or x >= sheet.row_len(y):
        return ""
    kind, value = sheet.cell_type(y, x), sheet.cell_value(y, x)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
        return ""
    if kind == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == xlrd.XL_CELL_DATE:
        try:
            date = xlrd.xldate_as_datetime(value, book.datemode)
        except (ValueError, OverflowError):
            return f"{value:.15g}"
        if value < 1:
            return str(date.strftime("%H:%M:%S"))
        midnight = (date.hour, date.minute, date.second) == (0, 0, 0)
        return str(date.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S"))
    if kind == xlrd.XL_CELL_NUMBER:
        pattern = book.format_map[book.xf_list[sheet.cell_xf_index(y, x)].format_key].format_str
        return f"{value * 100:.10g}%" if "%" in pattern else f"{value:.15g}"
    return str(value).strip()
