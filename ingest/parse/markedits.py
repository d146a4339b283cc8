"""Takes out of Markdown's text what no reader sees: tags, directives, comments, entities. Spans of blocks move with it."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.parse.extras import EXTRAS, SIGNS
from ingest.parse.extras import instead as extra
from ingest.parse.markup import Line
from ingest.parse.raised import lowered, raised
from ingest.parse.tags import BLOCK, INLINE
from rag.domain import Block
from rag.domain.statement import Cell

Edit = tuple[int, int, str]
"""Start, end, what stands there instead."""

_ANY = re.compile(r"[<&{]|:::|!!!|\?\?\?|==|%%|\[!|\[\[|\]: | \^")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")
_TABLE = frozenset("table thead tbody tfoot tr td th caption col colgroup".split())
_MARKS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_SIGN = re.compile(r"[<&]|\{/\*|\[\[|==|%%|[ \t]\^")  # without one of these `_INLINE` takes nothing out
_INLINE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))|(?P<br>[ \t]*<br\s*/?>[ \t]*)"
    r"|<(?P<place>su[bp])>(?P<small>[^<>]{0,40})</su[bp]>|(?P<comment><!--.*?-->|\{/\*.*?\*/\})"
    r"|(?P<embed>!\[\[[^\[\]\n]{1,300}\]\][ \t]*)|\[\[(?:[^\[\]|\n]{1,300}\\?\|)?(?P<link>[^\[\]|\n]{1,300})\]\]"
    r"|(?<![=\w])==(?=\S)(?P<mark>[^=\n]{1,300}?)(?<=\S)==(?![=\w])"
    r"|(?P<id>[ \t]\^[\w-]{3,40}[ \t]*$)|(?P<note>%%[^\n]*?%%[ \t]*)"
    r"|</?(?P<tag>[A-Za-z][A-Za-z0-9.]*)(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?/?>|(?P<entity>&(?!lt;|gt;|#60;|#62;)(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]\w+);)",
    re.DOTALL | re.MULTILINE,
)  # fmt: skip
_PIECE = re.compile(
    r"(?:\s*</?(?:tr|td|th|table|thead|tbody|tfoot|caption|colgroup|col)\b(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>\s*)+", re.I
)
_ROW = re.compile(r"<(?:/?tr|/?table|/?thead|/?tbody|/?tfoot|caption|/caption)\b", re.IGNORECASE)


def edited(source: str, lines: Sequence[Line], blocks: Sequence[Block], first: int) -> tuple[str, list[Block]]:
    """The text without markup that is not shown, and the blocks in it. `first`: the line behind the front matter."""
    if not blocks or not (_ANY.search(source) or SIGNS.search(source)):
        return source, list(blocks)
    edits = sorted(
        dict.fromkeys([*_of_lines(source, lines, first), *_of_blocks(source, blocks)]), key=lambda edit: (edit[0], -edit[1])
    )
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return _applied(source, kept, blocks) if kept else (source, list(blocks))


def _of_lines(source: str, lines: Sequence[Line], first: int) -> Iterator[Edit]:
    """Lines and ends of lines that the scanner has blanked."""
    table = 0
    for number, match in enumerate(_LINES.finditer(source)):
        if number >= len(lines):
            return
        line = lines[number]
        start, stop = match.span()
        if line.table is None and line.start == start < line.end and not source[line.end : stop].strip():
            continue  # it is read as it stands
        raw = match[0].rstrip("\r\n")
        end = start + len(raw)
        if line.table is not None:
            yield from _of_table(source, line.table)
            table = line.table[1]
        if number < first or start < table or line.table is not None or not raw.strip():
            continue
        if line.start >= line.end:
            yield start, stop, ""
            continue
        marks = _MARKS.match(source, start, line.start)
        kept = marks.end() if marks else start
        if source[kept : line.start].strip():
            yield kept, line.start, ""
        if source[line.end : end].strip():
            yield line.end, end, ""


def _of_table(source: str, region: tuple[int, int]) -> Iterator[Edit]:
    """An HTML table as rows of cells with bars between them."""
    for match in _PIECE.finditer(source, *region):
        outer = match.start() <= region[0] or match.end() >= region[1]
        yield match.start(), match.end(), ("\n" if outer or _ROW.search(match[0]) else " | ")


def _of_blocks(source: str, blocks: Sequence[Block]) -> Iterator[Edit]:
    signs = [match.start() for match in SIGNS.finditer(source)]
    for block in blocks:
        if block.kind == "code":
            continue
        if (at := bisect_left(signs, block.start)) < len(signs) and signs[at] < block.end:
            for match in EXTRAS.finditer(source, block.start, block.end):
                if match["keep"] is None:
                    yield match.start(), match.end(), extra(match)
        if not _SIGN.search(source, block.start, block.end):
            continue
        for match in _INLINE.finditer(source, block.start, block.end):
            if (instead := _instead(match, block.kind)) is not None:
                yield match.start(), match.end(), instead


def _instead(match: re.Match[str], kind: str) -> str | None:
    """What a reader sees in its place; None where it stays."""
    if match["br"]:
        return " " if kind == "table" else "\n"
    if match["place"]:
        return raised(match["small"]) if match["place"] == "sup" else lowered(match["small"])
    if match["entity"]:
        return html.unescape(match["entity"]).replace("\u00a0", " ")
    if match["comment"] or match["embed"] or match["id"] or match["note"]:
        return ""
    if match["link"] or match["mark"]:
        return match["link"] or match["mark"]
    name = match["tag"] or ""
    if name.lower() in _TABLE:
        return None  # `_of_table`
    component = name[:1].isupper() and any(char.islower() for char in name)
    return "" if name and (component or name.lower() in INLINE or name.lower() in BLOCK) else None


def _applied(source: str, edits: Sequence[Edit], blocks: Sequence[Block]) -> tuple[str, list[Block]]:
    parts: list[str] = []
    starts, shifts = list[int](), list[int]()
    at = shift = 0
    for start, end, instead in edits:
        parts += [source[at:start], instead]
        shift += len(instead) - (end - start)
        starts.append(end)
        shifts.append(shift)
        at = end
    text = "".join([*parts, source[at:]])
    begins = [edit[0] for edit in edits]

    def moved(position: int) -> int:
        index = bisect_right(starts, position) - 1
        after = position + (shifts[index] if index >= 0 else 0)
        inside = bisect_right(begins, position) - 1
        if inside > index and begins[inside] < position:
            after -= position - begins[inside]  # within something that is taken out: where it began
        return after

    placed: list[Block] = []
    for block in blocks:
        start, end = moved(block.start), moved(block.end)
        while end > start and text[end - 1].isspace():
            end -= 1
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            cells = tuple(_moved(cell, moved, start, end) for cell in block.cells)
            placed.append(replace(block, start=start, end=end, cells=cells))
    return text, placed


def _moved(cell: Cell, moved: object, start: int, end: int) -> Cell:
    first, last = (min(max(moved(at), start), end) for at in (cell.start, cell.end))  # type: ignore[operator]
    return Cell(first, last, cell.names, cell.value)
