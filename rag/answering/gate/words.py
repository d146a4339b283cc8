"""The evidence's own words, where they take a sentence's place."""

from __future__ import annotations

from rag.answering.gate.alike import alike, weigh
from rag.answering.gate.evidence import Evidence
from rag.answering.gate.shown import safe
from rag.answering.gate.tok import Reading
from rag.answering.gate.units import Unit
from rag.answering.inject import instructing

_LEAST = 0.34  # share of a claim that the words in its place must speak of
_NAMED = 3.0  # a row that the claim names goes before one that only has its value
_LEAST_WEIGHT = 1.5


def nearest(
    claim: Reading, evidence: Evidence, taken: frozenset[tuple[int, int]], known: frozenset[str]
) -> tuple[Unit, float] | None:
    """The unit that speaks most of what the claim speaks of, and how much; None where none does, or it was shown before."""
    content = [t for t in claim.tokens if t.content]
    total = weigh(content)
    best: tuple[float, float, Unit] | None = None
    for unit in evidence.units:
        there = [t for t in unit.reading.tokens if t.content]
        given = weigh(t for t in content if any(alike(t, o) for o in there))
        above = weigh(t for t in content if t.key in unit.context.keys and t.key not in unit.keys)
        if given < 1 or given + 0.5 * above < max(_LEAST_WEIGHT, _LEAST * total):
            continue
        if (
            unit.label is not None
            and unit.label.keys
            and not any(t.key in known or any(alike(o, t) for o in content) for t in unit.label.tokens if t.content)
        ):
            continue
        if unit.label is not None and all(any(alike(o, t) for o in content) for t in unit.label.tokens if t.content):
            given += _NAMED
        ranked = (given + 0.3 * above - 0.02 * len(there), -unit.start, unit)
        if best is None or ranked[:2] > best[:2]:
            best = ranked
    if best is None or (best[2].start, best[2].end) in taken:
        return None
    unit = best[2]
    return None if instructing(evidence.passage.text, unit.start, unit.end) else (unit, best[0])


def words_of(unit: Unit, evidence: Evidence) -> str:
    """As they stand in the passage; a row below its header."""
    text = " ".join(evidence.passage.text[unit.start : unit.end].split())
    if unit.label is None:
        return safe(text)
    header = next((line for line in reversed(evidence.passage.context.splitlines()) if "|" in line), "")
    return f"{safe(header)}\n{safe(text)}" if header else safe(text)
