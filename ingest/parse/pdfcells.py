"""Tables and forms of a PDF that are set with gaps alone, without rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from ingest.parse.pdflines import Cell, PdfLine

_NEAR = 2.6  # distance of two rows, in font sizes
_LEAD = 8  # lines above a table that may be no part of it
_OVERLAP = 1.0  # points by which neighbouring columns may touch
_FILLED = 0.5  # share of the cells that a table has text in


def runs(lines: Sequence[PdfLine]) -> Iterator[list[PdfLine]]:
    """Lines in order: those with cells that stand close below each other together, any other by itself."""
    run: list[PdfLine] = []
    for line in lines:
        last = run[-1] if run else None
        near = last is not None and last.page == line.page and 0 < line.top - last.top < _NEAR * max(line.size, last.size)
        if run and not (last and last.cells and line.cells and near):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def parted(run: list[PdfLine]) -> Iterator[tuple[list[PdfLine], list[list[str]] | None]]:
    """A run as (lines, their rows or None), cut where the lines of a form stand directly above a table's."""
    for start in range(min(_LEAD, len(run) - 1)):
        below = run[start:]
        rows = grid(below)
        if rows is not None and len(rows[0]) >= median(len(line.cells) for line in below):
            if start:
                yield from parted(run[:start])
            yield below, rows
            return
    yield run, grid(run)


def grid(run: Sequence[PdfLine]) -> list[list[str]] | None:
    """The cells of a run as rows of one width, or None when they do not stand in columns."""
    if len(run) < 2 or sum(line.apart for line in run) * 2 < len(run):
        return None
    columns = _columns([cell for line in run for cell in line.cells])
    if len(columns) < 2:
        return None
    rows = [[""] * len(columns) for _ in run]
    for row, line in zip(rows, run, strict=True):
        for text, x0, x1 in line.cells:
            middle = (x0 + x1) / 2
            at = next(number for number, (left, right) in enumerate(columns) if left <= middle <= right)
            row[at] = f"{row[at]} {text}".strip()
    filled = sum(bool(cell) for row in rows for cell in row)
    return rows if filled >= len(rows) * len(columns) * _FILLED else None


def _columns(cells: Sequence[Cell]) -> list[tuple[float, float]]:
    """Ranges of x that the cells cover without a gap between."""
    columns: list[tuple[float, float]] = []
    for _, x0, x1 in sorted(cells, key=lambda cell: cell[1]):
        if columns and x0 < columns[-1][1] - _OVERLAP:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns
