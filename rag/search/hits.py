"""From ranked candidates to hits: joined to the record, each said once, with the probability that it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rag.domain import Hit, Passage
from rag.library.coverage import coverage
from rag.library.ledger import Ledger
from rag.library.mirror import Found
from rag.library.tokens import Cutter
from rag.search.calibrate import Features, probability
from rag.search.fuse import Ranked, levelled
from rag.search.tiebreak import SPARE, prefer_settled
from rag.search.twins import Twins

_AHEAD = 3 + SPARE  # candidates read beyond the wanted hits: some of them are folded

Dropped = tuple[tuple[Hit, str], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A question's candidates in their order."""

    query: str
    found: Found
    ranked: Ranked
    terms: tuple[str, ...]
    cutter: Cutter


def join(ledger: Ledger, told: Joined, k: int, *, explain: bool) -> tuple[tuple[Hit, ...], Dropped]:
    """The first k distinct hits; with `explain` also the others and why they have no place.

    Another phrasing of the same entry is folded, and so is a passage that says what a better one says, as long as there are
    others to take its place.
    """
    hits: list[Hit] = []
    folded: list[tuple[Hit, str]] = []
    beyond: list[tuple[Hit, str]] = []
    seen: set[tuple[str, int, int]] = set()
    twins = Twins()
    for place, passage in _passages(ledger, told, k, everything=explain):
        if len(hits) == k + SPARE:
            if not explain:
                break
            beyond.append((_hit(passage, told, place), f"not among the first {k}"))
            continue
        span = (passage.document_id, passage.start, passage.end)
        if span in seen:
            folded += [(_hit(passage, told, place), "another phrasing of an entry above")] if explain else []
            continue
        seen.add(span)
        twin = twins.of(passage)
        if twin is not None:
            folded.append((_hit(passage, told, place), f"says the same as passage {twin.id} of {twin.document_id}"))
        else:
            hits.append(_hit(passage, told, place))
    hits = prefer_settled(hits)
    beyond = [(hit, f"not among the first {k}") for hit in hits[k:]] + beyond
    hits = hits[:k]
    if len(hits) < k:  # nothing else is left: what was folded as a twin is better than nothing
        twice = [pair for pair in folded if pair[1].startswith("says")][: k - len(hits)]
        folded = [pair for pair in folded if pair not in twice]
        hits += [_after(hit, hits[-1].score) for hit, _ in twice] if hits else []
    return tuple(hits), (*folded, *beyond) if explain else ()


def _passages(ledger: Ledger, told: Joined, k: int, *, everything: bool) -> Iterator[tuple[int, Passage]]:
    """(place, passage) in order, read in steps; those erased meanwhile are left out."""
    ids = told.found.ids[told.ranked.order].tolist()
    step = len(ids) if everything else k + _AHEAD
    for start in range(0, len(ids), max(step, 1)):
        part = ids[start : start + step]
        passages = ledger.passages_at(part, told.found.version)
        for at, key in enumerate(part, start):
            if key in passages:
                yield at, passages[key]


def _after(hit: Hit, score: float) -> Hit:
    """The same hit, placed behind a score: hits come best first."""
    return Hit(hit.passage, min(hit.score, score), hit.probability, hit.stages)


def _hit(passage: Passage, told: Joined, place: int) -> Hit:
    found, ranked = told.found, told.ranked
    at = int(ranked.order[place])
    features = features_of(told, place, passage)
    late = float(ranked.late[place])
    stages = {
        "dense": float(found.cosine[at]),
        "bm25": float(found.bm25[at]),
        "fused": float(ranked.fused[place]),
        "late": 0.0 if np.isnan(late) else late,
        "coverage": features.coverage,
    }
    stages = {name: round(value, 6) for name, value in stages.items()}
    return Hit(passage, float(ranked.score[place]), probability(features), stages)


def features_of(told: Joined, place: int, passage: Passage) -> Features:
    """What the probability of the hit at `place` is computed from."""
    found, ranked = told.found, told.ranked
    cosine, late = float(levelled(found)[ranked.order[place]]), float(ranked.late[place])
    idf = found.idf
    return Features(
        cosine=cosine,
        margin=cosine - float(levelled(found).mean()),
        late=None if np.isnan(late) else late - float(np.nanmedian(ranked.late)),
        coverage=coverage(told.terms, idf, f"{passage.context}\n{passage.text}", found.also),
        context=coverage(told.terms, idf, passage.context, found.also),
        words=len(told.terms),
    )
