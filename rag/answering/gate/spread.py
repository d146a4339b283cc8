"""A list with one thing said of all of it, as a statement of each member: `playback and downloads are not for viewers`."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.gate.tok import Clause

_SAYS = frozenset("is are was were will has have 都 均 也 全都 要 会".split())
_SHORT = 4  # content words of a member


def spread(clauses: Sequence[Clause]) -> list[Clause]:
    """One clause for each member, with what is said of all; [] of a sentence that is no such list."""
    if len(clauses) < 2 or any(clause.hard for clause in clauses[1:]):
        return []
    *members, last = clauses
    first = next((at for at, t in enumerate(last.tokens) if t.kind == "operator" or t.text.lower() in _SAYS), None)
    if first is None or not members:
        return []
    if any(t.content for t in last.tokens[:first]):  # `… and changes to the settings` `are not available`
        if last.join not in ("and", "or"):
            return []
        members.append(Clause(last.tokens[:first], last.join))
    elif members[-1].join not in ("and", "or"):
        return []
    said = last.tokens[first:]
    plain = [tuple(t for t in member.tokens if t.kind != "join") for member in members]
    if any(member.operators for member in members) or len(plain) < 2:
        return []
    if any(not 0 < sum(t.content for t in tokens) <= _SHORT for tokens in plain):
        return []
    if any(member.mark not in ("", "pause", "join") for member in members):
        return []
    return [Clause((*tokens, *said)) for tokens in plain]
