"""Lines of a PDF that are not its text: running headers and footers, page numbers, tables of contents, footnote marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.parse.pdflines import PdfLine

_PAGE_NUMBER = re.compile(r"\W*(?:page|第)?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*(?:页)?\s*(?:(?:/|of|共|-)\s*\d{1,4}\s*页?)?\W*", re.I)
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d{1,4}$|…{2,}\s*\d{1,4}$|·{4,}\s*\d{1,4}$")
_CONTENTS_LINE = re.compile(r".{2,80}\s\d{1,3}$")
_MARGIN = 0.12
_MARGIN_LINES = 3


def furniture(lines: Sequence[PdfLine], body: float) -> set[int]:
    """`id()` of the lines to leave out. `body`: font size of the text, in points."""
    pages: dict[int, list[PdfLine]] = {}
    for line in sorted(lines, key=lambda line: (line.page, line.top)):
        pages.setdefault(line.page, []).append(line)
    ids = {id(line) for line in _running(list(pages.values()))}
    for page in pages.values():
        ids |= {id(line) for line in _contents(page)}
    ids |= {id(line) for line in lines if line.size < body * 0.8 and len(line.text) <= 3}
    return ids if len(ids) < len(lines) else set()  # else the pages themselves repeat


def _running(pages: Sequence[list[PdfLine]]) -> Iterator[PdfLine]:
    """From the edges of each page inwards: lines that recur at the same height, with other numbers, and page numbers."""
    if not pages:
        return
    top = min(page[0].top for page in pages)
    bottom = max(page[-1].bottom for page in pages)
    zone = (bottom - top) * _MARGIN
    counts = Counter(key for page in pages for key in {_key(line) for line in page})
    needed = max(3, len(pages) * 0.4)
    for page in pages:
        heads = [line for line in page[:_MARGIN_LINES] if line.top <= top + zone]
        feet = [line for line in page[: -_MARGIN_LINES - 1 : -1] if line.bottom >= bottom - zone]
        for edge in (heads, feet):
            for line in edge:
                number = line is edge[0] and _PAGE_NUMBER.fullmatch(line.text) is not None
                if len(page) < 2 or (counts[_key(line)] < needed and not number):
                    break
                yield line


def _key(line: PdfLine) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.top / 8)


def _contents(page: Sequence[PdfLine]) -> Iterator[PdfLine]:
    """Lines of a table of contents: with leaders, or nearly a whole page of lines that end in rising page numbers."""
    yield from (line for line in page if _LEADERS.search(line.text))
    entries = [line for line in page if _CONTENTS_LINE.fullmatch(line.text)]
    numbers = [int(line.text.rsplit(None, 1)[-1]) for line in entries]
    if len(entries) >= 8 and len(entries) > len(page) * 0.7 and numbers == sorted(numbers):
        yield from entries
