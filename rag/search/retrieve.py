"""From a question to hits: dense and BM25 candidates at one index version, fused, joined to the record, calibrated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.domain import Hit, Passage, Retrieved, Scope
from rag.errors import IndexBehind, InputError
from rag.library.coverage import coverage
from rag.library.ledger import Ledger
from rag.library.mirror import Found
from rag.library.shelves import Shelves
from rag.library.tokens import words
from rag.search.calibrate import Features, probability
from rag.search.fuse import fuse

DENSE_WEIGHT = 0.6
_SPARE = 3  # candidates kept a wanted hit, so that folding phrasings of one entry leaves enough


class Retriever:
    """Searches the live library, or the library as it was. Safe for any mix of threads."""

    def __init__(self, ledger: Ledger, shelves: Shelves, *, candidates: int):
        self._ledger, self._shelves, self._candidates = ledger, shelves, candidates

    def retrieve(
        self, query: str, scope: Scope, k: int, *, min_index_version: int | None = None, as_of: int | None = None
    ) -> Retrieved:
        """Raises IndexBehind when the record has not reached `min_index_version`, InputError for an `as_of` ahead of it."""
        head = self._ledger.head()
        if min_index_version is not None and head < min_index_version:
            raise IndexBehind(f"the index is at version {head}, not {min_index_version}", field="min_index_version")
        if as_of is not None and as_of > head:
            raise InputError(f"`as_of` {as_of} is ahead of the index ({head}).", field="as_of", fix="Use at most that.")
        shelf = self._shelves.live() if as_of is None else self._shelves.at(as_of)
        terms = list(dict.fromkeys(words(query)))
        vector = shelf.embedder.embed_queries([query])[0]
        found = shelf.mirror.search(vector, terms, self._candidates, scope)
        return Retrieved(tuple(self._rank(found, terms, k)), found.version, tuple(terms), tuple(found.idf.tolist()))

    def _rank(self, found: Found, terms: Sequence[str], k: int) -> list[Hit]:
        if len(found.ids) == 0:
            return []
        fused = fuse(found.cosine, found.bm25, DENSE_WEIGHT)
        order = np.lexsort((found.ids, -fused))[: _SPARE * k]
        passages = self._ledger.passages_at(found.ids[order].tolist(), found.version)
        mean = float(found.cosine.mean())
        hits: list[Hit] = []
        seen: set[tuple[str, int, int]] = set()
        for at in order.tolist():
            passage = passages.get(int(found.ids[at]))
            if passage is None or _span(passage) in seen:  # erased meanwhile, or another phrasing of the same entry
                continue
            seen.add(_span(passage))
            hits.append(
                _hit(passage, float(fused[at]), float(found.cosine[at]), float(found.bm25[at]), mean, terms, found)
            )
            if len(hits) == k:
                break
        return hits


def _span(passage: Passage) -> tuple[str, int, int]:
    return passage.document_id, passage.start, passage.end


def _hit(
    passage: Passage, fused: float, cosine: float, bm25: float, mean: float, terms: Sequence[str], found: Found
) -> Hit:
    covered = coverage(terms, found.idf, f"{passage.context}\n{passage.text}")
    chance = probability(Features(cosine, covered, cosine - mean, len(terms)))
    stages = {"dense": cosine, "bm25": bm25, "coverage": covered, "fused": fused}
    return Hit(passage, fused, chance, {name: round(value, 6) for name, value in stages.items()})
