"""Markdown and MDX. `Parsed.text` is the source without tags and directives; markdown-it-py tells where its blocks are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.parse.frames import Frame
from ingest.parse.frontmatter import front_matter, refuse_unpublished
from ingest.parse.htmltable import read_table
from ingest.parse.jsx import resolved
from ingest.parse.lines import numbered_level
from ingest.parse.markedits import edited
from ingest.parse.markup import Line, scan
from ingest.parse.mdtable import cell_spans, is_strong, stripped, table_blocks
from ingest.parse.slots import Line as Slots
from ingest.parse.slots import Slot
from ingest.parse.tags import plain
from ingest.parse.templates import rendered
from ingest.parse.writer import introduces
from rag.domain import Block, Kind, Parsed
from rag.domain.statement import Cell

_MARKS = re.compile(r"(?:>\s?|[-*+](?=\s)\s*|\d{1,9}[.)](?=\s)\s*|\[[ xX]\]\s+)+")
_QUOTE_MARKS = re.compile(r"(?:>[ \t]?)+[ \t]*")
_QUERIES = ("dataview", "dataviewjs", "tasks", "query", "button")
"""Blocks of Obsidian whose text is run, not read."""
_INTRO_LIMIT = 200
_NUMBERED = re.compile(
    "[一二三四五六七八九十]{1,3}[、．.]|[(（][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十百\\d]{1,6}[章节编部篇]"
)
_NUMERAL = re.compile("[一二三四五六七八九十(（第&]")  # without one (or an entity for one) no line is numbered so
_LOOK_AHEAD = 20  # lines
_BELOW_MARKS = 10  # level under any heading that is marked as one


@cache
def _parser() -> MarkdownIt:
    """Block structure only: HTML is handled before, and the source is never rendered."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.disable(["inline", "html_block", "reference"])


def parse(source: str, *, mdx: bool = False) -> Parsed:
    """Parses decoded Markdown. The title is that of the front matter, else the first level-1 heading, else ''.

    `mdx`: indented text is prose, never code.
    """
    source = resolved(rendered(source))
    title, metadata, first = front_matter(source)
    refuse_unpublished(metadata)
    lines = scan(source, first, mdx=mdx)
    reader = _Reader(source, lines, title, mdx)
    reader.read(_parser().parse("\n".join(line.masked for line in lines)))
    text, blocks = edited(source, lines, reader.blocks, first)
    return Parsed(text, tuple(filter(None, (_trimmed(text, block) for block in blocks))), reader.title, metadata, markdown=True)


_SEPARATORS = "\x1c\x1d\x1e\x1f"  # of old data files: white space to Python, letters to Markdown


def _trimmed(text: str, block: Block) -> Block | None:
    if text[block.start] not in _SEPARATORS and text[block.end - 1] not in _SEPARATORS:
        return block
    own = text[block.start : block.end]
    start, end = block.end - len(own.lstrip()), block.start + len(own.rstrip())
    return replace(block, start=start, end=end) if start < end else None


@dataclass(frozen=True, eq=False, slots=True)
class _Heading:
    """A heading above what follows; `frames` are the components that it stands in."""

    level: int
    text: str
    frames: tuple[Frame, ...]
    block: Block


class _Reader:
    """Walks the tokens of one document once, keeping the headings, the list and the components around each block."""

    def __init__(self, source: str, lines: Sequence[Line], title: str, mdx: bool) -> None:
        self.source, self.lines, self.title, self.mdx = source, lines, title, mdx
        self.blocks: list[Block] = []
        self._headings: list[_Heading] = []
        self._bare: _Heading | None = None
        self._groups: dict[object, int] = {}
        self._lists: list[str] = []
        self._items: list[str] = []
        self._list_group, self._item_line = -1, -1

    def read(self, tokens: Sequence[Token]) -> None:
        for number, token in enumerate(tokens):
            if "list" in token.type:
                self._list_token(token)
            elif token.map is None:
                continue
            elif token.type == "heading_open":
                self._heading(token)
            elif token.type == "paragraph_open":
                self._paragraph(token.map, is_item=bool(self._lists) and token.map[0] == self._item_line)
            elif token.type in ("fence", "code_block"):
                self._code(token)
            elif token.type == "table_open":
                self._table(tokens[number:])
        if self._bare:
            self.blocks.append(self._bare.block)
        if not self.blocks:
            self.blocks.extend(heading.block for heading in self._headings)

    # -- sections ------------------------------------------------------------------------------------------------------

    def _heading(self, token: Token) -> None:
        assert token.map is not None
        line = self.lines[token.map[0]]
        span = self._span(token.map[0], token.map[1])
        if span is None:
            return
        start, end = span
        if token.markup.startswith("#"):
            start += len(self.source[start:end]) - len(self.source[start:end].lstrip("#").lstrip())
        else:
            end = start + len(self.source[start:end].splitlines()[0].rstrip())
        text, level = plain(self.source[start:end].rstrip("#")), int(token.tag[1])
        if not text:
            return
        self._headings = [h for h in self._headings if _holds(h, line.frames) and (h.level < level or h.frames != line.frames)]
        if self._bare and self._bare not in self._headings:
            self.blocks.append(self._bare.block)
        block = Block(start, end, section=self._section(line.frames))
        heading = _Heading(level, text, line.frames, block)
        if level == 1 and (not self.title or text == self.title) and not self.blocks:
            self.title = self.title or text
            self._headings = [_Heading(0, "", (), block)]
            self._bare = None
            return
        self._headings.append(heading)
        self._bare = heading

    def _numbered(self, number: int) -> bool:
        """Opens a section under a line of its own, numbered as a heading (`一、适用范围`, `（二）步骤`); whether it did."""
        line = self.lines[number]
        raw = self.source[line.start : line.end]
        if not _NUMERAL.search(raw):
            return False
        text = plain(raw)
        if not _NUMBERED.match(text) or raw.lstrip().startswith((">", "|")):
            return False
        below = self.lines[number + 1 : number + _LOOK_AHEAD]
        follower = next(
            (plain_text for one in below if (plain_text := plain(self.source[one.start : one.end]).lstrip("#> "))), ""
        )
        level = numbered_level(text, follower) if follower else 0
        if level:
            self._open(_Heading(_BELOW_MARKS + level, text, line.frames, Block(line.start, line.end, section=())))
        return level > 0

    def _open(self, heading: _Heading) -> None:
        """Ends the sections that the heading ends, and opens its own."""
        frames = heading.frames
        level = heading.level
        self._headings = [h for h in self._headings if _holds(h, frames) and (h.level < level or h.frames != frames)]
        if self._bare and self._bare not in self._headings:
            self.blocks.append(self._bare.block)
        opened = replace(heading, block=replace(heading.block, section=self._section(frames)))
        self._headings.append(opened)
        self._bare = opened

    def _section(self, frames: tuple[Frame, ...]) -> tuple[str, ...]:
        """Headings and titled components around a line, outermost first."""
        path: list[str] = []
        for depth in range(len(frames) + 1):
            path += [h.text for h in self._headings if len(h.frames) == depth and _holds(h, frames) and h.text]
            if depth < len(frames) and frames[depth].section:
                path.append(frames[depth].section)
        return tuple(path)

    # -- blocks --------------------------------------------------------------------------------------------------------

    def _list_token(self, token: Token) -> None:
        """Keeps the open lists (what introduces each) and items (the first text of each)."""
        if token.type == "list_item_close":
            self._items.pop()
        elif token.type.endswith("list_close"):
            self._lists.pop()
        elif token.map is not None and token.type == "list_item_open":
            self._item_line = token.map[0]
            self._items.append("")
        elif token.map is not None:
            if not self._lists:
                self._list_group = self._group(object())
            self._lists.append(self._lead_in(token.map[0]))

    def _lead_in(self, line: int) -> str:
        """What introduces a list, repeated before items that stand in a later passage: `…:` above it, the item around it."""
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.section != self._section(self.lines[line].frames):
            return ""
        text = self.source[last.start : last.end]
        if self._items:
            return self._items[-1] if len(self._items[-1]) <= _INTRO_LIMIT else ""
        introduces = last.kind == "text" and text.rstrip("*_ ").endswith(("：", ":"))
        return plain(text) if introduces and len(text) <= _INTRO_LIMIT else ""

    def _paragraph(self, lines: list[int], *, is_item: bool) -> None:
        first, last = lines
        if last == first + 1 and not self._lists and self._numbered(first):
            return
        start = first
        for number in range(first, last):
            table = self.lines[number].table
            if table or (self.lines[number].cut and number > start):
                self._text(start, number, is_item=is_item and start == first)
                start = number
            if table:
                self._html_table(number, table)
                start = number + 1
        self._text(start, last, is_item=is_item and start == first)

    def _text(self, first: int, last: int, *, is_item: bool) -> None:
        span = self._span(first, last)
        if span is None:
            return
        start, end = span
        marks = _MARKS if is_item else _QUOTE_MARKS
        if match := marks.match(self.source, start, end):
            start, end = stripped(self.source, match.end(), end)
        if start < end and any(char.isalnum() for char in self.source[start:end]):
            header = self._lists[-1] if self._lists else ""
            self._add(start, end, "list" if self._lists else "text", first, header)
            if is_item:
                self._items[-1] = plain(self.source[start:end])

    def _code(self, token: Token) -> None:
        assert token.map is not None
        first, last = token.map
        in_component = bool(self.lines[first].frames)
        if token.type == "code_block" and (self.mdx or in_component):
            self._paragraph(token.map, is_item=False)
            return
        if token.type == "fence":
            if token.info.strip().lower() in _QUERIES:
                return
            first += 1
            closing = self.source[self.lines[last - 1].start : self.lines[last - 1].end].lstrip(" \t>")
            if last - 1 > token.map[0] and closing.startswith(token.markup) and not closing.strip(token.markup[0]).strip():
                last -= 1
        if (span := self._span(first, last)) is not None:
            self._add(*span, "code", token.map[0])

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[int] = []
        for token in tokens:
            if token.type == "tr_open" and token.map is not None:
                rows.append(token.map[0])
            elif token.type == "table_close":
                break
        lines = [self._line(row) for row in rows]
        self._rows(lines, 1, rows, self._block_group(rows[0]))

    def _line(self, number: int) -> Slots:
        """A table's row as slots."""
        return [
            Slot(column, text, strong=is_strong(raw), start=start, end=end)
            for column, (start, end) in enumerate(self._cells(number))
            for raw in (self.source[start:end],)
            for text in (plain(raw.replace("\\|", "|")),)
        ]

    def _cells(self, number: int) -> list[tuple[int, int]]:
        """Spans of a table row's cells, without surrounding spaces; empty cells have empty spans."""
        line = self.lines[number]
        start, end = line.start, line.end
        if match := _QUOTE_MARKS.match(self.source, start, end):
            start = match.end()
        start += self.source.startswith("|", start)
        return cell_spans(self.source, start, end)

    def _html_table(self, number: int, region: tuple[int, int]) -> None:
        table = read_table(self.source, *region)
        group = self._block_group(number)
        lead = ""
        if table.caption and table.caption[0] < table.caption[1]:
            lead = plain(self.source[slice(*table.caption)])
            self._add(*table.caption, "text", number, group=group)
        self._rows(table.rows, table.heads or None, [number] * len(table.rows), group, lead)

    def _rows(self, rows: Sequence[Slots], heads: int | None, numbers: Sequence[int], group: int, lead: str = "") -> None:
        """The blocks of a table's rows."""
        lead = lead or self._introduction(group)
        for block in table_blocks(rows, heads, lead):
            own, introduction = (-1, "") if block.kind == "faq" else (group, lead)
            about = block.header, own, block.keys, block.fields, block.cells, block.above, introduction
            self._add(block.start, block.end, block.kind, numbers[block.row], *about)

    def _introduction(self, group: int) -> str:
        """The sentence directly above a table that introduces it; it goes with the table."""
        last = self.blocks[-1] if self.blocks and not self._bare else None
        if last is None or last.kind != "text" or last.end - last.start > _INTRO_LIMIT or last.group >= 0:
            return ""
        text = plain(self.source[last.start : last.end])
        if not introduces(text):
            return ""
        self.blocks[-1] = replace(last, group=group)
        return text

    # -- adding --------------------------------------------------------------------------------------------------------

    def _add(
        self,
        start: int,
        end: int,
        kind: Kind,
        line: int,
        header: str = "",
        group: int | None = None,
        keys: tuple[str, ...] = (),
        fields: Mapping[str, str] | None = None,
        cells: Sequence[Cell] = (),
        above: str = "",
        lead: str = "",
    ) -> None:
        frames = self.lines[line].frames
        title = next((frame.header for frame in reversed(frames) if frame.header), "")
        header = "\n".join(filter(None, (title, header)))
        group = self._block_group(line, kind) if group is None else group
        self._bare = None
        section = self._section(frames)
        self.blocks.append(Block(start, end, kind, section, header, group, keys, fields or {}, tuple(cells), above, lead))

    def _block_group(self, line: int, kind: Kind = "table") -> int:
        """The outermost of: steps or cards, the list, the table."""
        outer = next((frame for frame in self.lines[line].frames if frame.grouped), None)
        if outer is not None:
            return self._group(outer)
        if self._lists:
            return self._list_group
        return self._group(object()) if kind == "table" else -1

    def _group(self, key: object) -> int:
        return self._groups.setdefault(key, len(self._groups))

    def _span(self, first: int, last: int) -> tuple[int, int] | None:
        """From the first to the last content in lines first ≤ n < last."""
        filled = [line for line in self.lines[first:last] if self.source[line.start : line.end].strip()]
        return stripped(self.source, filled[0].start, filled[-1].end) if filled else None


def _holds(heading: _Heading, frames: tuple[Frame, ...]) -> bool:
    """Whether the components around the heading are still open."""
    return heading.frames == frames[: len(heading.frames)]
