"""From ranked candidates to hits: joined to the record, each said once, with the probability that it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rag.domain import Hit, Passage
from rag.index.candidates import Candidates
from rag.index.languages import plainly_chinese
from rag.record.calibration import Calibration
from rag.record.ledger import Ledger
from rag.search.aside import Requested, step_aside
from rag.search.calibrate import Features, probability
from rag.search.fuse import Ranked, Scores, levelled, middle
from rag.search.near_duplicates import NearDuplicates
from rag.search.stated_filters import FilterScores
from rag.search.tiebreak import SPARE, prefer_settled
from rag.text.answer_type import AnswerType
from rag.text.term_coverage import coverage

_AHEAD = 3  # candidates read beyond the wanted hits: some of them are folded
_EXCLUDED = 0.5  # of its probability, which is besides no higher than the best one that the question does not exclude

_ENTRIES = ("faq", "case")
_SMALL, _LARGE = 30, 60  # candidates up to which a library is small, and from which on it is not

_MANY = 12  # candidates from which on their mean and median say what is usual
_USUAL_COSINE, _USUAL_LATE, _USUAL_RIVAL = 0.84, 0.335, 15.5  # of candidates of nine sets, see docs/decisions/0062

Dropped = tuple[tuple[Hit, str], ...]


@dataclass(frozen=True)
class Joined:
    """A question's candidates in their order."""

    candidates: Candidates
    ranked: Ranked
    terms: tuple[str, ...]
    calibration: Calibration
    weighed: FilterScores
    request: Requested
    sought: AnswerType

    def against(self, place: int) -> str:
        """Which stated fields the candidate at `place` of the order contradicts, as text; '' for none."""
        return ", ".join(self.weighed.why[int(self.ranked.order[place])])

    @cached_property
    def cosines(self) -> Scores:
        """As `levelled`."""
        return levelled(self.candidates)

    @cached_property
    def mean_cosine(self) -> float:
        return float(_filled(self.cosines, _USUAL_COSINE).mean())

    @cached_property
    def median_late(self) -> float:
        """Of those that were compared token by token; of those that the question does not exclude, where that is less: many
        others that are worded alike say nothing against the one that fits."""
        late = self.ranked.late
        compared = ~np.isnan(late)
        allowed = compared & (self.weighed.behind[self.ranked.order] == 0)
        return min(
            (middle(_filled(late[some], _USUAL_LATE)) for some in (compared, allowed) if some.any()), default=float("nan")
        )

    @cached_property
    def small(self) -> float:
        """0..1: how much the library is one of a few pages, in which all passages are candidates."""
        return min(max((_LARGE - len(self.candidates.ids)) / (_LARGE - _SMALL), 0.0), 1.0)

    def abroad(self, place: int, passage: Passage) -> bool:
        """Whether the passage is in the other language, and no other passage was there to level its scores with."""
        if self.candidates.foreign[self.ranked.order[place]]:
            return False
        return plainly_chinese(passage.text) is (not self.sought.chinese)

    def rival(self, score: float) -> float:
        """Raw score of the best other document (NaN: none): where there are few candidates at least what is usual."""
        if len(self.candidates.ids) >= _MANY:
            return score
        return _USUAL_RIVAL if np.isnan(score) else max(score, _USUAL_RIVAL)


def _filled(scores: Scores, usual: float) -> Scores:
    """Of a few candidates: with as many usual ones as make them many, for the best of two is not ahead of anything."""
    lacking = max(_MANY - len(scores), 0)
    return np.concatenate([scores, np.full(lacking, usual, np.float32)]) if lacking else scores


def join(ledger: Ledger, ranking: Joined, k: int, *, explain: bool) -> tuple[tuple[Hit, ...], Dropped]:
    """The first k distinct hits; with `explain` also the others and why they have no place.

    Another phrasing of the same entry is folded, and so is a passage that says what a better one says, as long as there are
    others to take its place.
    """
    hits: list[Hit] = []
    twice: list[tuple[Hit, str]] = []
    dropped: list[tuple[Hit, str]] = []
    seen: set[tuple[str, int, int]] = set()
    excluded: dict[int, str] = {}
    likeliest = 0.0  # of the hits that the question does not exclude
    near_duplicates = NearDuplicates()
    most = k + max(SPARE, ranking.request.more)
    for place, passage, rival in _passages(ledger, ranking, k + ranking.request.more, everything=explain):
        if not explain and len(hits) >= max(_enough(hits, k), k + ranking.request.more):
            break
        span, hit = (passage.document_id, passage.start, passage.end), _hit(passage, ranking, place, rival)
        if against := ranking.against(place):
            hit = replace(hit, probability=_EXCLUDED * min(hit.probability, likeliest))
            excluded[passage.id] = against
        else:
            likeliest = max(likeliest, hit.probability)
        if len(hits) == most:
            dropped.append((hit, _no_place(hit, k, excluded)))
        elif span in seen:
            dropped.append((hit, "another phrasing of an entry above"))
        elif (twin := near_duplicates.of(passage, hit.stages["dense"])) is not None:
            twice.append((hit, f"says the same as passage {twin.id} of {twin.document_id}"))
        else:
            hits.append(hit)
        seen.add(span)
    hits = step_aside(prefer_settled(hits), ranking.request)
    dropped += [(hit, _no_place(hit, k, excluded)) for hit in hits[k:]]
    hits = hits[:k]
    free = k - len(hits)  # nothing else is left: a twin is better than nothing
    hits += [_after(hit, hits[-1].score) for hit, _ in twice[:free]]
    return tuple(hits), (*twice[free:], *dropped) if explain else ()


def _enough(hits: Sequence[Hit], k: int) -> int:
    """How many distinct hits are looked at for k of them: only where cases are among them may others come before."""
    return k + SPARE if any(hit.passage.kind == "case" for hit in hits[:k]) else k


def _no_place(hit: Hit, k: int, excluded: Mapping[int, str]) -> str:
    if hit.aside:
        return hit.aside
    against = excluded.get(hit.passage.id)
    return f"another {against} than the question states" if against else f"not among the first {k}"


def _passages(ledger: Ledger, ranking: Joined, k: int, *, everything: bool) -> Iterator[tuple[int, Passage, float]]:
    """(place, passage, the best other document's raw score) in order, read in steps; without those erased meanwhile."""
    ids = ranking.candidates.ids[ranking.ranked.order].tolist()
    step = len(ids) if everything else k + _AHEAD
    read: dict[int, Passage] = {}
    reach = 0
    best: dict[str, float] = {}  # by document
    for place, key in enumerate(ids):
        while place == reach or (reach < len(ids) and len(best) < 2):  # whoever is ahead of all others needs one to be ahead of
            part = ids[reach : reach + step]
            read |= ledger.passages_at(part, ranking.candidates.version)
            for at, other in enumerate(part, reach):
                if other in read and not ranking.against(at):
                    best.setdefault(read[other].document_id, float(ranking.ranked.raw[at]))
            reach += len(part)
        if key in read:
            others = [raw for document, raw in best.items() if document != read[key].document_id]
            yield place, read[key], max(others, default=float("nan"))


def _after(hit: Hit, score: float) -> Hit:
    """The same hit, placed behind a score: hits come best first."""
    return replace(hit, score=min(hit.score, score))


def _hit(passage: Passage, ranking: Joined, place: int, rival: float) -> Hit:
    candidates, ranked = ranking.candidates, ranking.ranked
    at = int(ranked.order[place])
    features = _features(ranking, place, passage, rival)
    late = float(ranked.late[place])
    stages = {
        "dense": float(candidates.cosine[at]),
        "bm25": float(candidates.bm25[at]),
        "fused": float(ranked.fused[place]),
        "late": 0.0 if np.isnan(late) else late,
        "coverage": features.coverage,
    }
    stages = {name: round(value, 6) for name, value in stages.items()}
    return Hit(passage, float(ranked.score[place]), probability(features, ranking.calibration), stages)


def _features(ranking: Joined, place: int, passage: Passage, rival: float) -> Features:
    """What the probability of the hit at `place` is computed from."""
    candidates, ranked = ranking.candidates, ranking.ranked
    cosine, late = float(ranking.cosines[ranked.order[place]]), float(ranked.late[place])
    compared, ahead = not np.isnan(late), float(ranked.raw[place]) - ranking.rival(rival)
    text = f"{passage.context}\n{passage.text}{ranking.weighed.met[ranked.order[place]]}"  # fields may say what no text does
    return Features(
        cosine=cosine,
        margin=cosine - ranking.mean_cosine,
        late=late if compared else None,
        ahead=late - ranking.median_late if compared else 0.0,
        gap=0.0 if np.isnan(ahead) else ahead,
        coverage=coverage(ranking.terms, candidates.idf, text, candidates.also),
        context=0.0 if compared else coverage(ranking.terms, candidates.idf, passage.context, candidates.also),
        words=len(ranking.terms),
        short=float(ranked.short[place]) if compared else 0.0,
        weakest=float(ranked.weakest[place]) if compared else 0.0,
        unnamed=ranking.sought.unnamed(text),
        personal=ranking.sought.personal,
        chinese=ranking.sought.chinese,
        small=ranking.small,
        abroad=ranking.abroad(place, passage),
        tabular=passage.kind == "table" or any(one.kind == "row" for one in passage.statements),
        entry=passage.kind in _ENTRIES,
    )
