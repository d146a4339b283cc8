"""Conditions and limits of a claim against those of its evidence: if, unless, only, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.answering.gate.alike import alike
from rag.answering.gate.left import OF_THOSE
from rag.answering.gate.tok import Clause
from rag.domain.grounding import Fault

_GROUPS = {
    "if": "when", "unless": "unless", "while": "when", "only": "only", "except": "except", "exclude": "except",
    "before": "before", "until": "before", "after": "after", "since": "after",
}  # fmt: skip
_THEN = frozenset("then 再 等 然后".split())


def conditions(here: Sequence[Clause], there: Sequence[Clause], one: Counter[str], other: Counter[str]) -> Fault | None:
    """What of them was lost, or came. one, other: how often each operator stands in `here`, and in `there`."""
    mine, theirs = _groups(here, there, one, other)
    lost, new = theirs - mine, mine - theirs
    if {"before", "after"} <= lost | new:
        return "condition"
    lost -= _said_otherwise(lost, here, there)
    if "only" in new and not other["must"] and "unless" not in theirs and not (one["not"] and other["not"]):
        return "condition"
    if new & {"unless", "except", "before"} and not (new & {"before"} and other["le"]):
        return "condition"
    if lost & {"unless", "except"} and not (lost == {"unless"} and "when" in mine):
        return "condition"
    if "only" in lost and not one["must"]:
        return "condition"
    return "condition" if lost & {"when", "before", "after"} and not mine else None


def _groups(
    here: Sequence[Clause], there: Sequence[Clause], one: Counter[str], other: Counter[str]
) -> tuple[set[str], set[str]]:
    """The kinds of conditions of both sides; 的, 再 and 时 of a claim are what the evidence has there."""
    mine, theirs = ({_GROUPS[k] for k, n in side.items() if n > 0 and k in _GROUPS} for side in (one, other))
    if any(c.tokens and c.tokens[-1].key in OF_THOSE for c in here):
        mine |= {"when"}
    if any(t.key in _THEN for c in here for t in c.tokens):
        mine |= {"when", "after"} & theirs
    if any(t.text in ("时", "的时候") for c in here for t in c.tokens):
        mine |= {"when"} & theirs
    return mine, theirs


def _said_otherwise(lost: set[str], here: Sequence[Clause], there: Sequence[Clause]) -> set[str]:
    """Conditions that the claim has in another form."""
    return {"when", "after"} if lost & {"when", "after"} and _told_whole(here, there) else set()


def _told_whole(here: Sequence[Clause], theirs: Sequence[Clause]) -> bool:
    """Whether what happens first is all said, be it as the subject: `resetting the lock clears`, of `after a reset`."""
    said = [t for c in here for t in c.content]
    first = [c for c in theirs if {"after", "if", "since", "while"} & set(c.operators)]
    return bool(first) and all(any(alike(o, t) for o in said) for c in first for t in c.content)
