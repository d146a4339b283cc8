"""Where a claim's words stand in a clause of its evidence that says them in other words."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.answering.gate.tok import Clause, Tok
from rag.ports import Vectors

Spot = tuple[int, int]


@dataclass(slots=True)
class Aligned:
    """The claim's content tokens on the evidence's clauses. `how`: exact, near, above, light, verb (any may stand for it) or
    missing."""

    claim: list[Tok]
    there: list[Clause]
    how: list[str]
    place: list[Spot | None]
    sims: Vectors
    near: list[float] = field(default_factory=list)  # of each, the best cosine
    used: set[int] = field(default_factory=set)
