"""Old Excel workbooks (.xls), by xlrd: read like .xlsx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ingest.parse.archive import encrypted
from ingest.parse.numfmt import shown, shown_text
from ingest.parse.sheet import parted, write_rows
from ingest.parse.slots import Line, Slot
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_COLUMN_LIMIT = 1000
_DAYS_1904 = 1462
_SYSTEM_DATES = ("m/d/yy", "m/d/yyyy", "mm-dd-yy")  # number 14, the reader's own short date


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
    writer.leave_out("sheets", [sheet.name for sheet in book.sheets() if sheet.visibility])
    for sheet in sheets:
        if len(sheets) > 1:
            writer.heading(sheet.name, 1)
        for table in parted(list(_rows(writer, book, sheet))):
            write_rows(writer, table)
    return writer.parsed()


def _rows(writer: Writer, book: Any, sheet: Any) -> Iterator[Line]:
    """All visible rows; an empty list for a blank row. A merged cell stands once in each of its rows."""
    hidden = {x for x, info in sheet.colinfo_map.items() if info.hidden}
    lost = {y for y, info in sheet.rowinfo_map.items() if info.hidden}
    merged: dict[tuple[int, int], tuple[int, int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for top, bottom, left, right in sheet.merged_cells:
        for y in range(top, min(bottom, sheet.nrows)):
            merged[y, left] = (top, left, right)
            covered |= {(y, x) for x in range(left + 1, right)}
    writer.leave_out("hidden rows", [f"{sheet.name}!{y + 1}" for y in sorted(lost) if y < sheet.nrows and sheet.row_len(y)])
    for y in range(sheet.nrows):
        if y in lost:
            continue
        line: Line = []
        at = 0
        for x in range(min(_COLUMN_LIMIT, max([sheet.row_len(y), *(x + 1 for row, x in merged if row == y)]))):
            if x in hidden and (y, x) not in merged:
                continue
            if (y, x) in covered:
                continue
            top, left, right = merged.get((y, x), (y, x, x + 1))
            wide = sum(column not in hidden for column in range(left, right))
            if wide:
                line.append(Slot(at, _text(book, sheet, top, left), wide, hung=y > top))
                at += wide
        while line and not line[-1].text:
            line.pop()
        yield line


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
    look = book.xf_list[sheet.cell_xf_index(y, x)]
    if book.font_list[look.font_index].struck_out:
        return ""
    pattern = book.format_map[look.format_key].format_str
    if kind in (xlrd.XL_CELL_DATE, xlrd.XL_CELL_NUMBER):
        return shown(value, "mm-dd-yy" if pattern in _SYSTEM_DATES else pattern, days_off=_DAYS_1904 if book.datemode else 0)
    return shown_text(str(value), pattern).strip()
