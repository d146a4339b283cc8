"""What a claim excepts: `…, except A and B`, where the evidence denies it of A and B in a sentence of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.answering.gate.alike import alike
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit

_DENIES = frozenset("not without exclude except refuse".split())
_SHORT = 4  # content words of a member of a list


def excepted(clauses: Sequence[Clause]) -> tuple[list[Clause], list[Tok]] | None:
    """(what is said of the others, words of what is excepted); None where nothing is, or nothing else is said."""
    first = next((n for n, clause in enumerate(clauses) if _lead(clause) == "except"), None)
    if first is None:
        return None
    last = first
    for n in range(first + 1, len(clauses)):
        clause = clauses[n]
        if clause.hard or clause.operators or len(clause.content) > _SHORT:
            break
        if clause.join in ("and", "or"):
            last = n
            break
    members = [t for clause in clauses[first : last + 1] for t in clause.content]
    rest = [*clauses[:first], *clauses[last + 1 :]]
    if not members or not any(clause.content for clause in rest) or any(_lead(clause) == "except" for clause in rest):
        return None
    return [replace(rest[0], hard=False), *rest[1:]], members


def _lead(clause: Clause) -> str:
    first = next((t for t in clause.tokens if t.kind not in ("join", "function")), None)
    return first.key if first is not None and first.kind == "operator" else ""


def denied(members: Sequence[Tok], rest: Sequence[Clause], units: Iterable[Unit]) -> Unit | None:
    """The sentence that denies of them what is said of the others."""
    said = [t for clause in rest for t in clause.content]
    for unit in units:
        if unit.label is not None:
            continue
        there = [
            n for n, clause in enumerate(unit.reading.clauses) if any(alike(t, o) for t in members for o in clause.content)
        ]
        if not there or any(unit.reading.clauses[n].hard for n in range(there[0] + 1, there[-1] + 1)):
            continue
        held = unit.reading.clauses[there[0] : there[-1] + 2]
        held = held if len(held) < 2 or not held[-1].hard else held[:-1]
        words = [o for clause in held for o in clause.content]
        if not all(any(alike(t, o) for o in words) for t in members):
            continue
        denials = sum(t.kind == "operator" and t.key in _DENIES for clause in held for t in clause.tokens)
        others = [o for o in words if not any(alike(t, o) for t in members)]
        if denials % 2 == 1 and any(alike(t, o) for t in said for o in others):
            return unit
    return None
