"""Vectors of words: a claim's own, from one run of the model, and a passage's, from the bits that are stored with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.answering.gate.reading import unmarked
from rag.answering.gate.tok import Clause, Reading, Tok
from rag.answering.gate.units import Unit
from rag.domain import Passage
from rag.ports import Embedder, Vectors

Spans = NDArray[np.int32]
BitsOf = Callable[[Sequence[int]], list[bytes]]


class WordVectors:
    """Of the passages of one answer; `bits_of`: token bits of passages by their ids."""

    def __init__(self, embedder: Embedder, bits_of: BitsOf):
        self._embedder, self._bits_of = embedder, bits_of
        self._passages: dict[int, tuple[Vectors, Spans, str, int]] = {}
        self._texts: dict[str, tuple[Vectors, Spans]] = {}

    def of_text(self, text: str, tokens: Sequence[Tok]) -> Vectors:
        """(len(tokens), dim): L2 norm 1, zeros for what has none."""
        rows, spans = self._embedded(text)
        return _pooled(rows, spans, _placed(text, tokens, 0))

    def of_unit(self, passage: Passage, unit: Unit) -> Vectors:
        """As `of_text`, of the unit's own tokens as they stand in the passage."""
        tokens = list(unit.reading.tokens)
        rows, spans, text, lead = self._of_passage(passage)
        if not len(rows):  # its rows cannot be told apart: nothing is like anything in it
            return np.zeros((len(tokens), self._embedder.dim), np.float32)
        start = lead + len(unmarked(passage.text[: unit.start]))
        places = _placed(text, tokens, start)
        if unit.label is not None:  # what is not in the row stands in the header above it
            places = [place or elsewhere for place, elsewhere in zip(places, _anywhere(text[:lead], tokens), strict=True)]
        return _pooled(rows, spans, places)

    def _embedded(self, text: str) -> tuple[Vectors, Spans]:
        if text not in self._texts:
            self._texts[text] = (self._embedder.embed_with_tokens([text])[1][0], self._embedder.token_spans([text])[0])
        return self._texts[text]

    def _of_passage(self, passage: Passage) -> tuple[Vectors, Spans, str, int]:
        if passage.id not in self._passages:
            lead = f"{passage.context}\n" if passage.context else ""
            text = lead + unmarked(passage.text)
            spans = self._embedder.token_spans([text])[0]
            rows = _unpacked(self._bits_of([passage.id])[0], len(spans), self._embedder.dim)
            self._passages[passage.id] = (rows, spans, text, len(lead))
        return self._passages[passage.id]


class Meant:
    """The vectors of one claim, made when they are first needed."""

    def __init__(self, words: WordVectors, text: str, claim: Reading):
        self._words, self._text, self._claim = words, unmarked(text), claim
        self._rows: dict[int, Vectors] | None = None

    def sims(self, part: Sequence[Clause], passage: Passage, unit: Unit) -> Vectors:
        """(tokens of the part, tokens of the unit): cosines."""
        if self._rows is None:
            tokens = list(self._claim.tokens)
            self._rows = {id(t): row for t, row in zip(tokens, self._words.of_text(self._text, tokens), strict=True)}
        theirs = self._words.of_unit(passage, unit)
        mine = [self._rows.get(id(t)) for clause in part for t in clause.tokens]
        rows = np.stack([np.zeros(theirs.shape[1], np.float32) if row is None else row for row in mine])
        return np.asarray(rows @ theirs.T, np.float32)


def _unpacked(bits: bytes, count: int, dim: int) -> Vectors:
    """(count, dim) of −1 and 1, L2 norm 1; no rows where the bits are those of another number of tokens."""
    if 8 * len(bits) != count * dim:
        return np.zeros((0, dim), np.float32)
    signs = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(count, dim).astype(np.float32)
    return np.asarray((2 * signs - 1) / np.sqrt(dim), np.float32)


def _placed(text: str, tokens: Sequence[Tok], start: int) -> list[tuple[int, int] | None]:
    """Where the tokens stand, one behind the other."""
    lower, places, at = text.lower(), list[tuple[int, int] | None](), start
    for token in tokens:
        word = token.text.lower()
        spot = lower.find(word, at, at + 400) if word else -1
        places.append((spot, spot + len(word)) if spot >= 0 else None)
        at = spot + len(word) if spot >= 0 else at
    return places


def _anywhere(text: str, tokens: Sequence[Tok]) -> list[tuple[int, int] | None]:
    lower = text.lower()
    spots = [lower.rfind(token.text.lower()) if token.text else -1 for token in tokens]
    return [(spot, spot + len(token.text)) if spot >= 0 else None for spot, token in zip(spots, tokens, strict=True)]


def _pooled(rows: Vectors, spans: Spans, places: Sequence[tuple[int, int] | None]) -> Vectors:
    """The mean of the rows that stand in each place."""
    out = np.zeros((len(places), rows.shape[1]), np.float32)
    starts, ends = spans[: len(rows), 0], spans[: len(rows), 1]
    for n, place in enumerate(places):
        if place is None:
            continue
        here = np.flatnonzero((ends > place[0]) & (starts < place[1]) & (ends > starts))
        if len(here):
            mean = rows[here].mean(axis=0)
            out[n] = mean / max(float(np.linalg.norm(mean)), 1e-6)
    return out
