"""Candidates side by side: by meaning, by words, of the other language, of what the question states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.index.candidates import Query
from rag.index.engines.pgvector import PgVectors
from rag.index.engines.pgvector_statements import Where
from rag.index.languages import Languages
from rag.index.lexical import Lexical
from rag.index.vectors import LiveIndex

_FOREIGN = 20  # candidates of the language that is not the question's
_FITTING = 30  # candidates on each side of those that fit what the question states
_WIDE = 5_000  # ids from which words are looked up everywhere first, and the ids picked from what is found: .4 ms, not 10


@dataclass(frozen=True, slots=True)
class Sides:
    """What a mirror holds at one version; whoever asks has its lock."""

    index: LiveIndex | PgVectors
    lexical: Lexical
    languages: Languages
    version: int

    def near(self, query: Query, k: int, among: NDArray[np.int64] | None, chinese: bool | None = None) -> NDArray[np.int64]:
        """The k nearest of the scope's passages among these, which are all of one language where it is given."""
        if isinstance(self.index, PgVectors):
            return self.index.search(query.vector, k, among, Where(self.version, query.scope, chinese))[0]
        return self.index.search(query.vector, k, among)[0]

    def scored(self, weights: Mapping[str, float], ids: NDArray[np.int64]) -> dict[int, float]:
        hit_ids, scores = self.lexical.search(weights, len(ids), ids)
        return dict(zip(hit_ids.tolist(), scores.tolist(), strict=True))

    def matching(self, query: Query, weights: Mapping[str, float], allowed: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """The best of those that fit all statements; of the most telling ones, where nothing fits all."""
        among = allowed
        for ids in query.matching:
            both = ids if among is None else np.intersect1d(ids, among)
            among = both if len(both) else among
        if among is None or among is allowed:
            return np.empty(0, np.int64)
        dense = self.near(query, _FITTING, among)
        lexical = np.empty(0, np.int64)
        if len(among) >= _WIDE:
            anywhere, _ = self.lexical.search(weights, 20 * _FITTING)
            lexical = anywhere[np.isin(anywhere, among)][:_FITTING]
        if len(lexical) < _FITTING // 2:
            lexical, _ = self.lexical.search(weights, _FITTING, among)
        return np.union1d(dense, lexical)

    def _is_mixed(self, query: Query) -> bool:
        return query.chinese is not None and self.languages.mixed

    def foreign(self, query: Query, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not self._is_mixed(query):
            return np.zeros(len(ids), bool)
        return self.languages.on_side(ids, not query.chinese)

    def _level(self, query: Query, chinese: bool | None) -> float:
        """Mean cosine of a sample of the passages of one language, or of all; 0 for none."""
        ids = self.languages.sample(chinese)
        return float(self.index.cosines(query.vector, ids).mean()) if len(ids) else 0.0

    def abroad(self, query: Query, allowed: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], float]:
        """Candidates of the other language, and how much less than the question's own the model likes it here."""
        if not self._is_mixed(query):
            return np.empty(0, np.int64), 0.0
        there = self.languages.side(not query.chinese)
        among = there if allowed is None else np.intersect1d(there, allowed)
        ids = self.near(query, _FOREIGN, among, chinese=not query.chinese)
        return ids, self._level(query, query.chinese) - self._level(query, not query.chinese)

    def spelled(self, query: Query, allowed: NDArray[np.int64] | None) -> dict[str, tuple[str, ...]]:
        spelled = ((term, self.lexical.respelled(term, allowed)) for term in query.terms)
        respelled = {term: right for term, right in spelled if right is not None}
        return dict(query.also) | {term: (*query.also.get(term, ()), right) for term, right in respelled.items()}
