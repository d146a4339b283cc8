"""Whether a sentence of a passage says what a claim says: covered both ways, with the same operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.answering.gate.alike import Comparison, Known, Laid, alike, measured, weigh
from rag.answering.gate.left import cut_off, left_out
from rag.answering.gate.little import light
from rag.answering.gate.operators import bounds, differ, governed_alike, joined_alike
from rag.answering.gate.order import moved
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit
from rag.domain.grounding import Fault


def compare(part: Sequence[Clause], unit: Unit, known: Known) -> Comparison:
    """`part`: clauses of the claim that are held to come from this one unit."""
    claim = [token for clause in part for token in clause.tokens if token.content]
    if not claim:
        return Comparison("no_support", 0)
    there = expanded(unit.reading.clauses)
    laid, missing = _lay(claim, there, unit)
    total = weigh(claim)
    given = weigh(t for t, place in zip(claim, laid.place, strict=True) if place is not None)
    close = given / total if total else 0.0
    if missing:
        return Comparison(kind_of(missing), close)
    if not laid.used or close < 0.4:
        return Comparison("no_support", close)
    main = max(laid.used, key=lambda at: weigh(t for t, p in zip(claim, laid.place, strict=True) if p and p[0] == at))
    fault = cut_off(part, claim, there, laid, main, unit, known) or left_out(there, laid.used, part)
    fault = fault or differ(part, _with_bare(there, laid.used), unit)
    fault = fault or bounds(part, there, laid.place) or governed_alike(part, [there[at] for at in sorted(laid.used)])
    fault = fault or joined_alike(part, there, laid.used) or moved(part, claim, there, laid)
    return Comparison(fault, close, prose=not any(t for t, place in zip(claim, laid.place, strict=True) if place is None))


def _with_bare(there: Sequence[Clause], used: set[int]) -> list[Clause]:
    """The used clauses, and those between and behind them that are operators alone: `whichever comes first`."""
    last = next((at for at in range(max(used) + 1, len(there)) if there[at].hard), len(there))
    return [
        clause
        for at, clause in enumerate(there)
        if at in used or (at < last and not clause.content and {at - 1, at + 1} & used)
    ]


def expanded(clauses: Sequence[Clause]) -> list[Clause]:
    """`14 days for teams and 30 days for schools`: the second part gets what stands before the first one's number."""
    out: list[Clause] = []
    for clause in clauses:
        solid = [t for t in clause.tokens if t.content or t.kind == "operator"]
        if out and not clause.hard and clause.join in ("and", "or", "but") and solid:
            before = out[-1]
            numbers = [at for at, t in enumerate(before.tokens) if t.kind == "number"]
            first = next((t for t in solid if t.kind != "operator"), None)
            if first is not None and first.kind == "number" and numbers and numbers[0] > 0:
                lead = tuple(t for t in before.tokens[: numbers[0]] if t.kind != "join")
                clause = Clause((*lead, *clause.tokens), clause.join, clause.hard, clause.mark)
            elif first is not None and solid[0].key == "not" and len(solid) < 4 and clause.join in ("and", "but"):
                clause = Clause((*_lead(before, first), *clause.tokens), clause.join, clause.hard, clause.mark)
        out.append(clause)
    return out


def _lead(before: Clause, first: Tok) -> tuple[Tok, ...]:
    """What `and not online` goes on with: `tickets are sold`, of `tickets are sold at the office`; no verb beside its own."""
    tokens = [t for t in before.tokens if t.kind != "join"]
    end = next((n for n, t in enumerate(tokens) if n and t.kind == "function" and t.text.lower() in _PREPOSITIONS), len(tokens))
    lead = [t for t in tokens[:end] if t.kind != "operator"]
    if first.text.endswith("ed"):
        while lead and lead[-1].text.endswith("ed"):
            lead.pop()
    return tuple(lead) if any(t.content for t in lead) and not any(t.key == "not" for t in tokens) else ()


_PREPOSITIONS = frozenset("in on at by for with from to via over through until after before".split())


def _lay(claim: Sequence[Tok], there: Sequence[Clause], unit: Unit) -> tuple[Laid, list[Tok]]:
    """Each token on the clause that gives most of the claim; missing: what neither the unit nor its context has."""
    units = {t.unit for t in claim if t.unit}
    at = [
        [
            (c, t)
            for c, clause in enumerate(there)
            for t, other in enumerate(clause.tokens)
            if other.content and alike(token, other) and measured(token, other, units)
        ]
        for token in claim
    ]
    laid, left = Laid(at, place=[None] * len(claim)), {i for i, spots in enumerate(at) if spots}
    held: set[tuple[int, int]] = set()
    while left:
        gain = Counter[int]()
        for i in left:
            for c in {c for c, _ in at[i]}:
                gain[c] += 10 * int(100 * weigh([claim[i]])) - int(90 * min(len(there[c].content), 10) / 10)
        best = max(gain, key=lambda c: (gain[c], -c))
        laid.used.add(best)
        taken: set[tuple[int, int]] = set()
        for i in sorted(left):
            here = [p for p in at[i] if p[0] == best]
            if here:
                free = [p for p in here if p not in taken]
                elsewhere = [p for p in at[i] if p[0] != best and p not in held]
                laid.place[i] = (free or elsewhere or here)[0]
                taken.add(laid.place[i])  # type: ignore[arg-type]
                laid.used.add(laid.place[i][0])  # type: ignore[index]
                left.discard(i)
        held |= taken
    above = [t for clause in unit.context.clauses for t in clause.tokens if t.content]
    missing = [
        token
        for token, spots in zip(claim, at, strict=True)
        if not spots and not token.soft and not light(token) and not any(alike(token, other) for other in above)
    ]
    return laid, missing


def kind_of(tokens: Sequence[Tok]) -> Fault:
    if any(t.kind == "number" for t in tokens):
        return "number"
    return "name" if any(t.kind == "name" for t in tokens) else "no_support"
