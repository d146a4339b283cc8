"""What a question asks for by name: the product, version or date that a passage's fields carry.

A passage with a named value is boosted a little, one with another value demoted. A product, version or date that is
stated plainly (no everyday word, no date of a document's last edit) is a filter besides: passages that fit are searched for
among themselves, so that no number of others can crowd them out, and a passage that says otherwise steps behind all that fit
or say nothing. Where nothing fits, nothing is demoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.index.facets import DATE, PRODUCTS, UPDATED, VERSION, Facets, Value, named
from rag.record.changes import Attributes
from rag.search.compared import denied
from rag.search.conditions import Place, Span, conditions
from rag.search.dated import dates_in
from rag.search.versioned import versions_in
from rag.text.field_values import fits_name
from rag.text.intervals import Days, Versions
from rag.text.tokens import one_line

_FORWARD, _BACK = 0.3, 0.3  # of the final score, whose candidates spread over about 1
_GRAVITY = {VERSION: 2, DATE: 1}  # of going against it; a product weighs 4


@dataclass(frozen=True, slots=True)
class StatedFilter:
    """One field that a question names values of. `shown`: in the question's words; `stated`: plainly enough to filter by;
    `denied`: names that are not meant, where none is."""

    key: str
    names: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()
    shown: tuple[str, ...] = ()
    stated: bool = True
    denied: frozenset[str] = frozenset()

    def takes(self, value: Value) -> bool:
        return self.fits(value) is True

    def fits(self, value: Value) -> bool | None:
        """Whether a value is what is asked for; None: it says nothing about that."""
        if isinstance(value, Versions):
            spans = [span for span in self.spans if isinstance(span, Versions)]
            return any(map(value.meets, spans)) if spans else None
        if isinstance(value, Days):
            return any(value.meets(span) for span in self.spans if isinstance(span, Days))
        if self.denied:
            return not isinstance(value, str) or value not in self.denied
        return fits_name(value, self.names) if self.names else None


def stated_filters(question: str, library: Facets) -> tuple[StatedFilter, ...]:
    """What the question asks for among the values that the library has; products first, then versions, dates, the rest."""
    text = one_line(question)
    keys = [key for key in library.keys_held() if key not in (VERSION, DATE, UPDATED)]
    filters = [condition for key in keys if (condition := _names(text, key, library)) is not None]
    dates = dates_in(text)
    if (condition := _versions(text, library, dates)) is not None:
        filters.append(condition)
    for key in (DATE, UPDATED):
        if dates and any(library.values(key)) and (spans := conditions(text, dates)):
            filters.append(_spanned(key, spans, stated=key == DATE))
    return tuple(sorted(filters, key=lambda condition: (not condition.stated, condition.key == DATE, condition.key == VERSION)))


def product(filters: Sequence[StatedFilter]) -> str:
    """The one product that the question states, in its words; '' where it states none, or several."""
    names = [name for condition in filters if condition.stated and condition.key in PRODUCTS for name in condition.names]
    return names[0] if len(set(names)) == 1 else ""


def matching(filters: Sequence[StatedFilter], library: Facets) -> list[NDArray[np.int64]]:
    """Ids of the passages that fit each stated filter, where there are any; the most telling filter first."""
    id_lists = [library.ids(condition.key, condition.takes) for condition in filters if condition.stated]
    return [ids for ids in id_lists if len(ids)]


def _names(text: str, key: str, library: Facets) -> StatedFilter | None:
    places = library.cutter(key).places(text)
    if not places:
        return None
    mentions = [(text[a:b], no) for (a, b), no in zip(places, denied(text, places), strict=True)]
    meant = dict.fromkeys(name for name, no in mentions if not no)
    if not meant:
        others = dict.fromkeys(name for name, _ in mentions)
        return StatedFilter(key, shown=tuple(f"not {name}" for name in others), stated=False, denied=frozenset(others))
    plain = key in PRODUCTS or key == VERSION
    stated = plain and not all(library.is_everyday(key, name) for name in meant)
    return StatedFilter(key, frozenset(meant), shown=tuple(meant), stated=stated)


def _versions(text: str, library: Facets, dates: Sequence[Place]) -> StatedFilter | None:
    spelled = _names(text, VERSION, library)  # versions that are no numbers: `V200R003C10`
    spans: list[tuple[Span, str]] = []
    if any(char.isdigit() for char in text):
        held = [value for value in library.values(VERSION) if isinstance(value, Versions)]
        versions = versions_in(text, held, lambda name: any(library.has(key, name) for key in PRODUCTS))
        spans = conditions(text, [place for place in versions if not any(_cross(place, date) for date in dates)])
    if not spans:
        return spelled
    return _spanned(VERSION, spans, names=spelled.names if spelled else frozenset())


def _spanned(
    key: str, spans: list[tuple[Span, str]], names: frozenset[str] = frozenset(), *, stated: bool = True
) -> StatedFilter:
    return StatedFilter(key, names, tuple(span for span, _ in spans), (*sorted(names), *(label for _, label in spans)), stated)


def _cross(place: Place, other: Place) -> bool:
    return place[0] < other[1] and other[0] < place[1]


@dataclass(frozen=True, slots=True)
class FilterScores:
    """What the stated filters mean for m candidates.

    `boost` (m,): added to each score. `behind` (m,): how far the candidate goes against filters that others fit, a product
    weighing more than version and date together; `why`: which ones. `met` (m,): the question's words for what a candidate's
    fields fit. `stated_filters`: those that some candidate fits. `named` (m,): whether its fields fit a product that is stated.
    """

    stated_filters: tuple[StatedFilter, ...]
    boost: NDArray[np.float32]
    behind: NDArray[np.int64]
    why: tuple[tuple[str, ...], ...]
    met: tuple[str, ...]
    named: NDArray[np.bool_]

    @property
    def filters(self) -> dict[str, dict[str, int]]:
        """Of each stated filter: how many candidates are demoted, and how many do not."""
        total = len(self.why)
        counts: dict[str, dict[str, int]] = {}
        for condition in self.stated_filters:
            if condition.stated:
                against = sum(condition.key in keys for keys in self.why)
                counts[condition.key] = {"behind": against, "ahead": total - against}
        return counts


def weigh(filters: Sequence[StatedFilter], candidates: Sequence[Attributes]) -> FilterScores:
    """Only filters that a candidate fits count: where nothing does, the question means something else by the word."""
    m = len(candidates)
    boost, behind = np.zeros(m, np.float32), np.zeros(m, np.int64)
    why: list[tuple[str, ...]] = [()] * m
    met = [""] * m
    of_product = np.zeros(m, bool)
    if not filters or not m:
        return FilterScores((), boost, behind, tuple(why), tuple(met), of_product)
    verdicts = [[_verdict(condition, has) for has in map(_by_key, candidates)] for condition in filters]
    judged = [(condition, verdict) for condition, verdict in zip(filters, verdicts, strict=True) if True in verdict]
    for condition, verdict in judged:
        for at, fits in enumerate(verdict):
            if fits is not None:
                boost[at] += _FORWARD if fits else -_BACK
            if fits:
                met[at] = " ".join([met[at], *condition.shown])
                of_product[at] |= condition.stated and condition.key in PRODUCTS
            if fits is False and condition.stated:
                behind[at] += _GRAVITY.get(condition.key, 4)
                why[at] = (*why[at], condition.key)
    return FilterScores(tuple(condition for condition, _ in judged), boost, behind, tuple(why), tuple(met), of_product)


def demote(score: NDArray[np.float32], behind: NDArray[np.int64]) -> NDArray[np.float32]:
    """Scores (m,) in which a candidate that goes further against the filters is below all that do less."""
    out = score.copy()
    for level in sorted(set(behind.tolist()))[1:]:  # `np.unique` imports numpy.ma: 15 ms
        here, ahead = behind == level, behind < level
        out[here] += np.float32(out[ahead].min() - 1 - out[here].max())
    return out


def _by_key(attributes: Attributes) -> dict[str, list[Value]]:
    has: dict[str, list[Value]] = {}
    for key, value in named(attributes):
        has.setdefault(key, []).append(value)
    return has


def _verdict(condition: StatedFilter, has: dict[str, list[Value]]) -> bool | None:
    """Whether a passage fits; None: it says nothing about this."""
    verdicts = [condition.fits(value) for value in has.get(condition.key, ())]
    if True in verdicts:
        return True
    return False if False in verdicts and None not in verdicts else None
