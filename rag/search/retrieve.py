"""From a question to hits: dense and BM25 candidates at one index version, fused, re-ranked, calibrated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.domain import Hit, Passage, Retrieved, Scope
from rag.errors import IndexBehind, InputError
from rag.library.coverage import coverage
from rag.library.ledger import Ledger
from rag.library.mirror import Found
from rag.library.shelves import Shelf, Shelves
from rag.library.tokens import words
from rag.search.calibrate import Features, probability
from rag.search.fuse import fuse, standardise
from rag.search.late import maxsim
from rag.search.tiebreak import SPARE, prefer_settled

DENSE_WEIGHT = 0.6  # of the cosine against BM25
LATE_WEIGHT = 0.75  # of late interaction against the two
_RERANKED = 30  # candidates that are compared token by token


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates best first: positions in `Found`, final and first-stage scores, late interaction (zeros without)."""

    order: NDArray[np.int64]
    score: NDArray[np.float32]
    fused: NDArray[np.float32]
    late: NDArray[np.float32]


class Retriever:
    """Searches the live library, or the library as it was. Safe for any mix of threads."""

    def __init__(self, ledger: Ledger, shelves: Shelves, *, candidates: int):
        self._ledger, self._shelves, self._candidates = ledger, shelves, candidates

    def retrieve(
        self, query: str, scope: Scope, k: int, *, min_index_version: int | None = None, as_of: int | None = None
    ) -> Retrieved:
        """Raises IndexBehind when the record has not reached `min_index_version`, InputError for an `as_of` ahead of it."""
        if min_index_version is not None or as_of is not None:
            _check_versions(self._ledger.head(), min_index_version, as_of)
        shelf = self._shelves.live() if as_of is None else self._shelves.at(as_of)
        terms = list(dict.fromkeys(words(query)))
        vector = shelf.embedder.embed_queries([query])[0]
        found = shelf.mirror.search(vector, terms, self._candidates, scope)
        began = time.perf_counter()
        ranked = self._rank(query, found, shelf)
        rerank_ms = round((time.perf_counter() - began) * 1000, 3)
        return Retrieved(self._hits(found, ranked, terms, k), found.version, tuple(terms), tuple(found.idf.tolist()), rerank_ms)

    def _rank(self, query: str, found: Found, shelf: Shelf) -> _Ranked:
        if len(found.ids) == 0:
            nothing = np.empty(0, np.float32)
            return _Ranked(np.empty(0, np.int64), nothing, nothing, nothing)
        fused = fuse(found.cosine, found.bm25, DENSE_WEIGHT)
        order = np.lexsort((found.ids, -fused))[:_RERANKED]
        fused = fused[order]
        if not shelf.embedder.late or len(order) < 2:
            return _Ranked(order, fused, fused, np.zeros_like(fused))
        late = maxsim(shelf.embedder.query_tokens(query), self._ledger.tokens(found.ids[order].tolist()))
        score = ((1 - LATE_WEIGHT) * standardise(fused) + LATE_WEIGHT * standardise(late)).astype(np.float32)
        best = np.lexsort((found.ids[order], -score))
        return _Ranked(order[best], score[best], fused[best], late[best])

    def _hits(self, found: Found, ranked: _Ranked, terms: Sequence[str], k: int) -> tuple[Hit, ...]:
        """The first k distinct entries, joined to the record: another phrasing of the same entry is folded."""
        passages = self._ledger.passages_at(found.ids[ranked.order].tolist(), found.version)
        hits: list[Hit] = []
        seen: set[tuple[str, int, int]] = set()
        for place, at in enumerate(ranked.order.tolist()):
            passage = passages.get(int(found.ids[at]))
            if passage is None or _span(passage) in seen:  # erased meanwhile, or the same entry again
                continue
            seen.add(_span(passage))
            hits.append(_hit(passage, ranked, place, found, at, terms))
            if len(hits) == k + SPARE:
                break
        return tuple(prefer_settled(hits)[:k])


def _check_versions(head: int, least: int | None, as_of: int | None) -> None:
    if least is not None and head < least:
        raise IndexBehind(f"the index is at version {head}, not {least}", field="min_index_version")
    if as_of is not None and as_of > head:
        raise InputError(f"`as_of` {as_of} is ahead of the index ({head}).", field="as_of", fix="Use at most that.")


def _span(passage: Passage) -> tuple[str, int, int]:
    return passage.document_id, passage.start, passage.end


def _hit(passage: Passage, ranked: _Ranked, place: int, found: Found, at: int, terms: Sequence[str]) -> Hit:
    cosine, late = float(found.cosine[at]), float(ranked.late[place])
    covered = coverage(terms, found.idf, f"{passage.context}\n{passage.text}")
    features = Features(
        cosine=cosine,
        margin=cosine - float(found.cosine.mean()),
        late=late - float(np.median(ranked.late)) if ranked.late.any() else None,
        coverage=covered,
        context=coverage(terms, found.idf, passage.context),
        words=len(terms),
    )
    stages = {
        "dense": cosine,
        "bm25": float(found.bm25[at]),
        "fused": float(ranked.fused[place]),
        "late": late,
        "coverage": covered,
    }
    stages = {name: round(value, 6) for name, value in stages.items()}
    return Hit(passage, float(ranked.score[place]), probability(features), stages)
