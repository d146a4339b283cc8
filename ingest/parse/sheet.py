"""CSV, TSV and XLSX: rows under the names of their columns, FAQ and case files by entry."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from ingest.parse.header import split_header
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DELIMITERS = ",\t;|"
_CELL_LIMIT = 10_000_000
_SNIFFED_ROWS = 50


def parse_csv(text: str) -> Parsed:
    """Parses decoded text with columns separated by comma, tab, semicolon or bar, whichever fits.

    Raises:
        ParseError: `broken` when the quoting cannot be read.
    """
    csv.field_size_limit(_CELL_LIMIT)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True))
    except csv.Error as exc:
        raise ParseError(f"The table cannot be read: {exc}.", code="broken", fix="Export it again as CSV in UTF-8.") from exc
    writer = Writer()
    write_rows(writer, [row for row in rows if any(cell.strip() for cell in row)])
    return writer.parsed()


def write_rows(writer: Writer, rows: Sequence[Sequence[str]]) -> None:
    """Writes the rows of one table, titles above it as text; a table of one column is a list of texts."""
    width = max((len(row) for row in rows), default=0)
    while width > 1 and len(rows) > 1 and sum(bool(cell.strip()) for cell in rows[0]) == 1:
        writer.block("".join(rows[0]).strip())
        rows = rows[1:]
    header, body = split_header(rows)
    if width < 2:
        for number, row in enumerate(rows):
            writer.block(row[0].strip(), "text", tight=number > 0)
    elif header:
        writer.records(header, body)
    else:
        writer.table([], body)


def parted(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """Rows between blank rows; what follows a blank row without a header of its own belongs to the table above."""
    table: list[list[str]] = []
    for number, row in enumerate(rows):
        if not row:
            rest = rows[number + 1 :]
            end = next((i for i, later in enumerate(rest) if not later), len(rest))
            if table and split_header(rest[:end])[0]:
                yield _trimmed(table)
                table = []
            continue
        table.append(row)
    if table:
        yield _trimmed(table)


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Without the empty columns on the left, all rows of one width."""
    first = min(next(i for i, cell in enumerate(row) if cell) for row in rows)
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))][first:] for row in rows]


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
        width = max(set(widths), key=widths.count, default=1)
        score = widths.count(width) / len(widths) * min(width, 4) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
