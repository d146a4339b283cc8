"""How well each statement of the hits answers, from what is stored: token bits, words. No embedding but the question's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.domain import Hit, Retrieved
from rag.library.coverage import coverage
from rag.ports import Vectors
from rag.search.late import best_in
from rag.statement import Statement

HITS = 5  # passages whose statements compete


@dataclass(frozen=True, slots=True)
class Scored:
    """A statement of the hit at position `hit`, its place among the passage's statements, and what speaks for it.

    late: late interaction of its own tokens, about −1..1; covered: share (0–1) of the question's words in it and in its cells'
    names; around: the same with what stands above it (title, headings, what introduces it).
    """

    hit: int
    place: int
    statement: Statement
    late: float
    covered: float
    around: float
    score: float


def text_of(hit: Hit, one: Statement) -> str:
    """What the statement says, as it is read."""
    return one.text or hit.passage.text[one.start - hit.passage.start : one.end - hit.passage.start]


def read_with(hit: Hit, one: Statement) -> str:
    """The statement with the names of its cells and what introduces it: what a reader of the row has before the eyes."""
    names = " ".join(cell.name for cell in one.cells)
    values = " ".join(cell.value for cell in one.cells)
    return " ".join(filter(None, (one.lead, one.above, names, values or text_of(hit, one))))


def scored(found: Retrieved, query: Vectors, bits: Sequence[bytes]) -> list[Scored]:
    """All statements of the first hits in reading order. query: (m, dim) the question's token vectors; bits: of each hit."""
    pairs = [(at, n, one) for at, hit in enumerate(found.hits[:HITS]) for n, one in enumerate(hit.passage.statements)]
    late = _late(pairs, query, bits)
    idf = np.array(found.idf, np.float32)
    out = []
    for (at, n, one), own in zip(pairs, late.tolist(), strict=True):
        hit = found.hits[at]
        text = read_with(hit, one)
        covered = coverage(found.terms, idf, text)
        around = coverage(found.terms, idf, f"{hit.passage.context}\n{text}") if covered < 1 else 1.0
        out.append(Scored(at, n, one, own, covered, around, weigh(own, covered, around, hit)))
    return out


def weigh(late: float, covered: float, around: float, hit: Hit) -> float:
    """One number for a statement; see DECISIONS, "Statements"."""
    return 12 * late + covered + around + hit.score + hit.probability


def _late(pairs: Sequence[tuple[int, int, Statement]], query: Vectors, bits: Sequence[bytes]) -> NDArray[np.float32]:
    ranges = [(at, *one.tokens) for at, _, one in pairs]
    if not len(query) or not any(last > first for _, first, last in ranges):
        return np.zeros(len(pairs), np.float32)
    best = best_in(query, bits, ranges)
    weights = best.max(axis=1) - best.mean(axis=1) + 1e-3
    return np.asarray(weights @ best / weights.sum(), np.float32)
