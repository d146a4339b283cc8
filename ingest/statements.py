"""Blocks to statements: what each passage is made of, found once, when a document is read."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.collector import seldom
from ingest.list_marks import BULLET, LINE_MARK, MARK_BEFORE, number_of
from ingest.parse.tags import plain
from rag.domain import Block, Chunk, Parsed
from rag.domain.statement import CODE, Cell, Period, Statement, StatementKind
from rag.text.sentences import split_sentences
from rag.text.validity import field_period, read_period

_WORD = re.compile(r"\w")
_LINE = re.compile(r"[^\n]+")
_LABELLED = re.compile(r"(?m)^(?P<name>[^:：\n]{1,40})[:：][^\S\n]*(?P<value>\S[^\n]*(?:\n(?![^:：\n]{1,40}[:：])[^\n]+)*)")
_INDEX, _COUNTS = re.compile(r"\d{0,4}"), re.compile(r"序号|编号|#|[Nn]o\.?|[Nn]r\.?|[Ii]ndex|[Ii][Dd]")
_JUNK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")  # a template's place holders: no reader ever sees them
_LEAD_LIMIT = 200
_MANY_CELLS = 1000  # more than a passage holds
_PERIOD = 60  # characters of a cell that may be a period
_CASE_LINE = re.compile(
    r"(?:故障|问题)?(?:现象|症状|原因|处理|解决)\S{0,4}[:：]"
    r"|(?:problem|symptoms?|issue|root cause|cause|solution|resolution|fix)\s*:",
    re.IGNORECASE,
)
_PERSON_LINE = re.compile(
    r"(?:客户|顾客|用户|联系人|姓名|报修人|电话|手机|邮箱|地址)\S{0,4}[:：]"
    r"|(?:customer|client|contact|requester|reporter|reported by|name|e-?mail|phone|address)\b[^:\n]{0,12}:",
    re.IGNORECASE,
)


@seldom()
def with_statements(parsed: Parsed, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The chunks, each with what it is made of, in the order of the text; phrasings of one entry share it."""
    reader = _Reader(parsed)
    known: dict[tuple[int, int], tuple[Statement, ...]] = {}
    out = []
    for chunk in chunks:
        span = (chunk.start, chunk.end)
        if span not in known:
            known[span] = _without_persons(parsed.text, tuple(reader.read(*span)))
        out.append(replace(chunk, statements=known[span]))
    return tuple(out)


def _without_persons(text: str, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Of a case that is written out line by line: without the lines that name a person."""
    said = [one.text or text[one.start : one.end] for one in statements]
    if not any(map(_CASE_LINE.match, said)):
        return statements
    return tuple(one for one, line in zip(statements, said, strict=True) if one.cells or not _PERSON_LINE.match(line))


def of_text(chunks: Sequence[Chunk], text: str, *, markdown: bool) -> tuple[Chunk, ...]:
    """Chunks whose blocks are not known any more, with statements by their text alone."""
    blocks = tuple(Block(chunk.start, chunk.end, chunk.kind, chunk.section, fields=chunk.fields) for chunk in chunks)
    return with_statements(Parsed(text, blocks, markdown=markdown), chunks)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span with its list mark; `item`: it is a list's."""

    start: int
    end: int
    mark: str = ""
    item: bool = False


class _Reader:
    """Reads the blocks of one document; blocks are in the order of the text."""

    def __init__(self, parsed: Parsed) -> None:
        self._text, self._markdown = parsed.text, parsed.markdown
        self._blocks = sorted(parsed.blocks, key=lambda block: block.start)
        self._starts = [block.start for block in self._blocks]
        self._free = 1 + max((block.group for block in self._blocks), default=0)
        self._wide: tuple[Block, list[Cell], list[int]] | None = None
        self._leads = self._introductions()
        self._totals = self._steps()

    def read(self, start: int, end: int) -> Iterator[Statement]:
        """The statements of text[start:end]."""
        at = max(bisect_left(self._starts, start) - 1, 0)
        free = self._free
        while at < len(self._blocks) and self._blocks[at].start < end:
            block = self._blocks[at]
            a, b = max(block.start, start), min(block.end, end)
            if a < b:
                for one in self._of_block(block, a, b, free):
                    free = max(free, one.group + 1)
                    yield one
            at += 1

    def _of_block(self, block: Block, start: int, end: int, free: int) -> Iterator[Statement]:
        if block.kind == "code":
            yield Statement(start, end, "note", mark=CODE, group=free)
        elif block.kind == "table":
            yield self._row(block, start, end)
        elif block.kind == "case":
            yield from self._case(block, start, end, free)
        elif block.kind == "faq":
            # The answer itself is a cell too where its table has further columns of text.
            taken = [cell for cell in block.cells if start <= cell.start and cell.end <= end]
            first = next((cell for cell in taken if cell.start == start), None)
            taken = [cell for cell in taken if cell is not first]
            stop = first.end if first else min((cell.start for cell in taken), default=end)
            yield from self._written(start, stop, "answer", free)
            free += 100
            yield from (
                Statement(c.start, c.end, "field", c.value, group=free, cells=(c,), label=c.name, above=block.above)
                for c in taken
            )
        elif block.kind == "list":
            yield from self._item(block, start, end)
        else:
            yield from self._written(start, end, "sentence", free)

    # -- tables and cases ----------------------------------------------------------------------------------------------

    def _row(self, block: Block, start: int, end: int) -> Statement:
        # A cell that hangs down from a row above has no text of its own here: an empty span.
        cells = tuple(
            cell for cell in self._near(block, start, end) if cell.start < end and (cell.end > start or cell.start == cell.end)
        )
        named = any(cell.names for cell in cells)
        kind: StatementKind = "row" if named or len(cells) != 2 else "field"
        telling = (cell for cell in cells if not (_INDEX.fullmatch(cell.value) and _COUNTS.fullmatch(cell.name)))
        label = next(telling, None)
        return Statement(
            start,
            end,
            kind,
            "" if cells else self._plain(start, end),
            group=block.group,
            lead=self._lead_of(block),
            cells=cells,
            label=label.value if label else "",
            above=block.above,
            period=_period(cells, block.above),
        )

    def _near(self, block: Block, start: int, end: int) -> Sequence[Cell]:
        """The cells from shortly before `start` on: a row of many thousands is cut into many passages."""
        if len(block.cells) < _MANY_CELLS:
            return block.cells
        if self._wide is None or self._wide[0] is not block:
            cells = sorted(block.cells, key=lambda cell: cell.start)
            self._wide = block, cells, [cell.start for cell in cells]
        _, cells, starts = self._wide
        first = max(bisect_left(starts, start) - 1, 0)
        return cells[first : min(first + _MANY_CELLS, bisect_left(starts, end, first))]

    def _case(self, block: Block, start: int, end: int, free: int) -> Iterator[Statement]:
        cells = [cell for cell in block.cells if start <= cell.start and cell.end <= end]
        if not cells:
            cells = [
                Cell(match.start("value"), match.end("value"), (match["name"],), match["value"])
                for match in _LABELLED.finditer(self._text, start, end)
            ]
        if not cells:
            yield from self._written(start, end, "field", free)
            return
        for cell in cells:
            yield Statement(cell.start, cell.end, "field", cell.value, group=free, cells=(cell,), label=cell.name)

    # -- running text --------------------------------------------------------------------------------------------------

    def _item(self, block: Block, start: int, end: int) -> Iterator[Statement]:
        """A list item; what continues one has no mark of its own."""
        mark, is_item = self._mark_before(start) if start == block.start else ("", False)
        text = self._plain(start, end)
        if not _WORD.search(text):
            return
        kind: StatementKind = "step" if number_of(mark) else "item" if is_item or mark else "sentence"
        total = self._totals.get(block.group, 0) if kind == "step" else 0
        number = number_of(mark) if kind == "step" else 0
        shown = "" if text == self._text[start:end] else text
        yield Statement(start, end, kind, shown, mark, block.group, number, total, self._lead_of(block))

    def _written(self, start: int, end: int, kind: StatementKind, free: int) -> Iterator[Statement]:
        """Sentences of a paragraph, or the items of a list that stands inside it line by line."""
        pieces = list(self._pieces(start, end))
        steps = max((number_of(piece.mark) for piece in pieces), default=0)
        lead = ""
        group, in_list = free, False
        for piece in pieces:
            text = self._plain(piece.start, piece.end)
            if not _WORD.search(text):
                continue
            if piece.item != in_list:
                group, in_list = group + 1, piece.item
            shown = "" if text == self._text[piece.start : piece.end] else text
            if piece.item:
                number = number_of(piece.mark)
                what: StatementKind = "step" if number else "item"
                yield Statement(piece.start, piece.end, what, shown, piece.mark, group, number, steps if number else 0, lead)
            else:
                lead = text if text.endswith((":", "：")) else ""
                yield Statement(piece.start, piece.end, kind, shown, group=group)

    def _pieces(self, start: int, end: int) -> Iterator[_Piece]:
        lines = [match.span() for match in _LINE.finditer(self._text, start, end)]
        marks = [LINE_MARK.match(self._text, a, b) for a, b in lines] if len(lines) > 1 else []
        if sum(mark is not None for mark in marks) < 2:
            yield from (_Piece(start + a, start + b) for a, b in split_sentences(self._text[start:end]))
            return
        for (a, b), mark in zip(lines, marks, strict=True):
            if mark is None:
                yield from (_Piece(a + x, a + y) for x, y in split_sentences(self._text[a:b]))
                continue
            stop = a + len(self._text[a:b].rstrip())
            bullet = BULLET.fullmatch(mark["mark"]) is not None
            yield _Piece(mark.end(), stop, "" if bullet else mark["mark"].strip(), True)

    def _plain(self, start: int, end: int) -> str:
        """As it is read, on one line."""
        text = self._text[start:end]
        if not self._markdown:
            return " ".join(text.split())
        return " ".join(filter(None, (plain(_JUNK.sub("", line)) for line in text.splitlines())))

    # -- what stands around --------------------------------------------------------------------------------------------

    def _mark_before(self, start: int) -> tuple[str, bool]:
        """The list mark before a block on its line; whether there is one, bullets included."""
        line = self._text.rfind("\n", 0, start) + 1
        mark = MARK_BEFORE.search(self._text, max(line, start - 24), start)
        if mark is None:
            return "", False
        bullet = BULLET.fullmatch(mark["mark"]) is not None
        return ("" if bullet else mark["mark"].strip()), True

    def _lead_of(self, block: Block) -> str:
        if block.lead:
            return block.lead
        return self._leads.get(block.group, "") if block.group >= 0 else ""

    def _introductions(self) -> Mapping[int, str]:
        """By group: the sentence right above a list or table that ends in a colon, or that is all of a short paragraph."""
        introductions: dict[int, str] = {}
        for before, block in zip([None, *self._blocks], self._blocks, strict=False):
            if block.group < 0 or block.group in introductions:
                continue
            introductions[block.group] = ""
            if before is None or before.kind != "text" or before.section != block.section:
                continue
            text = self._plain(before.start, before.end)
            last = split_sentences(text)
            sentence = text[last[-1][0] : last[-1][1]] if last else ""
            if len(sentence) <= _LEAD_LIMIT and sentence.endswith((":", "：")):
                introductions[block.group] = sentence
        return introductions

    def _steps(self) -> Mapping[int, int]:
        """By group: the highest number of its steps."""
        steps: defaultdict[int, int] = defaultdict(int)
        for block in self._blocks:
            if block.kind == "list" and block.group >= 0:
                steps[block.group] = max(steps[block.group], number_of(self._mark_before(block.start)[0]))
        return steps


def _period(cells: Sequence[Cell], above: str) -> Period | None:
    """When a row holds: by columns that are called so, by a cell that is nothing else, by the section row above it."""
    stated = field_period({cell.name: cell.value for cell in cells})
    periods = (read_period(cell.value) for cell in cells if len(cell.value) <= _PERIOD)
    return stated or next((period for period in periods if period is not None), None) or (read_period(above) if above else None)
