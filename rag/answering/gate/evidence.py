"""A passage as evidence: which of its units say a claim, in whole or part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.facts import tokens
from rag.answering.gate.compare import Found, Known, compare, weigh
from rag.answering.gate.reading import Clause, Reading
from rag.answering.gate.rows import compare_row
from rag.answering.gate.units import Unit, units
from rag.answering.support import Source
from rag.domain import Passage
from rag.grounding import Fault

_QUOTED = 0.8  # share of a sentence's words in the passage's order, from which on it counts as a quote that was altered
_CLOSELY = 5  # units of a passage that are compared closely
_MOST_CLAUSES = 14
_SUBORDINATE = frozenset("if unless except until before after while since only".split())


@dataclass(frozen=True, slots=True)
class Said:
    """The units that say a claim; else the fault of the nearest one."""

    units: tuple[Unit, ...]
    fault: Fault | None
    close: float
    nearest: Unit | None = None


class Evidence:
    """One passage, read once."""

    def __init__(self, passage: Passage):
        self.passage = passage
        self._words: Source | None = None
        self.units = units(passage)
        self.context = self.units[0].context if self.units else Reading(())

    def says(self, claim: Reading, known: Known) -> Said:
        """Whether the passage says it."""
        clauses = claim.clauses
        if len(clauses) > _MOST_CLAUSES:
            return Said((), "no_support", 0)
        first, best = self._one(clauses, known)
        if first.fault is None and best is not None:
            return Said((best,), None, first.close)
        nearest, close, fault = best, first.close, first.fault
        found: list[Unit] = []
        at = 0
        while at < len(clauses):
            for end in range(len(clauses), at, -1):
                if (at, end) == (0, len(clauses)) or not _stands(clauses, at, end):
                    continue
                told, unit = self._one(clauses[at:end], known)
                if told.fault is None and unit is not None:
                    found.append(unit)
                    words = {t.key for c in clauses[at:end] for t in c.content}
                    known = replace(known, words=known.words | words)
                    at = end
                    break
            else:
                return Said((), fault, close, nearest)
        return Said(tuple(dict.fromkeys(found)), None, 1.0)

    def altered(self, text: str, known: Known) -> Fault | None:
        """What is wrong with a sentence in nearly the passage's own words: one that changed its place, or stands for another."""
        if self._words is None:
            self._words = Source(self.passage.text, f"{self.passage.title}\n{self.passage.context}")
        found = self._words.find(tokens(text), known.words)
        fault = found.fault if found is not None and found.close >= _QUOTED else None
        return None if fault == "negation" else fault

    def _one(self, part: Sequence[Clause], known: Known) -> tuple[Found, Unit | None]:
        keys = {t.key for clause in part for t in clause.content}
        ranked = sorted(self.units, key=lambda unit: -self._shared(part, keys, unit))[:_CLOSELY]
        best, where = Found("no_support", 0.0), None
        for unit in ranked:
            found = compare_row(part, unit, known) if unit.label is not None else compare(part, unit, known)
            if found.fault is None:
                return found, unit
            if found.close > best.close:
                best, where = found, unit
        return best, where

    def _shared(self, part: Sequence[Clause], keys: set[str], unit: Unit) -> float:
        return weigh(t for clause in part for t in clause.content if t.key in unit.keys)


def _stands(clauses: Sequence[Clause], start: int, end: int) -> bool:
    """Whether these clauses can be held by themselves: no bare condition, no reason without what it explains."""
    if start and clauses[start].join in ("because", "or"):
        return False
    part = clauses[start:end]
    if end < len(clauses) and clauses[end].join == "or":
        return False
    first = next((t for t in part[0].tokens if t.kind != "join"), None)
    if len(part) == 1 and first is not None and first.kind == "operator" and first.key in _SUBORDINATE:
        return False
    return any(clause.content for clause in part)
