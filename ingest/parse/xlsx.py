"""Excel workbooks, by openpyxl: one section a sheet, merged cells filled, tables apart where blank rows part them."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Iterator
from typing import Any

from ingest.parse.archive import open_archive
from ingest.parse.sheet import parted, write_rows
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_COLUMN_LIMIT = 1000


def parse(content: bytes) -> Parsed:
    """Parses a workbook's visible sheets, with the values that Excel stored for formulas.

    Raises:
        ParseError: `broken` when it cannot be opened.
    """
    from openpyxl import load_workbook

    open_archive(content).close()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about every extension that it does not keep
            book = load_workbook(io.BytesIO(content), data_only=True)
    except Exception as exc:  # openpyxl raises whatever its XML held: KeyError, TypeError, ValueError, …
        raise ParseError(
            f"The workbook cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .xlsx or .csv."
        ) from exc
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    writer = Writer(book.properties.title or "")
    for sheet in sheets:
        if len(sheets) > 1:
            writer.heading(sheet.title, 1)
        for table in parted(list(_rows(sheet))):
            write_rows(writer, table)
    return writer.parsed()


def _rows(sheet: Any) -> Iterator[list[str]]:
    """All rows down to the last filled one, as texts; an empty list for a blank row."""
    merged: dict[tuple[int, int], Any] = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col)
        for row in range(area.min_row, min(area.max_row, sheet.max_row) + 1):
            for column in range(area.min_col, min(area.max_col, area.min_col + _COLUMN_LIMIT) + 1):
                merged[row, column] = value
    # Formatting alone can stretch a sheet over a million rows: only cells that exist are visited.
    filled: dict[int, dict[int, str]] = {}
    for row, column in sorted({*sheet._cells, *merged}):
        cell = merged.get((row, column)) or sheet._cells[row, column]
        if column <= _COLUMN_LIMIT and (text := _text(cell)):
            filled.setdefault(row, {})[column] = text
    previous = 0
    for row, cells in sorted(filled.items()):
        if previous and row > previous + 1:
            yield []
        previous = row
        first = min(cells) if len(set(cells.values())) == 1 else 1
        last = first if len(set(cells.values())) == 1 else max(cells)
        yield [cells.get(column, "") for column in range(1, last + 1)]


def _text(cell: Any) -> str:
    """The value as a person reads it in the sheet."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{value * 100:.10g}%"
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    return str(value).strip()
