"""CSV, TSV and XLSX: rows under the names of their columns, FAQ and case files by entry."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.parse.markupcell import readable
from ingest.parse.shape import shape
from ingest.parse.slots import Line, filled, line, width
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DELIMITERS = ",\t;|"
_CELL_LIMIT = 10_000_000
_SNIFFED_ROWS = 50
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*\r?\n", re.IGNORECASE)
_ODD = re.compile(r"^=|[<&]|\]\(")
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')


def parse_csv(text: str) -> Parsed:
    """Parses decoded text with columns separated by comma, tab, semicolon or bar, whichever fits.

    Raises:
        ParseError: `broken` when the quoting cannot be read.
    """
    csv.field_size_limit(_CELL_LIMIT)
    separator = _SEPARATOR_LINE.match(text)
    delimiter = separator[1] if separator else _delimiter(text)
    source = io.StringIO(text[separator.end() :] if separator else text, newline="")
    try:
        rows = list(csv.reader(source, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as exc:
        raise ParseError(f"The table cannot be read: {exc}.", code="broken", fix="Export it again as CSV in UTF-8.") from exc
    writer = Writer()
    stripped = ([cell.strip() for cell in row] for row in rows)
    write_rows(writer, [line([_value(cell) if _ODD.search(cell) else cell for cell in row]) for row in stripped if any(row)])
    return writer.parsed()


def _value(cell: str) -> str:
    """`="00123"` is how an export keeps Excel from reading a number; an export of pages has their markup in its cells."""
    if cell[:1] == "=" and (match := _QUOTED_FORMULA.fullmatch(cell)):
        return match[1]
    return readable(cell) if "<" in cell or "&" in cell or "](" in cell else cell


def write_rows(writer: Writer, rows: Sequence[Line]) -> None:
    """Writes the rows of one table, titles above it as text; a table of one column is a list of texts."""
    if width(rows) < 2:
        for number, row in enumerate(rows):
            writer.block(row[0].text.strip(), "text", tight=number > 0)
    else:
        writer.table(rows, labelled=True)


def parted(rows: Sequence[Line]) -> Iterator[list[Line]]:
    """Rows between blank rows; what follows a blank row without a header of its own belongs to the table above."""
    table: list[Line] = []
    for number, row in enumerate(rows):
        if not row:
            rest = rows[number + 1 :]
            end = next((i for i, later in enumerate(rest) if not later), len(rest))
            if table and end and shape(_trimmed(rest[:end])).header:
                yield _trimmed(table)
                table = []
            continue
        table.append(row)
    if table:
        yield _trimmed(table)


def _trimmed(rows: Sequence[Line]) -> list[Line]:
    """Without the empty columns on the left."""
    first = min((slot.first for row in rows for slot in filled(row)), default=0)
    if not first:
        return list(rows)
    return [[replace(slot, first=slot.first - first) for slot in row if slot.first >= first] for row in rows]


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first rows into the same number of columns most often, and into most columns."""
    sample = text[:200_000]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row, _ in zip(reader, range(_SNIFFED_ROWS), strict=False) if row]
        except csv.Error:
            continue
        most = max(set(widths), key=widths.count, default=1)
        score = widths.count(most) / len(widths) * min(most, 4) if most > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
