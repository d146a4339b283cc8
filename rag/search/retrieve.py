"""From a question to hits: dense and BM25 candidates at one index version, fused, re-ranked, calibrated."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rag.domain import Retrieved, Scope
from rag.errors import IndexBehind, InputError
from rag.library.ledger import Ledger
from rag.library.mirror import Found
from rag.library.named import Named
from rag.library.shelves import Shelf, Shelves
from rag.library.tokens import is_chinese
from rag.ports import Reranker
from rag.search.asked import asked_for
from rag.search.calibrate import usual
from rag.search.fuse import Ranked, Scores, final, fuse, level_groups, shortlist, singled_out, with_late, with_neural
from rag.search.hits import Joined, join
from rag.search.late import compare
from rag.search.synonyms import Synonyms
from rag.search.widen import widen
from rag.search.wishes import Weighed, Wish, fitting, step_back, weigh, wishes

_OWN, _FOREIGN = 30, 10  # candidates of the question's language and of the other that are re-ranked


@dataclass(frozen=True, slots=True)
class Reranking:
    """What comes after the first stage: late interaction where the model gives token vectors, a cross-encoder, or nothing."""

    late: bool = True
    neural: Reranker | None = None


class Retriever:
    """Searches the live library, or the library as it was. Safe for any mix of threads."""

    def __init__(
        self,
        ledger: Ledger,
        shelves: Shelves,
        *,
        candidates: int,
        reranking: Reranking | None = None,
        synonyms: Synonyms | None = None,
    ):
        self._ledger, self._shelves, self._candidates = ledger, shelves, candidates
        self._reranking, self._synonyms = reranking or Reranking(), synonyms or Synonyms()

    def retrieve(
        self,
        query: str,
        scope: Scope,
        k: int,
        *,
        min_index_version: int | None = None,
        as_of: int | None = None,
        explain: bool = False,
    ) -> Retrieved:
        """Raises IndexBehind when the record has not reached `min_index_version`, InputError for an `as_of` ahead of it."""
        if min_index_version is not None or as_of is not None:
            _check_versions(self._ledger.head(), min_index_version, as_of)
        shelf = self._shelves.live() if as_of is None else self._shelves.at(as_of)
        terms = list(dict.fromkeys(shelf.cutter.words(query)))
        vector = shelf.embedder.embed_queries([query])[0]
        wanted, fits = shelf.mirror.consult(partial(_wanted, query))
        found = shelf.mirror.search(
            vector,
            terms,
            max(self._candidates, k),
            scope,
            also=self._synonyms.words_for(query),
            chinese=is_chinese(query),
            fitting=fits,
        )
        began = time.perf_counter()
        weighed = weigh(wanted, found.attributes)
        ranked = self._rank(query, found, shelf, weighed)
        rerank_ms = round((time.perf_counter() - began) * 1000, 3)
        told = Joined(found, ranked, tuple(terms), shelf.calibration, weighed, asked_for(query))
        joined = join(self._ledger, told, k, explain=explain)
        asked, idf = _explained(query, terms, found, weighed) if explain else {}, tuple(found.idf.tolist())
        known = usual(shelf.calibration, chinese=told.asked.chinese)
        return Retrieved(joined[0], found.version, tuple(terms), idf, rerank_ms, joined[1], asked, known)

    def widened(self, found: Retrieved, budget: int) -> Retrieved:
        """For an LLM: the best hits with their sections around them, at most `budget` more tokens."""
        return replace(found, hits=widen(self._ledger.engine, found.hits, budget)) if budget else found

    def _rank(self, query: str, found: Found, shelf: Shelf, weighed: Weighed) -> Ranked:
        if len(found.ids) == 0:
            nothing = np.empty(0, np.float32)
            return Ranked(np.empty(0, np.int64), nothing, nothing, nothing, nothing, nothing)
        fused = fuse(found)
        at = shortlist(found, step_back(fused + weighed.lean, weighed.behind), _OWN, _FOREIGN)
        late, raw, short = np.full((3, len(fused)), np.nan, np.float32)
        score = fused.copy()
        if self._reranking.late and shelf.embedder.late and len(at) > 1:
            late[at], short[at] = self._late(query, found, at, shelf)
            raw[at] = with_late(found, at, late[at])
            score[at] = final(with_late(found, at, late[at], singled_out(found)), found.foreign[at])
        if self._reranking.neural is not None:
            passages = self._ledger.passages_at(found.ids[at].tolist(), found.version)
            texts = [f"{p.context}\n{p.text}" if (p := passages.get(key)) else "" for key in found.ids[at].tolist()]
            score[at] = with_neural(fused[at], self._reranking.neural.scores(query, texts))
        score[at] += weighed.lean[at]
        return _ordered(found, at, Ranked(np.arange(len(fused)), score, fused, late, raw, short), weighed)

    def _late(self, query: str, found: Found, at: NDArray[np.int64], shelf: Shelf) -> tuple[Scores, Scores]:
        """Late interaction, and how short each falls; the two languages each by itself: weights come from the candidates."""
        tokens, bits = shelf.embedder.query_tokens(query), self._ledger.tokens(found.ids[at].tolist())
        foreign = found.foreign[at]
        scores, short = np.empty((2, len(at)), np.float32)
        for side in (~foreign, foreign):
            if side.any():
                told = compare(tokens, [bits[place] for place in np.flatnonzero(side)])
                scores[side], short[side] = told.scores, told.short
        return level_groups(scores, foreign), short


def _ordered(found: Found, at: NDArray[np.int64], told: Ranked, weighed: Weighed) -> Ranked:
    """The re-ranked candidates by score; behind them the others, in the order of the first stage; last what the question
    excludes."""
    score, fused = told.score, told.fused
    left = np.ones(len(told.order), bool)
    left[at] = False
    rest = np.flatnonzero(left)
    if len(rest):  # below the last one that was re-ranked, at their distances
        score[rest] = float(score[at].min()) - 1 + fused[rest] - float(fused[rest].max())
    score = step_back(score, weighed.behind)
    order = np.lexsort((found.ids, -score))
    return Ranked(order, score[order], fused[order], told.late[order], told.raw[order], told.short[order])


def _wanted(query: str, library: Named) -> tuple[tuple[Wish, ...], list[NDArray[np.int64]]]:
    wanted = wishes(query, library)
    return wanted, fitting(wanted, library)


def _explained(query: str, terms: list[str], found: Found, weighed: Weighed) -> dict[str, object]:
    return {
        "query": query,
        "words": {term: round(float(weight), 4) for term, weight in zip(terms, found.idf.tolist(), strict=True)},
        "also": {term: list(others) for term, others in found.also.items()},
        "wishes": {wish.key: sorted(wish.told) for wish in weighed.wishes},
        "filters": weighed.filters,
    }


def _check_versions(head: int, least: int | None, as_of: int | None) -> None:
    if least is not None and head < least:
        raise IndexBehind(f"the index is at version {head}, not {least}", field="min_index_version")
    if as_of is not None and as_of > head:
        raise InputError(f"`as_of` {as_of} is ahead of the index ({head}).", field="as_of", fix="Use at most that.")
