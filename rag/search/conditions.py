"""From the dates or versions in a question to the spans that it asks for: ranges, bounds, values, without denied ones."""

from __future__ import annotations

from collections.abc import Sequence

from rag.search.compared import Comparison, comparison, denied, is_range
from rag.text.intervals import ANY_VERSION, FIRST_DAY, LAST_DAY, NO_VERSION, Days, Versions

Span = Days | Versions
Place = tuple[int, int, Span]


def conditions(text: str, places: Sequence[Place]) -> list[tuple[Span, str]]:
    """The spans that are meant, each with the question's words for it: ranges joined, comparisons applied, denied ones left
    out; a lower and an upper bound are one span. places: (start, end, value) in order."""
    kept = [place for place, no in zip(places, denied(text, [place[:2] for place in places]), strict=True) if not no]
    out: list[tuple[Span, str, Comparison]] = []
    at = 0
    while at < len(kept):
        start, end, span = kept[at]
        if at + 1 < len(kept) and is_range(text, (start, end), kept[at + 1][:2]):
            at += 1
            end = kept[at][1]
            out.append((_joined(span, kept[at][2]), text[start:end].strip(), ""))
        else:
            how, begin, stop = comparison(text, start, end)
            out.append((_compared(how, span), text[begin:stop].strip(), how))
        at += 1
    lower, upper = ([one for one in out if one[2][:1] == mark] for mark in "><")
    if len(lower) == len(upper) == 1 and len(out) == 2:
        return [(_both(lower[0][0], upper[0][0]), f"{lower[0][1]} {upper[0][1]}")]
    return [(span, text) for span, text, _ in out]


def _compared(how: Comparison, span: Span) -> Span:
    if isinstance(span, Days):
        first = {">=": span.first, ">": span.last + 1}.get(how, FIRST_DAY if how else span.first)
        last = {"<=": span.last, "<": span.first - 1}.get(how, LAST_DAY if how else span.last)
        return Days(first, last)
    if not how:
        return span
    low = {">=": span.low, ">": (*span.low, 0)}.get(how, NO_VERSION)
    high = {"<=": span.high, "<": span.low}.get(how, ANY_VERSION)
    return Versions(low, high)


def _joined(first: Span, last: Span) -> Span:
    if isinstance(first, Days) and isinstance(last, Days):
        return Days(first.first, last.last)
    assert isinstance(first, Versions) and isinstance(last, Versions)
    return Versions(first.low, last.high)


def _both(lower: Span, upper: Span) -> Span:
    if isinstance(lower, Days) and isinstance(upper, Days):
        return Days(lower.first, upper.last)
    assert isinstance(lower, Versions) and isinstance(upper, Versions)
    return Versions(lower.low, upper.high)
