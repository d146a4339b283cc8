"""Words of a PDF page as lines in reading order: columns one after the other, full-width lines between them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from ingest.parse.lines import columns
from ingest.parse.visible import lowered, raised

_CJK = r"\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’"
_CJK_PAIR = re.compile(f"[{_CJK}]$"), re.compile(f"^[{_CJK}]")
_BOLD = re.compile(r"bold|black|heavy|semibold|heiti|simhei|黑体", re.IGNORECASE)
_UNKNOWN = re.compile(r"\(cid:\d+\)|\ufffd")
_GUTTER_COLUMNS = 20
_TABLE_CELLS = 4  # in most lines: a table, not columns of text
_CELL_GAP, _WIDE_GAP = 1.0, 1.8  # in font sizes
_MARK = re.compile(r"[-–•·●○▪■◆□√\u2022*]|[(（]?\d{1,2}(?:\.\d{1,2})*[.)）、]?|[(（]?[A-Za-z一二三四五六七八九十][.)）、]")


Cell = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line of text on a page; coordinates in points from the top left. `left`, `right`: edges of its column.

    `cells`: (text, x0, x1) of its parts when gaps part them, as in a form or a table without rules; else (). `apart`: a
    gap is so wide that no justified text has it.
    """

    text: str
    page: int
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    left: float
    right: float
    cells: tuple[Cell, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool


def join(first: str, second: str) -> str:
    """Text that was broken over two lines: hyphens close, Chinese joins without a space."""
    if not first or not second:
        return first + second
    if first.endswith("-") and len(first) > 1 and first[-2].isalpha() and second[0].islower():
        return first[:-1] + second
    if _CJK_PAIR[0].search(first) and _CJK_PAIR[1].search(second):
        return first + second
    return f"{first} {second}"


def page_lines(page: Any, words: Sequence[dict[str, Any]]) -> list[PdfLine]:
    """Lines of pdfplumber words (with `size` and `fontname`), top to bottom, column by column."""
    upright = [word for word in words if word.get("upright", True)]
    chosen = upright if len(upright) * 2 >= len(words) else list(words)
    on_page = [
        _Word(
            _UNKNOWN.sub("", word["text"]),
            word["x0"],
            word["x1"],
            word["top"],
            word["bottom"],
            round(float(word["size"]), 1),
            bool(_BOLD.search(word["fontname"] or "")),
        )
        for word in chosen
        if _UNKNOWN.sub("", word["text"])
    ]
    return list(_zones(_with_scripts(on_page), page.page_number)) if on_page else []


def _with_scripts(words: list[_Word]) -> list[_Word]:
    """Exponents and indices as part of the word that they stand at: 10⁻³, m², H₂O. Alone they would be lines of their own."""
    small = [word for word in words if raised(word.text) != word.text or lowered(word.text) != word.text]
    bases = sorted((word for word in words if len(word.text) < 80), key=lambda word: word.x1)
    gone: dict[_Word, None] = {}
    joined: dict[_Word, _Word] = {}
    for word in sorted(small, key=lambda word: word.x0):
        first = bisect_left(bases, word.x0 - 0.3 * word.size, key=lambda base: base.x1)
        for base in bases[first:]:
            if base.x1 > word.x0 + 0.15 * word.size:
                break
            text = _script(base, word)
            if text and base not in gone:
                whole = joined.get(base, base)
                joined[base] = replace(whole, text=whole.text + text, x1=max(whole.x1, word.x1))
                gone[word] = None
                break
    return [joined.get(word, word) for word in words if word not in gone] if gone else words


def _script(base: _Word, word: _Word) -> str:
    """`word` as an exponent or index of `base`; '' where its place and size say that it is none."""
    if not 0.3 * base.size <= word.size <= 0.82 * base.size or not base.top - 0.5 * base.size < word.top < base.bottom:
        return ""
    if word.bottom < base.bottom - 0.3 * base.size and word.bottom > base.top:
        return raised(word.text) if raised(word.text) != word.text else ""
    if word.bottom > base.bottom + 0.04 * base.size:
        return lowered(word.text) if lowered(word.text) != word.text else ""
    return ""


def _zones(words: list[_Word], number: int, depth: int = 0) -> Iterator[PdfLine]:
    """Emits full-width lines as they come and the columns between them one after the other."""
    rows = _rows(words)
    gutter = _gutter(rows) if depth < 3 else None
    if gutter is None:
        left, right = min(word.x0 for word in words), max(word.x1 for word in words)
        for row in rows:
            yield from _row_lines(row, number, left, right)
        return
    sides: tuple[list[_Word], list[_Word]] = ([], [])
    for row in rows:
        if any(word.x0 < gutter < word.x1 for word in row) or _spans(row, gutter):
            yield from _flush(sides, number, depth)
            sides = ([], [])
            yield from _row_lines(row, number, row[0].x0, row[-1].x1)
        else:
            for word in row:
                sides[word.x0 >= gutter].append(word)
    yield from _flush(sides, number, depth)


def _flush(sides: tuple[list[_Word], list[_Word]], number: int, depth: int) -> Iterator[PdfLine]:
    for side in sides:
        if side:
            yield from _zones(side, number, depth + 1)


def _spans(row: list[_Word], gutter: float) -> bool:
    """Whether a line runs over the gutter through a gap no wider than a space."""
    before = [word for word in row if word.x1 <= gutter]
    after = [word for word in row if word.x0 >= gutter]
    return bool(before and after) and after[0].x0 - before[-1].x1 < after[0].size * 0.6


def _rows(words: Sequence[_Word]) -> list[list[_Word]]:
    """Words that stand at one height, left to right."""
    rows: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: ((word.top + word.bottom) / 2, word.x0)):
        middle = (word.top + word.bottom) / 2
        last = rows[-1][0] if rows else None
        if last is not None and abs((last.top + last.bottom) / 2 - middle) < 0.45 * min(last.size, word.size, 20):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.x0) for row in rows]


def _gutter(rows: list[list[_Word]]) -> float | None:
    """The x of a gap that parts two columns of running text, or None."""
    if len(rows) < 6 or median(len(_cells(row)) or 1 for row in rows) >= _TABLE_CELLS:
        return None
    left, right = min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)
    # The right column's left edge is straight, while the left column's right edge may be ragged.
    edges = Counter(
        round(second.x0 / 3) * 3 - 3
        for row in rows
        for first, second in pairwise(row)
        if second.x0 - first.x1 > max(8.0, first.size * 0.9)
        and left + (right - left) * 0.25 < second.x0 < right - (right - left) * 0.2
    )
    for x, _ in edges.most_common(3):
        crossing = sum(any(word.x0 < x < word.x1 for word in row) for row in rows)
        both = [row for row in rows if row[0].x1 < x < row[-1].x0 and not any(word.x0 < x < word.x1 for word in row)]
        if len(both) < max(4, len(rows) * 0.3) or crossing > len(rows) * 0.4:
            continue
        widths = [
            (columns(" ".join(w.text for w in row if w.x1 <= x)), columns(" ".join(w.text for w in row if w.x0 >= x)))
            for row in both
        ]
        if min(median(a for a, _ in widths), median(b for _, b in widths)) >= _GUTTER_COLUMNS:
            return float(x)
    return None


def _row_lines(row: list[_Word], number: int, left: float, right: float) -> Iterator[PdfLine]:
    text = ""
    for position, word in enumerate(row):
        gap = word.x0 - row[position - 1].x1 if position else 0.0
        touching = position > 0 and gap < word.size * 0.18
        text = text + word.text if touching or not text else _spaced(text, word.text, gap, word.size)
    if not text.strip():
        return
    weights: Counter[tuple[float, bool]] = Counter()
    for word in row:
        weights[word.size, word.bold] += len(word.text)
    (size, bold), _ = weights.most_common(1)[0]
    yield PdfLine(
        text.strip(),
        number,
        row[0].x0,
        row[-1].x1,
        min(word.top for word in row),
        max(word.bottom for word in row),
        size,
        bold,
        left,
        right,
        _cells(row),
        any(b.x0 - a.x1 >= _WIDE_GAP * b.size and not (a is row[0] and _MARK.fullmatch(a.text)) for a, b in pairwise(row)),
    )


def _cells(row: list[_Word]) -> tuple[Cell, ...]:
    """The parts of a line between gaps wider than a space."""
    runs: list[list[_Word]] = []
    for word in row:
        if runs and word.x0 - runs[-1][-1].x1 < _CELL_GAP * word.size:
            runs[-1].append(word)
        elif runs == [row[:1]] and _MARK.fullmatch(row[0].text):
            runs[-1].append(word)  # a heading's number or a bullet, set apart
        else:
            runs.append([word])
    if len(runs) < 2:
        return ()
    return tuple((_run_text(run), run[0].x0, run[-1].x1) for run in runs)


def _run_text(run: list[_Word]) -> str:
    text = run[0].text
    for before, word in pairwise(run):
        gap = word.x0 - before.x1
        text = text + word.text if gap < word.size * 0.18 else _spaced(text, word.text, gap, word.size)
    return text


def _spaced(first: str, second: str, gap: float, size: float) -> str:
    """Two words of one line: Chinese characters set a little apart still touch."""
    chinese = _CJK_PAIR[0].search(first) and _CJK_PAIR[1].search(second)
    return first + second if chinese and gap < size * 0.6 else f"{first} {second}"
