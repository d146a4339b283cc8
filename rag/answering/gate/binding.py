"""Which words stand with which: the numbers and names of a claim beside those of its evidence, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.tok import Clause, Tok

Spot = tuple[int, int]
_OURS, _YOURS = frozenset("us me 我们 我".split()), frozenset("you 您 你".split())


_SEQUENCE = frozenset("先 再 然后 接着 随后 then next first finally afterwards".split())


def other_way(part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None]) -> bool:
    """Whether what is done to us is done to you: `we call you`, of `call us`."""
    i = 0
    for clause in part:
        for at, token in enumerate(clause.tokens):
            if not token.content:
                continue
            spot, i = place[i], i + 1
            if spot is None or at + 1 >= len(clause.tokens) or spot[1] + 1 >= len(there[spot[0]].tokens):
                continue
            mine, theirs = clause.tokens[at + 1].text.lower(), there[spot[0]].tokens[spot[1] + 1].text.lower()
            if (mine in _YOURS and theirs in _OURS) or (mine in _OURS and theirs in _YOURS):
                return True
    return False


def out_of_order(part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None]) -> bool:
    """Of what happens in an order: whether the claim gives it in another one."""
    if not any(_tells_order(clause) for side in (part, there) for clause in side):
        return False
    heads = {at for at, clause in enumerate(there[1:]) if clause.mark == "colon"}  # `Resetting: hold …`
    sets, i = [], 0
    for clause in part:
        spots = {p[0] for p in place[i : i + len(clause.content)] if p is not None and p[0] not in heads}
        i += len(clause.content)
        sets += [spots] if spots else []
    return any(max(later) < min(one) for n, one in enumerate(sets) for later in sets[n + 1 :])


def _tells_order(clause: Clause) -> bool:
    """Whether it says when in an order: `first close it`, not `the first cup`."""
    begin = next((t for t in clause.tokens if t.kind != "join"), None)
    return any(t.text.lower() in _SEQUENCE and (t is begin or not t.text.isascii()) for t in clause.tokens)


def crossed(part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None]) -> bool:
    """Whether two clauses both mix words of the same two clauses of the evidence: a for b and b for a."""
    mine, theirs = listed(part), listed(there)
    seen: dict[int, set[int]] = {}
    i = 0
    homes: dict[str, set[int]] = {}
    for group, clause in zip(theirs, there, strict=True):
        for token in clause.content:
            homes.setdefault(token.key, set()).add(group)
    for clause, group in zip(part, mine, strict=True):
        pairs = [(there[p[0]].tokens[p[1]].key, theirs[p[0]]) for p in place[i : i + len(clause.content)] if p is not None]
        here = {home for key, home in pairs if len(homes.get(key, ())) < 2} or {home for _, home in pairs}
        i += len(clause.content)
        seen[group] = seen.get(group, set()) | here
    sets = list(seen.values())
    return any(len(one & other) > 1 for n, one in enumerate(sets) for other in sets[:n])


def _led(clause: Clause) -> bool:
    """Whether it says something of its own: `and clips in blue`."""
    return any(t.text.lower() in _OF_ITS_OWN for t in clause.tokens[1:])


_OF_ITS_OWN = frozenset("in on at for by with to is are costs 为 是 用 在".split())


def listed(clauses: Sequence[Clause]) -> list[int]:
    """A number for each clause; the members of a list have one: `name and password`."""
    lists: list[int] = []
    members = _members(clauses)
    for n, clause in enumerate(clauses):
        member = n in members or (
            n > 0
            and not clause.hard
            and (
                (clause.join in ("and", "or") and len(clause.content) <= 2 and not _led(clause))
                or clause.mark == "bracket"
                or not clause.content
                or not any(c.content for c in clauses[:n])  # `if not (ready and paid)`
            )
        )
        lists.append(lists[-1] if member and lists else n)
    return lists


def _members(clauses: Sequence[Clause]) -> set[int]:
    """Clauses behind the first of `checks, money orders or bank transfers`: short ones up to an `and` or `or`."""
    members: set[int] = set()
    for n, clause in enumerate(clauses):
        if n == 0 or clause.hard or clause.join not in ("and", "or"):
            continue
        first = n
        while first > 1 and clauses[first - 1].mark == "pause" and not clauses[first - 1].hard and _short(clauses[first - 1]):
            first -= 1
        subject = _led(clause) or any(t.key in VERBS or t.text in _WILL for t in clause.tokens)  # `…, B and C are free`
        if first < n or _short(clauses[first - 1]):
            members |= set(range(first if not subject or _short(clauses[first - 1]) else first + 1, n + 1))
    return members


_WILL = frozenset("会 将 能 可 要 都 均".split())


def _short(clause: Clause) -> bool:
    return 0 < len(clause.content) <= 3 and not clause.operators and not _led(clause) and not clause.join


def misbound(part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None]) -> bool:
    """Whether a number stands with words of another clause that has a number of its own in the same unit."""
    i = 0
    for clause in part:
        spots = [(t, place[i + n]) for n, t in enumerate(clause.content)]
        i += len(clause.content)
        if any(
            token.kind == "number" and spot is not None and _of_another(token, spot, spots, clause, there)
            for token, spot in spots
        ):
            return True
    return False


def _of_another(
    token: Tok, spot: Spot, spots: Sequence[tuple[Tok, Spot | None]], clause: Clause, there: Sequence[Clause]
) -> bool:
    own, unit = {t.key for t in there[spot[0]].content}, there[spot[0]].tokens[spot[1]].unit
    said = {t.key for t in clause.content if t.kind == "number"}
    for word, other in spots:
        if word.kind == "number" or other is None or other[0] == spot[0] or word.key in own:
            continue
        rivals = {t.key for t in there[other[0]].tokens if t.kind == "number" and t.unit == unit}
        if rivals and token.key not in rivals and not rivals & said:
            return True
    return False
