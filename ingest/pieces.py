"""Blocks as pieces that fit a token budget: whole where they can be, else cut at sentences, else at words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from rag.domain import Block, Parsed
from rag.text.sentences import split_sentences

CountTokens = Callable[[Sequence[str]], list[int]]

_WORDS = re.compile(r"\s*(?:[^\s\u2e80-\u9fff\uf900-\uffef]+|[\u2e80-\u9fff\uf900-\uffef])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A block or a part of one, with the tokens of its text."""

    start: int
    end: int
    tokens: int
    block: Block


class Tally:
    """Token counts by text, each text counted once, many at a time."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count = count_tokens
        self._known: dict[str, int] = {"": 0}
        self._wanted: dict[str, None] = {}

    def add(self, texts: Iterable[str]) -> None:
        """Notes texts to count."""
        self._wanted.update((text, None) for text in texts if text not in self._known)

    def assume(self, text: str) -> None:
        """Takes a text for as many tokens as it has characters, which is hardly ever too few."""
        self._known.setdefault(text, len(text))

    def count(self) -> None:
        """Counts what was noted, in one call."""
        if self._wanted:
            texts = list(self._wanted)
            self._known.update(zip(texts, self._count(texts), strict=True))
            self._wanted = {}

    def __getitem__(self, text: str) -> int:
        """Tokens of a text; one that was not noted before is counted now."""
        if text not in self._known:
            self.add([text])
            self.count()
        return self._known[text]


def cut(parsed: Parsed, tally: Tally, limit: Callable[[Block], int]) -> list[Piece]:
    """The pieces of all blocks in order, none over its block's limit (a single word may be).

    Long blocks are cut into parts of about equal size at sentence ends; a sentence over the limit between words, a
    Chinese text between characters.
    """
    text = parsed.text
    long = [block for block in parsed.blocks if tally[text[block.start : block.end]] > limit(block)]
    sentences = {id(block): _segments(text, block) for block in long}
    tally.add(text[a:b] for spans in sentences.values() for a, b in spans)
    tally.count()
    pieces: list[Piece] = []
    for block in parsed.blocks:
        if id(block) not in sentences:
            pieces.append(Piece(block.start, block.end, tally[text[block.start : block.end]], block))
            continue
        spans = [part for span in sentences[id(block)] for part in _forced(text, span, tally, limit(block))]
        pieces.extend(_balanced(text, spans, tally, limit(block), block))
    return pieces


def _segments(text: str, block: Block) -> list[tuple[int, int]]:
    """Spans that cover the block, each ending with a sentence; bullets and marks go with the sentence after them."""
    ends = [block.start + end for _, end in split_sentences(text[block.start : block.end])]
    if not ends:
        return [(block.start, block.end)]
    ends[-1] = block.end
    return list(zip([block.start, *ends[:-1]], ends, strict=True))


def _forced(text: str, span: tuple[int, int], tally: Tally, limit: int) -> Iterator[tuple[int, int]]:
    """Cuts a span over the limit between words, again until each part fits."""
    if tally[text[span[0] : span[1]]] <= limit:
        yield span
        return
    words = [match.end() for match in _WORDS.finditer(text, *span)]
    if len(words) < 2:  # one endless word: a key, a link, a line of base64
        words = list(range(span[0] + 1, span[1] + 1))
    if len(words) < 2:
        yield span
        return
    parts = min(len(words), ceil(tally[text[span[0] : span[1]]] / limit))
    cuts = sorted({words[len(words) * number // parts - 1] for number in range(1, parts)})
    bounds = [span[0], *cuts, span[1]]
    spans = list(pairwise(bounds))
    tally.add(text[a:b] for a, b in spans)
    tally.count()
    for part in spans:
        yield from _forced(text, part, tally, limit)


def _balanced(text: str, spans: Sequence[tuple[int, int]], tally: Tally, limit: int, block: Block) -> Iterator[Piece]:
    """Adjacent spans joined to pieces of about equal size within the limit."""
    sizes = [tally[text[a:b]] for a, b in spans]
    target = min(limit, ceil(sum(sizes) / ceil(sum(sizes) / limit) * 1.1))
    start, tokens = spans[0][0], 0
    for (a, _), size in zip(spans, sizes, strict=True):
        if tokens and tokens + size > target:
            yield _piece(text, start, a, tokens, block)
            start, tokens = a, 0
        tokens += size
    yield _piece(text, start, spans[-1][1], tokens, block)


def _piece(text: str, start: int, end: int, tokens: int, block: Block) -> Piece:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Piece(start, end, tokens, block)
