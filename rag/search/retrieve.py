"""From a question to hits: dense and BM25 candidates at one index version, fused, re-ranked, calibrated."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rag.domain import Retrieved, Scope
from rag.errors import IndexBehind, InputError
from rag.index.candidates import Candidates
from rag.index.facets import Facets
from rag.index.fields import Field
from rag.index.late_interaction import compare
from rag.index.views import IndexView, IndexViews
from rag.ports import Reranker, Vectors
from rag.record.ledger import Ledger
from rag.record.sections import with_section
from rag.runtime import clock
from rag.search.aside import Requested
from rag.search.calibrate import usual
from rag.search.fuse import Ranked, Scores, final, fuse, level_groups, shortlist, singled_out, with_late, with_neural
from rag.search.hits import Joined, join
from rag.search.known import check_collection, check_fields, collections_of
from rag.search.names import unknown_names
from rag.search.stated_filters import FilterScores, StatedFilter, demote, matching, product, stated_filters, weigh
from rag.search.synonyms import Synonyms
from rag.search.topic import Topic, chosen, topic, without_name
from rag.search.validity import asked_period
from rag.search.weights import Weights, choice
from rag.search.widen import widen
from rag.text.answer_type import asked_for
from rag.text.names import asked_names
from rag.text.tokens import is_chinese

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
        views: IndexViews,
        *,
        candidates: int,
        reranking: Reranking | None = None,
        synonyms: Synonyms | None = None,
        weights: Weights | None = None,
    ):
        self._ledger, self._views, self._candidates = ledger, views, candidates
        self._reranking, self._synonyms = reranking or Reranking(), synonyms or Synonyms()
        self._weights = weights or Weights()

    def retrieve(
        self,
        query: str,
        scope: Scope,
        k: int,
        *,
        min_index_version: int | None = None,
        as_of: int | None = None,
        explain: bool = False,
        own: str = "",
    ) -> Retrieved:
        """Raises IndexBehind when the record has not reached `min_index_version`, InputError for an `as_of` ahead of it.

        `own`: the question as its writer put it, where `query` holds words of former ones: names are looked for in it first.
        """
        if min_index_version is not None or as_of is not None:
            _check_versions(self._ledger.head(), min_index_version, as_of)
        view = self._views.live() if as_of is None else self._views.at(as_of)
        if scope.filters:
            check_fields(scope, view.mirror.fields(scope))
        terms = list(dict.fromkeys(view.cutter.words(query)))
        vector = view.embedder.embed_queries([query])[0]
        wanted, fits = view.mirror.consult(partial(_wanted, query))
        name = product(wanted)
        apart = frozenset(view.cutter.words(name)) if name else frozenset()
        candidates = view.mirror.search(
            vector,
            terms,
            max(self._candidates, k),
            scope,
            also=self._synonyms.words_for(query),
            chinese=is_chinese(query),
            matching=fits,
            apart=apart,
        )
        began = time.perf_counter()
        weighed = weigh(wanted, candidates.attributes)
        about = topic(query, name, candidates, terms, apart, view.embedder) if name and view.embedder.late else None
        ranked = self._rank(query, candidates, view, weighed, about)
        rerank_ms = round((time.perf_counter() - began) * 1000, 3)
        request, sought = _requested(query, own), asked_for(query)
        ranking = Joined(candidates, ranked, tuple(terms), view.calibration, weighed, request, sought)
        joined = join(self._ledger, ranking, k, explain=explain)
        return Retrieved(
            hits=joined[0],
            version=candidates.version,
            terms=tuple(terms),
            idf=tuple(candidates.idf.tolist()),
            rerank_ms=rerank_ms,
            dropped=joined[1],
            explanation=_explained(query, terms, candidates, weighed) if explain else {},
            unanswered=usual(view.calibration, chinese=sought.chinese),
            correction=(view.calibration.slope, view.calibration.offset),
            unknown=unknown_names(request.question, view.mirror, self._ledger, scope, joined[0], candidates.version),
            period=request.period,
            tokens=view.embedder.query_tokens(query) if view.embedder.late else None,
        )

    def check(self, scope: Scope, empty: Collection[str]) -> None:
        """Raises InputError for a collection that nobody knows; `empty`: known ones though nothing may be in them."""
        check_collection(self._ledger.engine, scope, empty)

    def fields(self, scope: Scope) -> tuple[list[Field], list[str], int]:
        """What filters know, by name, the collections, and the index version of both."""
        mirror = self._views.live().mirror
        fields = sorted(mirror.fields(scope).values(), key=lambda one: one.name.casefold())
        return fields, collections_of(self._ledger.engine, scope), mirror.version

    def tokens_of(self, ids: Sequence[int]) -> list[bytes]:
        """Bits of the passages' token vectors, in the order of `ids`; empty where there are none."""
        return self._ledger.tokens(ids)

    def version(self, least: int | None, as_of: int | None) -> int:
        """The index version of a reply that needs no search. Raises as `retrieve`."""
        head = self._ledger.head()
        _check_versions(head, least, as_of)
        return head if as_of is None else as_of

    def with_section(self, retrieved: Retrieved, at: int) -> Retrieved:
        """The same with the hit at `at` grown to its whole section: a procedure that was cut into several passages."""
        hits = list(retrieved.hits)
        hits[at] = replace(hits[at], passage=with_section(self._ledger.engine, hits[at].passage))
        return replace(retrieved, hits=tuple(hits))

    def widened(self, retrieved: Retrieved, budget: int) -> Retrieved:
        """For an LLM: the best hits with their sections around them, at most `budget` more tokens."""
        return replace(retrieved, hits=widen(self._ledger.engine, retrieved.hits, budget)) if budget else retrieved

    def _rank(self, query: str, candidates: Candidates, view: IndexView, weighed: FilterScores, about: Topic | None) -> Ranked:
        if len(candidates.ids) == 0:
            nothing = np.empty(0, np.float32)
            return Ranked(np.empty(0, np.int64), nothing, nothing, nothing, nothing, nothing, nothing)
        fused = fuse(candidates)
        weights = self._weights.boost(candidates.attributes)
        at = shortlist(candidates, demote(fused + weighed.boost + choice(weights), weighed.behind), _OWN, _FOREIGN)
        late, raw, short, weakest = np.full((4, len(fused)), np.nan, np.float32)
        score = fused.copy()
        if self._reranking.late and view.embedder.late and len(at):
            tokens = view.embedder.query_tokens(query)
            late[at], short[at], weakest[at] = self._late(tokens, candidates, at)
            raw[at] = with_late(candidates, at, late[at])
            shown = with_late(candidates, at, late[at], singled=singled_out(candidates))
            if about is not None and candidates.topic is not None:
                (bare, *_), named = self._late(without_name(tokens, about), candidates, at), weighed.named[at]
                shared, alone = candidates.topic[at] > 0, with_late(candidates, at, bare, candidates.topic, about.idf)
                raw[at], shown = chosen(raw[at], alone, named, shared), chosen(shown, alone, named, shared)
                late[at] = chosen(late[at], bare, named, shared)
            score[at] = final(shown, candidates.foreign[at])
        if self._reranking.neural is not None:
            passages = self._ledger.passages_at(candidates.ids[at].tolist(), candidates.version)
            texts = [f"{p.context}\n{p.text}" if (p := passages.get(key)) else "" for key in candidates.ids[at].tolist()]
            score[at] = with_neural(fused[at], self._reranking.neural.scores(query, texts))
        score[at] += weighed.boost[at] + weights[at]
        return _ordered(candidates, at, Ranked(np.arange(len(fused)), score, fused, late, raw, short, weakest), weighed)

    def _late(self, tokens: Vectors, candidates: Candidates, at: NDArray[np.int64]) -> tuple[Scores, Scores, Scores]:
        """Late interaction, how short each falls, and its weakest token; the two languages each by itself: weights come from
        the candidates."""
        bits = self._ledger.tokens(candidates.ids[at].tolist())
        foreign = candidates.foreign[at]
        scores, short, weakest = np.empty((3, len(at)), np.float32)
        for side in (~foreign, foreign):
            if side.any():
                late = compare(tokens, [bits[place] for place in np.flatnonzero(side)])
                scores[side], short[side], weakest[side] = late.scores, late.short, late.weakest
        return level_groups(scores, foreign), short, weakest


def _ordered(candidates: Candidates, at: NDArray[np.int64], ranked: Ranked, weighed: FilterScores) -> Ranked:
    """The re-ranked candidates by score; behind them the others, in the order of the first stage; last what the question
    excludes."""
    score, fused = ranked.score, ranked.fused
    left = np.ones(len(ranked.order), bool)
    left[at] = False
    rest = np.flatnonzero(left)
    if len(rest):  # below the last one that was re-ranked, at their distances
        score[rest] = float(score[at].min()) - 1 + fused[rest] - float(fused[rest].max())
    score = demote(score, weighed.behind)
    order = np.lexsort((candidates.ids, -score))
    late, raw, short, weakest = (each[order] for each in (ranked.late, ranked.raw, ranked.short, ranked.weakest))
    return Ranked(order, score[order], fused[order], late, raw, short, weakest)


def _requested(query: str, own: str) -> Requested:
    """Names and time of the question's own words, where it has any."""
    text = own if own and asked_names(own) else query
    today = clock.today()
    return Requested(text, asked_period(own or query, today) or asked_period(query, today), today)


def _wanted(query: str, library: Facets) -> tuple[tuple[StatedFilter, ...], list[NDArray[np.int64]]]:
    wanted = stated_filters(query, library)
    return wanted, matching(wanted, library)


def _explained(query: str, terms: list[str], candidates: Candidates, weighed: FilterScores) -> dict[str, object]:
    return {
        "query": query,
        "words": {term: round(float(weight), 4) for term, weight in zip(terms, candidates.idf.tolist(), strict=True)},
        "also": {term: list(others) for term, others in candidates.also.items()},
        "wishes": {condition.key: sorted(condition.shown) for condition in weighed.stated_filters},
        "filters": weighed.filters,
    }


def _check_versions(head: int, least: int | None, as_of: int | None) -> None:
    if least is not None and head < least:
        raise IndexBehind(f"the index is at version {head}, not {least}", field="min_index_version")
    if as_of is not None and as_of > head:
        raise InputError(f"`as_of` {as_of} is ahead of the index ({head}).", field="as_of", fix="Use at most that.")
