"""Cuts a parsed document into passages: by section, then by paragraph, to a budget in the embedder's own tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from ingest.collector import seldom
from ingest.parse.tags import plain
from ingest.pieces import CountTokens, Piece, Tally, cut
from rag.domain import Block, Chunk, Kind, Parsed

_GAP_MARKS = re.compile(r"[\s>|*+#`~.)\-\d]+")
_DIRTY_GAP = 40
# A line that says nothing without the next one: `Run this:`, `**Step one**`, a parameter's name.
_LABEL = re.compile(r".{1,200}[:：][*_]*|\*\*[^*\n]{1,80}\*\*|`[^`\n]{1,80}`")
_ENTRIES = ("faq", "case")
_CASE_FACTOR = 8
_FAQ_FACTOR = 32  # an approved answer is given word for word: only a runaway one is cut


@seldom()
def chunk(parsed: Parsed, *, count_tokens: CountTokens, title: str, max_tokens: int = 256, min_tokens: int = 48) -> list[Chunk]:
    """Passages in the order of the text; `chunk.text == parsed.text[chunk.start:chunk.end]`.

    A passage holds whole blocks of one section where they fit: `max_tokens` bounds the tokens of context and text, counted
    piece by piece. Lists, table rows and code stay together while they fit; a longer block is cut at sentence ends. A gap
    of markup (an image, a component) ends a passage that has `min_tokens`. A FAQ entry gives one passage for each
    phrasing, all with the answer's span; FAQ entries stay whole up to 32 × `max_tokens`, cases up to 8 ×.

    Args:
        count_tokens: tokens of each text; called a few times with many texts.
        title: stands first in the context of each passage; '' for none.
    """
    tally = Tally(count_tokens)
    contexts = _contexts(parsed, title, tally, max_tokens)
    for block in parsed.blocks:
        if block.kind in _ENTRIES and block.end - block.start < _limit(block, contexts, tally, max_tokens):
            tally.assume(parsed.text[block.start : block.end])  # whole in any case: nobody needs the exact number
    tally.add(parsed.text[block.start : block.end] for block in parsed.blocks)
    tally.add(
        parsed.text[a.end : b.start] for a, b in pairwise(parsed.blocks) if not (a.kind in _ENTRIES and b.kind in _ENTRIES)
    )
    tally.count()
    pieces = cut(parsed, tally, lambda block: _limit(block, contexts, tally, max_tokens))
    chunks: list[Chunk] = []
    for section, run in groupby(pieces, key=lambda piece: piece.block.section):
        for entry, same in groupby(run, key=lambda piece: piece.block.kind in ("faq", "case")):
            if entry:
                for piece in same:
                    chunks.extend(_entry(parsed, piece, title))
                continue
            packer = _Packer(parsed, tally, contexts, max_tokens, min_tokens)
            chunks.extend(packer.chunk(passage, section) for passage in packer.pack(list(same)))
    return [_without_markup(chunk) for chunk in chunks] if parsed.markdown else chunks


def _without_markup(chunk: Chunk) -> Chunk:
    """Link targets, image addresses and tags are a seventh of a help centre's tokens, and say nothing to a search."""
    if chunk.kind == "code":
        return chunk
    text = "\n".join(line for line in map(plain, chunk.text.splitlines()) if line)
    return replace(chunk, plain=text) if text and text != chunk.text else chunk


# -- contexts ----------------------------------------------------------------------------------------------------------

Contexts = dict[tuple[tuple[str, ...], str], str]
"""(section, header) → context."""


def _contexts(parsed: Parsed, title: str, tally: Tally, max_tokens: int) -> Contexts:
    """The fullest context of each block that leaves half of the budget for its text."""
    wanted = dict.fromkeys((block.section, block.header) for block in parsed.blocks if block.kind not in ("faq", "case"))
    left = {key: _candidates(title, *key) for key in wanted}
    fit: Contexts = {}
    while left:  # the shorter ones are counted only where the fuller one does not fit
        tally.add(_lead(texts[0]) for texts in left.values())
        tally.count()
        fit |= {key: texts[0] for key, texts in left.items() if not texts[0] or tally[_lead(texts[0])] <= max_tokens // 2}
        left = {key: texts[1:] for key, texts in left.items() if key not in fit}
    return fit


def _candidates(title: str, section: tuple[str, ...], header: str) -> list[str]:
    path = [part for part in (title, *section) if part]
    path = path[1:] if len(path) > 1 and path[0] == path[1] else path
    trails = [" › ".join(path), " › ".join(path[-2:]), " › ".join(path[-1:])]
    with_header = ["\n".join(filter(None, (trail, header))) for trail in trails]
    return list(dict.fromkeys([*with_header, *trails, ""]))


def _lead(context: str) -> str:
    """What stands before the text in `Chunk.search_text`."""
    return f"{context}\n" if context else ""


def _limit(block: Block, contexts: Contexts, tally: Tally, max_tokens: int) -> int:
    """Tokens left for the text of a passage that begins with this block."""
    if block.kind in ("faq", "case"):
        return (_FAQ_FACTOR if block.kind == "faq" else _CASE_FACTOR) * max_tokens
    return max(1, max_tokens - tally[_lead(contexts[block.section, block.header])])


def _entry(parsed: Parsed, piece: Piece, title: str) -> Iterator[Chunk]:
    """The passages of a FAQ or case entry: one for each phrasing, all with the same span."""
    block = piece.block
    trail = " › ".join(part for part in (title, *block.section) if part)
    section = (*block.section, block.header) if block.header else block.section  # a citation names the case
    for phrasing in dict.fromkeys((block.header, *block.keys)):
        context = "\n".join(filter(None, (trail, phrasing)))
        text = parsed.text[piece.start : piece.end]
        yield Chunk(piece.start, piece.end, text, block.kind, section, context, dict(block.fields))


# -- passages ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Passage:
    """Consecutive pieces of one section and the tokens of their text with what stands between them."""

    pieces: tuple[Piece, ...]
    tokens: int


class _Packer:
    """Packs the pieces of one section, first come first in, with preferred places to break."""

    def __init__(self, parsed: Parsed, tally: Tally, contexts: Contexts, max_tokens: int, min_tokens: int) -> None:
        self.text, self.tally, self.contexts = parsed.text, tally, contexts
        self.max_tokens, self.min_tokens = max_tokens, min_tokens
        self._passages: list[_Passage] = []
        self._open: list[Piece] = []
        self._tokens = 0

    def pack(self, pieces: Sequence[Piece]) -> list[_Passage]:
        for _, unit in groupby(enumerate(pieces), key=_unit):
            self._place([piece for _, piece in unit])
        self._close()
        self._join_tail()
        return self._passages

    def chunk(self, passage: _Passage, section: tuple[str, ...]) -> Chunk:
        first, last = passage.pieces[0], passage.pieces[-1]
        kinds = {piece.block.kind for piece in passage.pieces}
        kind: Kind = first.block.kind if len(kinds) == 1 else "text"
        context = self.contexts[first.block.section, first.block.header]
        text = self.text[first.start : last.end]
        return Chunk(first.start, last.end, text, kind, section, context, dict(first.block.fields))

    def _place(self, unit: list[Piece]) -> None:
        """Adds pieces that belong together: to the open passage, to a new one, or else part by part."""
        if self._open and self._breaks_before(unit[0]):
            self._close()
        if self._fits(unit):
            self._extend(unit)
            return
        if self._open and self._tokens >= self.min_tokens and self._fits_alone(unit):
            self._close(unit)
            self._place(unit)
            return
        if len(unit) > 1:
            for part in _parts(unit):
                self._place(part)
            return
        self._close()
        self._extend(unit)

    def _breaks_before(self, piece: Piece) -> bool:
        """Markup between two blocks is a good place to break, once the passage has enough text."""
        gap = self.text[self._open[-1].end : piece.start]
        return self._tokens >= self.min_tokens and len(_GAP_MARKS.sub("", gap)) > _DIRTY_GAP

    def _fits(self, unit: list[Piece]) -> bool:
        first = self._open[0] if self._open else unit[0]
        return self._tokens + self._cost(unit) <= self._limit(first)

    def _fits_alone(self, unit: list[Piece]) -> bool:
        return self._size(unit) <= self._limit(unit[0])

    def _size(self, unit: list[Piece]) -> int:
        return sum(piece.tokens for piece in unit) + sum(self._gap(a, b) for a, b in pairwise(unit))

    def _cost(self, unit: Iterable[Piece]) -> int:
        """Tokens that the unit adds to the open passage."""
        cost, previous = 0, self._open[-1] if self._open else None
        for piece in unit:
            cost += piece.tokens + (self._gap(previous, piece) if previous else 0)
            previous = piece
        return cost

    def _gap(self, before: Piece, after: Piece) -> int:
        return self.tally[self.text[before.end : after.start]]

    def _limit(self, piece: Piece) -> int:
        return _limit(piece.block, self.contexts, self.tally, self.max_tokens)

    def _extend(self, unit: list[Piece]) -> None:
        self._tokens += self._cost(unit)
        self._open.extend(unit)

    def _close(self, following: list[Piece] | None = None) -> None:
        """Ends the open passage; a last line that introduces `following` goes with it if both fit."""
        pieces, self._open, tokens, self._tokens = self._open, [], self._tokens, 0
        if not pieces:
            return
        last = pieces[-1]
        introduces = bool(following) and len(pieces) > 1 and _LABEL.fullmatch(self.text[last.start : last.end])
        if introduces and self._size([last, *(following or [])]) <= self._limit(last):
            pieces, self._open, self._tokens = pieces[:-1], [last], last.tokens
            tokens -= last.tokens + self._gap(pieces[-1], last)
        self._passages.append(_Passage(tuple(pieces), tokens))

    def _join_tail(self) -> None:
        """A last passage that is tiny joins the one before it if that has room."""
        if len(self._passages) < 2 or self._passages[-1].tokens >= self.min_tokens:
            return
        before, tail = self._passages[-2:]
        tokens = before.tokens + self._gap(before.pieces[-1], tail.pieces[0]) + tail.tokens
        if tokens <= self._limit(before.pieces[0]):
            self._passages[-2:] = [_Passage((*before.pieces, *tail.pieces), tokens)]


def _unit(numbered: tuple[int, Piece]) -> tuple[bool, int]:
    """Pieces of one group make a unit; any other piece is one by itself."""
    number, piece = numbered
    return (True, piece.block.group) if piece.block.group >= 0 else (False, number)


def _parts(unit: list[Piece]) -> Iterator[list[Piece]]:
    """A unit too large for one passage: its runs under one header (steps of a guide), else its single pieces."""
    runs = [list(run) for _, run in groupby(unit, key=lambda piece: piece.block.header)]
    yield from runs if len(runs) > 1 else ([piece] for piece in unit)
