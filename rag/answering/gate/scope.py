"""Operators of a claim in other words, with what they are said of: each part of it against the clauses that it stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rag.answering.gate.alike import Known
from rag.answering.gate.binding import crossed, listed, misbound, other_way, out_of_order
from rag.answering.gate.conditions import conditions
from rag.answering.gate.left import conditional_left
from rag.answering.gate.operators import imperative, joined_alike, limited_at
from rag.answering.gate.tok import Clause
from rag.answering.gate.units import Unit
from rag.domain.grounding import Fault

Spot = tuple[int, int]
_NEGATIVE = frozenset(("not", "without", "avoid", "exclude", "refuse", "stop", "neednot", "instead"))
_STRICT = frozenset("pending some most usually seldom half fail danger up down firstof".split())
GONE = frozenset("lose expire stayclosed invalid".split())  # what is so no more
_NEW = frozenset(("all", "always"))  # may go, must not come
_PEOPLE = frozenset("client member user somebody 新人 subscrib".split())
_GOVERNING = frozenset(("not", "without", "avoid", "all", "some", "most", "only"))


def agree(
    part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None], used: set[int], unit: Unit, known: Known
) -> Fault | None:
    """What is wrong with the operators, the limits, or which number stands with which words."""
    if crossed(part, there, place) or misbound(part, there, place) or out_of_order(part, there, place):
        return "name"
    if other_way(part, there, place):
        return "name"
    reasons = {c.join for c in there} | {"because" for c in there if c.mark in ("colon", "dash")}
    if "because" in {c.join for c in part} and not {"because", "so"} & reasons:
        return "no_support"
    negated = any(t.key in _NEGATIVE for c in part for t in c.tokens)
    if not negated and not _choice(part, there) and (fault := joined_alike(part, there, used)) is not None:
        return fault
    for here, theirs in _parts(part, there, place, used):
        if (fault := _differ(here, theirs)) is not None:
            return fault
    fault = _left_out(part, there, used, known) or conditional_left(there, used) or _bounds(part, there, place, unit)
    return fault or _governed_elsewhere(part, [there[at] for at in sorted(used)])


def _choice(part: Sequence[Clause], there: Sequence[Clause]) -> bool:
    """Whether `you can pay by card or PayPal` is said of a bare list: `Card, PayPal and Apple Pay`."""
    if not any(t.key == "can" and t.kind == "operator" for c in part for t in c.tokens):
        return False
    return not any(c.operators for c in there) and (
        len({*listed(there)}) == 1 or all(0 < len(c.content) <= 2 and not c.hard for c in there)
    )


def _parts(
    part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None], used: set[int]
) -> list[tuple[list[Clause], list[Clause]]]:
    """Clauses of both that belong together, since words of the one stand in the other."""
    groups: list[tuple[set[int], set[int]]] = []
    group, i = listed(there), 0
    for n, clause in enumerate(part):
        spots = {group[p[0]] for p in place[i : i + len(clause.content)] if p is not None}
        mine, theirs = {n}, {c for c in range(len(there)) if group[c] in spots}
        i += len(clause.content)
        rest = []
        for one, other in groups:
            if other & theirs or not theirs:
                mine, theirs = mine | one, theirs | other
            else:
                rest.append((one, other))
        groups = [*rest, (mine, theirs)]
    if len(groups) == 1:
        groups = [(groups[0][0], groups[0][1] | used)]
    return [([part[n] for n in sorted(one)], [there[c] for c in sorted(_with_bare(there, other))]) for one, other in groups]


def _with_bare(there: Sequence[Clause], used: set[int]) -> set[int]:
    """With the operators alone behind a list: `Networks with a sign-in page (hotel, office) are not supported`."""
    last = max(used, default=len(there))
    widened = set(used)
    for at in range(last + 1, len(there)):
        if there[at].hard or there[at].mark == "colon":
            break
        if not there[at].content and there[at].operators and not there[at].join:
            widened.add(at)
    return widened


def _count(clauses: Sequence[Clause]) -> Counter[str]:
    return Counter(t.key for clause in clauses for t in clause.tokens if t.kind == "operator")


def _differ(here: Sequence[Clause], theirs: Sequence[Clause]) -> Fault | None:
    one, other = _count(here), _count(theirs)
    if one["if"] and one["not"] and other["until"] and not other["not"]:  # until it is packed: as long as it is not packed
        one, other = one - Counter(("if", "not")), other - Counter(("until",))
    negative = sum(one[k] for k in _NEGATIVE), sum(other[k] for k in _NEGATIVE)
    if negative[0] % 2 != negative[1] % 2 or bool(negative[0]) != bool(negative[1]):
        gone = [sum(t.key in GONE for c in side for t in c.content) for side in (here, theirs)]
        if (negative[0] + gone[0]) % 2 != (negative[1] + gone[1]) % 2 or gone[0] == gone[1]:
            return "negation"
    if (one["neednot"] > 0) != (other["neednot"] > 0) or _order(here) != _order(theirs):
        return "negation"
    if one["usually"] and other["approx"]:  # takes about three weeks
        one = one - Counter({"usually": one["usually"]})
    if any((one[key] > 0) != (other[key] > 0) for key in _STRICT) or any(one[key] > other[key] for key in _NEW):
        return "condition"
    if any(other[key] and not one[key] and negative[1] for key in _NEW):  # not all, not always
        return "negation"
    if (fault := conditions(here, theirs, one, other)) is not None:
        return fault
    if other["must"] and not one["must"] and one["can"] > other["can"] and not one["if"] > other["if"]:  # can, as long as
        return "negation"
    if one["must"] and not other["must"] and other["can"] > one["can"]:
        return "negation"
    if other["should"] and not (one["should"] or one["can"] or imperative(here)):
        return "condition"
    return "condition" if one["new"] > other["new"] or one["old"] != other["old"] or _new_lost(here, theirs) else None


def _order(clauses: Sequence[Clause]) -> str:
    """Which comes first where there are both: not all, all not."""
    keys = ["not" if t.key in _NEGATIVE else t.key for c in clauses for t in c.tokens if t.kind == "operator"]
    return next(k for k in keys if k in ("not", "all")) if {"not", "all"} <= set(keys) else ""


def _new_lost(here: Sequence[Clause], theirs: Sequence[Clause]) -> bool:
    """Whether new customers became customers."""
    if any(t.key == "new" for c in here for t in c.tokens):
        return False
    pairs = [(a, b) for c in theirs for a, b in pairwise(c.tokens)]
    return any(a.key == "new" and a.kind == "operator" and b.key in _PEOPLE for a, b in pairs)


_BINDING = frozenset("if unless except only until exclude instead firstof without before after".split())


def _left_out(part: Sequence[Clause], there: Sequence[Clause], used: set[int], known: Known) -> Fault | None:
    """A clause of the same sentence that was left out whole, though it limits what was kept; what was asked of is known."""
    first, last = min(used), max(used)
    if there[first].join == "or" and not there[first].hard:
        return "condition"
    start = max((at for at in range(first + 1) if there[at].hard), default=0)
    end = next((at for at in range(last + 1, len(there)) if there[at].hard), len(there))
    said = {t.key for c in part for t in c.tokens if t.kind == "operator"}
    kept = {t.key for at in used for t in there[at].content}
    for at in range(start, end):
        clause = there[at]
        lost = _BINDING & set(clause.operators) - said
        if (
            at in used
            or not clause.tokens
            or clause.join == "but"
            or (lost <= {"if"} and clause.content and all(t.key in known.question_keys for t in clause.content))
        ):
            continue
        if lost <= {"before", "after"} and any(t.key in kept for t in clause.content):  # of another case: 之后的次日发出
            continue
        lead = next((t for t in clause.tokens if t.kind not in ("function", "join")), None)
        leads = lead is not None and lead.kind == "operator" and lead.key in lost
        leads = leads or (at < first and clause.tokens[-1].kind == "operator" and clause.tokens[-1].key in lost)  # 开通后
        if clause.mark == "sub" and clause.content:
            return "condition"
        if lost & {"unless", "except", "exclude", "instead", "firstof"} or (lost & {"if"} and clause.content):
            return "condition"
        if lost and (leads or len(clause.content) <= 2) and (clause.content or at - 1 in used):
            return "condition"
    return None


def _bounds(part: Sequence[Clause], there: Sequence[Clause], place: Sequence[Spot | None], unit: Unit) -> Fault | None:
    """Each number is limited as it is in the evidence. What is exact is also a limit; within three days may be three days."""
    above = _limited(unit)
    i = 0
    for clause in part:
        own = limited_at(clause.tokens)
        for at, token in enumerate(clause.tokens):
            if not token.content:
                continue
            spot, i = place[i], i + 1
            if token.kind != "number" or spot is None:
                continue
            mine, theirs = set(own.get(at, {})) - above, limited_at(there[spot[0]].tokens).get(spot[1], {})
            lost, new = set(theirs) - above - mine, mine - set(theirs)
            if "ge" in new and any(t.text.lower() in _AHEAD for t in there[spot[0]].tokens):
                new -= {"ge"}  # a day ahead: at least a day
            if lost - {"le"} or new - {"le"} or (new and (set(theirs) - above or token.unit in ("date", "clock"))):
                return "condition"
            if lost and not (theirs["le"] in _WITHIN and token.unit in ("day", "s", "month", "bday", "week")):
                return "condition"
    return None


_AHEAD = frozenset("提前 advance ahead notice 预先".split())
_WITHIN = frozenset("within inside 内 以内 之内".split())


def _limited(unit: Unit) -> frozenset[str]:
    """Limits that a heading gives to what stands below it."""
    above = {t.key for clause in unit.context.clauses for t in clause.tokens if t.kind == "operator" or t.key == "limit"}
    return frozenset(above & {"le", "ge", "approx"}) | (frozenset(("le",)) if above & {"limit"} else frozenset())


def _governed_elsewhere(part: Sequence[Clause], used: Sequence[Clause]) -> Fault | None:
    """Whether what a negation or quantity is said of changed: `per seat, not per team`."""
    if len({*listed(part)}) == 1 and len({*listed(used)}) == 1 and (len(part) > 2 or len(used) > 2):
        return None  # one list, and what is said of all of it: `A, B and C are not`, `we do not take A, B or C`
    if len(part) == 1 and len(used) == 1 and all(_denies_whole(side[0]) for side in (part, used)):
        return None
    here, there = _governed(part), _governed(used)
    said = {t.key for c in part for t in c.content}
    used_keys = {t.key for c in used for t in c.content}
    for key in here.keys() & there.keys():
        mine, theirs = here[key], there[key]
        if not mine & theirs and mine & used_keys and theirs & said:
            return "negation"
    return None


_CANNOT = frozenset("不支持 不能 不可以 不可 无法 不允许 禁止 不得 不准 不许".split())


def _denies_whole(clause: Clause) -> bool:
    """Whether its one negation says that all of it cannot be: 不支持在一个集群上同时运行."""
    operators = [t for t in clause.tokens if t.kind == "operator" and t.key in _GOVERNING]
    return len(operators) == 1 and operators[0].text in _CANNOT


def _governed(clauses: Sequence[Clause]) -> dict[str, set[str]]:
    """Of each such operator: the three content words behind it."""
    governed: dict[str, set[str]] = {}
    for clause in clauses:
        for at, token in enumerate(clause.tokens):
            if token.kind == "operator" and token.key in _GOVERNING:
                key = "not" if token.key in _NEGATIVE else token.key
                governed.setdefault(key, set()).update([t.key for t in clause.tokens[at + 1 :] if t.content][:3])
    return governed
