"""What an LLM is shown of a hit: the passage with its section around it, as far as a budget goes.

A passage is found because it is small; it is understood beside its neighbours. Offsets still point into the version's text,
so whatever is cited from a widened hit is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine

from rag.domain import Hit
from rag.record.sections import Section, section_of

_BEST = 2  # hits that are widened: further ones are rarely what the answer stands in
_WHOLE = ("faq", "case")  # entries are complete by themselves


def widen(engine: Engine, hits: Sequence[Hit], budget: int) -> tuple[Hit, ...]:
    """The hits, the first two with passages of their section before and after them, together at most `budget` more tokens.

    Passages that are hits themselves are not taken in, nor what lies beyond them.
    """
    out = list(hits)
    for at, hit in enumerate(hits[:_BEST]):
        if hit.passage.kind in _WHOLE or budget <= 0:
            continue
        taken = [(o.passage.start, o.passage.end) for o in out if o is not hit and _together(o, hit)]
        section = section_of(engine, hit.passage)
        start, end, used = _span(section, hit, taken, budget)
        if used:
            text = section.text[start:end]
            out[at] = replace(hit, passage=replace(hit.passage, text=text, start=start, end=end))
            budget -= used
    return tuple(out)


def _together(one: Hit, other: Hit) -> bool:
    return (one.passage.document_id, one.passage.version) == (other.passage.document_id, other.passage.version)


def _span(section: Section, hit: Hit, taken: Sequence[tuple[int, int]], budget: int) -> tuple[int, int, int]:
    """(start, end, tokens added): what follows comes first, because a passage more often needs its end than its beginning."""
    start, end, used = hit.passage.start, hit.passage.end, 0
    after = [span for span in section.spans if span[0] >= end]
    before = [span for span in reversed(section.spans) if span[1] <= start]
    while after or before:
        side = after if after else before
        reach = side.pop(0)
        low, high = min(start, reach[0]), max(end, reach[1])
        cost = _tokens(section.text[low:start] + section.text[end:high])
        if used + cost > budget or any(low < stop and begin < high for begin, stop in taken):
            side.clear()
            continue
        start, end, used = low, high, used + cost
    return start, end, used


def _tokens(text: str) -> int:
    """Roughly: a Chinese character is one, a Latin word about a quarter of its letters."""
    latin = sum(char.isascii() for char in text)
    return latin // 4 + len(text) - latin
