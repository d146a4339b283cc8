"""Hits that step aside: of another name than the question's, or not in force at the time that it asks about.

They stand behind all others, with `Hit.aside` saying why, and only as long as a hit that fits is about as good: where nothing
does, the question means something else by the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag.domain import Hit, Passage
from rag.domain.statement import Period
from rag.text.in_force import FORMER, current
from rag.text.labels import flat, labels, period_of, stands_in
from rag.text.names import Name, asked_names, matched, sides
from rag.text.term_coverage import word_set
from rag.text.untimed import stripped_words

OTHER_NAME, NOT_IN_FORCE = "another name than the question's", "not in force at the asked time"

_BEHIND = 2.5  # scores (sums of z-scores) by which a hit that fits may be worse than the one that steps aside for it
_MORE = 15  # hits looked at beyond the wanted ones where the question has names: siblings are many


@dataclass(frozen=True)
class Requested:
    """What a question says of names and time. period: the days that it is about, None: it names no time; today: an ordinal."""

    question: str = ""
    period: Period | None = None
    today: int = 0

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return asked_names(self.question)

    @cached_property
    def plain(self) -> str:
        return flat(self.question)

    @property
    def more(self) -> int:
        return _MORE if self.names or self.period else 0


def step_aside(hits: Sequence[Hit], request: Requested) -> list[Hit]:
    """The hits in order, those that step aside last; scores go on falling."""
    why = _by_name(hits, request)
    for at, reason in _by_time(hits, request).items():
        why.setdefault(at, reason)
    if not why or len(why) == len(hits):
        return list(hits)
    ahead = [hit for at, hit in enumerate(hits) if at not in why]
    likeliest, least = max(hit.probability for hit in ahead), ahead[-1].score
    behind = [
        replace(hits[at], aside=reason, score=min(hits[at].score, least), probability=min(hits[at].probability, likeliest) / 2)
        for at, reason in sorted(why.items())
    ]
    return [*ahead, *behind]


# -- names -------------------------------------------------------------------------------------------------------------


def _by_name(hits: Sequence[Hit], request: Requested) -> dict[int, str]:
    reasons = _by_code(hits, request.names) if request.names else {}
    return reasons | _by_heading(hits, request)


def _by_code(hits: Sequence[Hit], names: Sequence[Name]) -> dict[int, str]:
    label_lists = [labels(hit.passage) for hit in hits]
    stands = [sides(names, some, hit.passage.text) for hit, some in zip(hits, label_lists, strict=True)]
    if "matches" not in stands or "sibling" not in stands:
        return {}
    series = [matched(names, some, hit.passage.text) for hit, some in zip(hits, label_lists, strict=True)]
    right = [at for at, side in enumerate(stands) if side == "matches"]
    return {
        at: OTHER_NAME
        for at, side in enumerate(stands)
        if side == "sibling"
        and any(series[at] <= series[other] and hits[other].score >= hits[at].score - _BEHIND for other in right)
    }


def _by_heading(hits: Sequence[Hit], request: Requested) -> dict[int, str]:
    """Of sections (or documents) that are called alike: where one is named in the question, the others."""
    groups: defaultdict[Hashable, list[tuple[int, str]]] = defaultdict(list)
    for at, hit in enumerate(hits):
        passage = hit.passage
        if passage.section:
            groups[passage.document_id, passage.section[:-1]].append((at, passage.section[-1]))
        groups["titles"].append((at, passage.title))
    reasons: dict[int, str] = {}
    for members in groups.values():
        named = [label for label in {label for _, label in members} if stands_in(flat(label), request.plain)]
        for at, label in members:
            if named and label not in named and any(_alike(label, one) for one in named):
                best = max(hits[other].score for other, one in members if one in named)
                if best >= hits[at].score - _BEHIND:
                    reasons[at] = OTHER_NAME
    return reasons


def _alike(one: str, other: str) -> bool:
    """Whether two headings are called alike: 基础版 and 专业版, Leeds centre and York centre, Muka One and Muka Duo."""
    a, b = one.split(), other.split()
    if len(a) > 1 and len(b) > 1:
        return a[-1].lower() == b[-1].lower() or a[0].lower() == b[0].lower()
    return not one.isascii() and not other.isascii() and len(a) == len(b) == 1 and one[-1] == other[-1]


# -- time --------------------------------------------------------------------------------------------------------------


def _by_time(hits: Sequence[Hit], request: Requested) -> dict[int, str]:
    groups: defaultdict[Hashable, list[tuple[int, Period]]] = defaultdict(list)
    for at, hit in enumerate(hits):
        if (dated := period_of(hit.passage)) is not None:
            groups[dated[1]].append((at, dated[0]))
    reasons: dict[int, str] = {}
    for versions in groups.values():
        if len(versions) < 2:
            continue
        holds = current([period for _, period in versions], request.period, request.today)
        right = [hits[at].score for (at, _), good in zip(versions, holds, strict=True) if good]
        for (at, _), good in zip(versions, holds, strict=True):
            if not good and right and max(right) >= hits[at].score - _BEHIND:
                reasons[at] = NOT_IN_FORCE
    return reasons | _over(hits, request)


def _over(hits: Sequence[Hit], request: Requested) -> dict[int, str]:
    """What is over on its own word (`Former terms`) steps aside for what is called alike, in whatever words; and the other way
    round where the question is about what held before."""
    periods = [period_of(hit.passage) for hit in hits]
    over = [one is not None and one[0].last is not None and one[0].last < request.today for one in periods]
    if request.period not in (None, FORMER) or all(over) or not any(over):
        return {}
    wanted = request.period == FORMER
    reasons: dict[int, str] = {}
    for at, hit in enumerate(hits):
        if over[at] == wanted:
            continue
        kin = [
            other.score
            for place, other in enumerate(hits)
            if over[place] == wanted and _called(other.passage) & _called(hit.passage)
        ]
        if kin and max(kin) >= hit.score - _BEHIND:
            reasons[at] = NOT_IN_FORCE
    return reasons


def _called(passage: Passage) -> frozenset[str]:
    return word_set(stripped_words("\n".join((passage.title, *passage.section))))
