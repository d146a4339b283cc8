"""Headings, paragraphs and tables of a PDF from its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.parse import removed, slots
from ingest.parse.lines import bullet, columns, heading_level
from ingest.parse.normal import normalise
from ingest.parse.pdffurniture import furniture
from ingest.parse.pdflines import PdfLine, join
from ingest.parse.writer import Writer

_SENTENCE_END = re.compile(r"[。！？；：.!?:;][\"'”’)）」』]*$")
_HEADING_COLUMNS = 90
_NO_GAP = 1e9


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a page, cells by row, with its edges in points."""

    rows: tuple[tuple[str, ...], ...]
    page: int
    x0: float
    x1: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Scan:
    """A page that is a picture, with the paragraphs that were recognised on it."""

    page: int
    paragraphs: tuple[str, ...]


def write_document(writer: Writer, items: Sequence[PdfLine | Table | Scan], named: str) -> None:
    """Writes lines and tables as headings, paragraphs, list items and rows. `named`: the title property, '' for none."""
    lines = [item for item in items if isinstance(item, PdfLine)]
    sizes = _sizes(lines)
    dropped = furniture(lines, sizes.body) if removed.is_on(removed.PAGE_FURNITURE) else set()
    removed.note(removed.PAGE_FURNITURE, len(dropped))
    kept = [item for item in items if not isinstance(item, PdfLine) or id(item) not in dropped]
    paragraphs = _paragraphs(kept, sizes)
    writer.title = named or next(
        (item.text for item in paragraphs if isinstance(item, _Paragraph) and item.level == 1 and item.page == 1), ""
    )
    group, header, last_table = -1, tuple[str, ...](), False
    for item in paragraphs:
        if isinstance(item, Table):
            header = _write_table(writer, item, header if last_table else ())
            last_table, group = True, -1
            continue
        last_table = False
        fields = {"page": str(item.page)}
        if isinstance(item, Scan):
            group = -1
            for text in item.paragraphs:
                writer.block(text, fields=fields)
            continue
        if item.level:
            writer.heading(item.text, item.level, fields)
            group = -1
        elif mark := bullet(item.text):
            tight = group >= 0
            group = group if tight else writer.group()
            writer.block(item.text[mark:], "list", mark=item.text[:mark], tight=tight, group=group, fields=fields)
        else:
            group = -1
            writer.block(item.text, fields=fields)


@dataclass(slots=True)
class _Paragraph:
    text: str
    page: int
    level: int
    last: PdfLine


def _write_table(writer: Writer, table: Table, above: tuple[str, ...]) -> tuple[str, ...]:
    """Writes a table; one that goes on from the page before keeps its header. Returns the header."""
    rows, heads = table.rows, None
    if above and len(above) == len(rows[0]):
        rows, heads = (above, *(rows[1:] if rows[0] == above else rows)), 1
    return writer.table([slots.line(row) for row in rows], heads, {"page": str(table.page)})


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Font sizes in points: the body's, and those of headings → level, the largest first. `lowest`: bold lines' level."""

    body: float
    levels: Mapping[float, int]
    lowest: int


def _sizes(lines: Sequence[PdfLine]) -> _Sizes:
    """What carries most text is the body; larger sizes that carry little are headings."""
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    total = sum(weights.values())
    body = max(weights, key=lambda size: weights[size], default=10.0)
    larger = [size for size in sorted(weights, reverse=True) if size > body * 1.08 and weights[size] < total * 0.25]
    levels: dict[float, int] = {}
    for size in larger:
        near = next((known for known in levels if abs(known - size) < 0.6), None)
        levels[size] = levels[near] if near is not None else min(5, len(set(levels.values())) + 1)
    return _Sizes(body, levels, len(set(levels.values())) + 1)


def _level(line: PdfLine, sizes: _Sizes, gap: float, leading: float) -> int:
    """Heading level of a line by its size, or by bold and numbering when it stands apart."""
    text = line.text
    if not any(char.isalpha() for char in text):
        return 0
    if line.size in sizes.levels:
        return sizes.levels[line.size]
    if line.size < sizes.body - 0.5:
        return 0
    short = columns(text) <= 60 and not _SENTENCE_END.search(text) and line.x1 < line.right - 1.5 * line.size
    apart = gap > leading * 1.25
    if short and line.bold and apart and not (bullet(text) and not text[0].isdigit()):
        return sizes.lowest
    numbered = heading_level(text, alone=True, follower="")
    return sizes.lowest + (numbered > 2) if short and apart and 0 < numbered <= 4 else 0


def _paragraphs(items: Sequence[PdfLine | Table | Scan], sizes: _Sizes) -> list[_Paragraph | Table | Scan]:
    """Lines joined to paragraphs and headings, also over the end of a column or page."""
    lines = [item for item in items if isinstance(item, PdfLine)]
    leading = _leading(lines)
    result: list[_Paragraph | Table | Scan] = []
    for item in items:
        if isinstance(item, Scan):
            result.append(item)
            continue
        if isinstance(item, Table):
            above = result[-1] if result else None
            result.append(_without_broken_row(above, item, result) if isinstance(above, Table) else item)
            continue
        last = result[-1] if result and isinstance(result[-1], _Paragraph) else None
        gap = item.top - last.last.top if last and last.last.page == item.page and item.top > last.last.top else _NO_GAP
        level = _level(item, sizes, gap, leading)
        if last is not None and _continues(last, item, level, gap, leading):
            last.text, last.last = join(last.text, item.text), item
        else:
            result.append(_Paragraph(item.text, item.page, level, item))
    for paragraph in result:
        if isinstance(paragraph, _Paragraph):
            paragraph.text = normalise(paragraph.text)
            # Whole sentences in large type are a notice, not a heading.
            if columns(paragraph.text) > _HEADING_COLUMNS or paragraph.text.endswith(("。", "；", "，")):
                paragraph.level = 0
    return result


def _without_broken_row(above: Table, table: Table, result: list[_Paragraph | Table | Scan]) -> Table:
    """The table without its first row when that is the rest of a row that the page end broke; it is given to `above`."""
    first, last = table.rows[0], above.rows[-1]
    if above.page == table.page or len(first) != len(last) or first[0] or len(table.rows) < 2:
        return table
    whole = tuple(join(before, after) for before, after in zip(last, first, strict=True))
    result[-1] = replace(above, rows=(*above.rows[:-1], whole))
    return replace(table, rows=table.rows[1:])


def _leading(lines: Sequence[PdfLine]) -> float:
    """Usual distance between lines of one paragraph, in points."""
    steps = [
        second.top - first.top
        for first, second in pairwise(lines)
        if first.page == second.page and 0 < second.top - first.top < 4 * first.size
    ]
    return median(steps) if steps else 12.0


def _continues(last: _Paragraph, line: PdfLine, level: int, gap: float, leading: float) -> bool:
    """Whether the line goes on with the paragraph before it."""
    previous = last.last
    if line.apart or previous.apart:
        return False  # an entry of a form
    if level != last.level or abs(previous.size - line.size) > 0.6:
        return False
    full = previous.x1 > previous.right - 4 * previous.size
    if level:
        return gap < (2.4 if full else 1.8) * line.size and not bullet(line.text)
    if bullet(line.text):
        return False
    if previous.bold != line.bold and not full:
        return False
    ended = _SENTENCE_END.search(previous.text) is not None
    if gap == _NO_GAP:
        return not ended and full
    if gap > max(leading * 1.45, line.size * (2.4 if full and not ended else 1.6)):
        return False
    indented = line.x0 > previous.x0 + 1.2 * line.size and not bullet(last.text)
    return not (ended and (indented or not full)) and (full or (not ended and not indented))
