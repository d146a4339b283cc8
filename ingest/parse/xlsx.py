"""Excel workbooks, by openpyxl: a section for each sheet, values as it shows them, tables apart where blank rows part them."""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from ingest.parse.archive import open_archive
from ingest.parse.markupcell import readable
from ingest.parse.numfmt import serial, shown, shown_text
from ingest.parse.sheet import parted, write_rows
from ingest.parse.slots import Line, Slot
from ingest.parse.writer import Writer
from ingest.parse.xlsxstrings import read_strings
from rag.domain import Parsed
from rag.errors import ParseError

_COLUMN_LIMIT = 1000
_DAYS_1904 = 1462
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_STORED = re.compile(
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*<(?:\w+:)?v(?:\s[^>]*)?>[^<]"
)  # a formula with its result
_TIMES = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
_LISTED = 50
_FORMULAS_LIMIT = 20_000


def parse(content: bytes) -> Parsed:
    """Parses a workbook's visible sheets, with the values that Excel stored for formulas.

    What is left out is told in `metadata["left_out"]`: hidden sheets, rows and columns, formulas without a stored value.

    Raises:
        ParseError: `broken` when it cannot be opened.
    """
    with open_archive(content) as archive:
        sources = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        wanting = any(_wants_results(archive.read(name)) for name in sources)
    book = _open(content, data_only=True)
    formulas = _open(content, data_only=False) if wanting else None  # the whole workbook once more
    days_off = _DAYS_1904 if book.epoch.year == 1904 else 0
    writer = Writer(book.properties.title or "")
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    worked_out = _work_out(book, formulas) if formulas is not None else []
    writer.leave_out("sheets", [sheet.title for sheet in book.worksheets if sheet not in sheets])
    for sheet in sheets:
        if len(sheets) > 1:
            writer.heading(sheet.title, 1)
        _tell(writer, sheet, formulas)
        for table in parted(list(_rows(sheet, days_off))):
            write_rows(writer, table)
    return writer.parsed({"computed": worked_out} if worked_out else None)


def _wants_results(source: bytes) -> bool:
    """Whether a sheet may have a formula whose result is not stored beside it."""
    return len(_FORMULA.findall(source)) > len(_STORED.findall(source))


def _work_out(book: Any, formulas: Any) -> list[str]:
    """Puts in the results that the workbook does not store, as far as its own cells give them; names those cells."""
    from ingest.parse.formula import Sums, Unknown

    sums, computed = Sums(book, formulas), dict[str, tuple[Any, Any]]()
    for sheet in book.worksheets:
        for (row, column), formula in formulas[sheet.title]._cells.items():
            stored = sheet._cells.get((row, column))
            if formula.data_type != "f" or stored is None or stored.value is not None or len(computed) >= _FORMULAS_LIMIT:
                continue
            try:
                computed[f"{sheet.title}!{formula.coordinate}"] = stored, sums.value(sheet.title, row, column)
            except (Unknown, RecursionError):
                continue
    for cell, value in computed.values():
        cell.value = value
    return [name for name, (_, value) in computed.items() if value is not None][:_LISTED]


def _open(content: bytes, *, data_only: bool) -> Any:
    from openpyxl.reader.excel import ExcelReader

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about every extension that it does not keep
            reader = ExcelReader(io.BytesIO(content), data_only=data_only)
            reader.read_strings = partial(read_strings, reader)
            reader.read()
            return reader.wb
    except Exception as exc:  # openpyxl raises whatever its XML held: KeyError, TypeError, ValueError, …
        raise ParseError(
            f"The workbook cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .xlsx or .csv."
        ) from exc


def _hidden(sheet: Any) -> tuple[set[int], set[int]]:
    """(rows, columns) that the sheet hides; rows that a filter hides are only not looked at now."""
    filtered = bool(sheet.auto_filter.ref)
    rows = set() if filtered else {number for number, row in sheet.row_dimensions.items() if row.hidden}
    columns: set[int] = set()
    for dimension in sheet.column_dimensions.values():
        if (dimension.hidden or dimension.width == 0) and dimension.min:
            columns |= set(range(dimension.min, min(dimension.max or dimension.min, _COLUMN_LIMIT) + 1))
    return rows, columns


def _tell(writer: Writer, sheet: Any, formulas: Any) -> None:
    from openpyxl.utils import get_column_letter

    rows, columns = _hidden(sheet)
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None] if rows or columns else []
    hidden = _in_order(rows, (row for row, _ in filled))
    writer.leave_out("hidden rows", [f"{sheet.title}!{row}" for row in hidden[:_LISTED]])
    hidden = _in_order(columns, (column for _, column in filled))
    writer.leave_out("hidden columns", [f"{sheet.title}!{get_column_letter(one)}" for one in hidden])
    struck = {number for number, font in enumerate(sheet.parent._fonts) if font.strike}
    out = (
        [cell.coordinate for _, cell in sorted(sheet._cells.items()) if cell.value is not None and cell._style.fontId in struck]
        if struck
        else []
    )
    writer.leave_out("struck out cells", [f"{sheet.title}!{one}" for one in out[:_LISTED]])
    if formulas is None:
        return
    written = formulas[sheet.title]._cells
    empty = [
        f"{sheet.title}!{cell.coordinate}"
        for place, cell in sorted(written.items())
        if cell.data_type == "f" and (place not in sheet._cells or sheet._cells[place].value is None)
    ]
    writer.leave_out("formulas without a stored value", empty[:_LISTED])


def _in_order(hidden: Collection[int], filled: Iterator[int]) -> list[int]:
    return sorted(set(hidden).intersection(filled))


def _rows(sheet: Any, days_off: int) -> Iterator[Line]:
    """All visible rows down to the last filled one; an empty list for a blank row."""
    hidden_rows, hidden_columns = _hidden(sheet)
    places = _places(hidden_columns)
    areas, covered = _merged(sheet)
    bold = {number for number, font in enumerate(sheet.parent._fonts) if font.b}
    struck = {number for number, font in enumerate(sheet.parent._fonts) if font.strike}
    text_of = _texts(days_off)
    # Formatting alone can stretch a sheet over a million rows: only cells that exist are visited.
    lines: dict[int, Line] = {}
    for row, column in sorted({*sheet._cells, *areas} if areas else sheet._cells):
        if row in hidden_rows or column > _COLUMN_LIMIT or (row, column) in covered:
            continue
        top, first, last = areas.get((row, column), (row, column, column))
        cell = sheet._cells.get((top, first))
        text = text_of(cell) if cell is not None else ""
        if struck and text and cell._style and cell._style.fontId in struck:
            text = ""
        if last > first:
            seen = [places[one] for one in range(first, min(last, _COLUMN_LIMIT) + 1) if one in places]
        else:
            seen = [places[first]] if text and first in places else []
        if seen:
            strong = cell is not None and (cell._style.fontId if cell._style else 0) in bold
            lines.setdefault(row, []).append(Slot(seen[0], text, len(seen), False, strong, row > top))
    previous = 0
    for row, slots in sorted(lines.items()):
        if not any(slot.text for slot in slots):
            continue
        if previous and row > previous + 1 and not all(between in hidden_rows for between in range(previous + 1, row)):
            yield []
        previous = row
        yield _without_gaps(slots)


def _merged(sheet: Any) -> tuple[dict[tuple[int, int], tuple[int, int, int]], set[tuple[int, int]]]:
    """(row, first column) of a merged area → its top row, first and last column; the cells that it covers beside those."""
    areas: dict[tuple[int, int], tuple[int, int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for area in sheet.merged_cells.ranges:
        last = min(area.max_col, area.min_col + _COLUMN_LIMIT)
        for row in range(area.min_row, min(area.max_row, sheet.max_row) + 1):
            areas[row, area.min_col] = (area.min_row, area.min_col, last)
            covered |= {(row, column) for column in range(area.min_col + 1, last + 1)}
    return areas, covered


def _places(hidden: set[int]) -> Mapping[int, int]:
    """Column → its number among the visible ones, from 0."""
    return {column: number for number, column in enumerate(one for one in range(1, _COLUMN_LIMIT + 1) if one not in hidden)}


def _without_gaps(slots: Line) -> Line:
    """With an empty slot for each column that has none, up to the last filled one."""
    line: Line = []
    at = 0
    for slot in slots:
        line += [Slot(column, "") for column in range(at, slot.first)]
        line.append(slot)
        at = slot.first + slot.width
    while line and not line[-1].text:
        line.pop()
    return line


def _texts(days_off: int) -> Callable[[Any], str]:
    """Gives the value of a cell as a person reads it in the sheet."""
    patterns: dict[int, str] = {}  # openpyxl looks a cell's format up each time that it is asked

    def text_of(cell: Any) -> str:
        value = cell._value
        if value is None or cell.data_type == "e":
            return ""
        number = cell._style.numFmtId
        if number not in patterns:
            patterns[number] = cell.number_format
        return _text(value, patterns[number], days_off)

    return text_of


def _text(value: Any, pattern: str, days_off: int) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return shown(value, pattern, days_off=days_off)
    if isinstance(value, _TIMES):
        return shown(serial(value), pattern)
    text = str(value)
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    text = shown_text(text, pattern).strip()
    return readable(text) if "<" in text or "&" in text or "](" in text else text
