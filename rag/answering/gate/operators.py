"""Operators of a claim against those of its evidence: what is negated, limited, bound or weakened must be so in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit
from rag.domain.grounding import Fault

_NEGATIVE = frozenset(("not", "without", "avoid", "exclude"))
_LIMITS = frozenset(("le", "lt", "ge", "gt", "approx"))
_MAY_GO = frozenset(("all", "always", "must", "more", "same", "yes"))
_MAY_COME = frozenset(("can", "yes"))
_CONDITIONS = frozenset(("le", "lt", "ge", "gt", "only", "after", "before", "until", "since", "while", "unless", "if"))


def _count(clauses: Sequence[Clause]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for clause in clauses:
        for at, token in enumerate(clause.tokens):
            if token.kind != "operator" or (token.key in _LIMITS and _bound(clause.tokens, at) is not None):
                continue
            counts["not" if token.key in _NEGATIVE else token.key] += 1
    return counts


def differ(part: Sequence[Clause], used: Sequence[Clause], unit: Unit) -> Fault | None:
    """An operator that was lost, or came."""
    here, there = _count(part), _count(used)
    gone, came = there - here, here - there
    if gone["until"] and came["if"] and came["not"]:  # until it is packed: as long as it is not packed
        gone["until"], came["if"], came["not"] = 0, 0, 0
        here["not"] -= 1
    if (gone["must"] and came["can"]) or (gone["can"] and came["must"]):
        return "negation"
    if here["not"] != there["not"] or (gone["all"] and there["not"]):
        return "negation"
    return _lost(part, here, there, came) or _new(used, unit, here, there)


def _lost(part: Sequence[Clause], here: Counter[str], there: Counter[str], came: Counter[str]) -> Fault | None:
    gone = there - here
    for key in [key for key, count in gone.items() if count > 0 and key not in _MAY_GO]:
        if (
            (key == "can" and imperative(part))
            or (key == "not" and gone[key] % 2 == 0)
            or (key == "if" and came & Counter(_CONDITIONS))
        ):
            continue
        return "negation" if key in ("not", "avoid", "stop", "fail", "refuse") else "condition"
    return None


def _new(used: Sequence[Clause], unit: Unit, here: Counter[str], there: Counter[str]) -> Fault | None:
    came = here - there
    above = {key for clause in unit.context.clauses for key in clause.operators}
    for key in [key for key, count in came.items() if count > 0 and key not in _MAY_COME and key not in above and key != "not"]:
        if here[key] > came[key] and there[key] > 0:
            continue
        if key == "must" and (unit.step or imperative(used) or any(t.text == "要" for c in used for t in c.tokens)):
            continue
        if key == "if" and _CONDITIONS & {k for k, n in there.items() if n > 0}:
            continue
        return "condition"
    return None


def imperative(clauses: Sequence[Clause]) -> bool:
    """Whether it tells somebody to do something: it begins with a verb, as far as one can see."""
    for clause in clauses:
        first = next((t for t in clause.tokens if t.kind != "join"), None)
        if first is None:
            continue
        return (first.kind == "word" and (first.opens or first.text.islower())) or first.key in ("请", "please")
    return False


_BEHIND = frozenset(("at the latest", *"以内 之内 内 以上 以下 起 左右 上下 及以上 或以上 及以下 或以下 之后 封顶".split()))


def _bound(tokens: Sequence[Tok], at: int) -> int | None:
    """The number that a limit stands at: before it, behind it for `or more` and 以内."""
    text = tokens[at].text.lower()
    back = text in _BEHIND or text.startswith("or ")
    passed = 0  # words between, one of which may be what is counted: 最多可录入 100 枚
    for step in range(1, 4 if back else 6):
        spot = at - step if back else at + step
        if not 0 <= spot < len(tokens):
            return None
        if tokens[spot].kind == "number":
            return spot
        passed += tokens[spot].content
        if (tokens[spot].content and step > 1 and back) or passed > 1 or tokens[spot].key in _LIMITS:
            return None
    return None


def _limits(tokens: Sequence[Tok]) -> dict[int, frozenset[str]]:
    limits: dict[int, set[str]] = {}
    for at, token in enumerate(tokens):
        if token.kind == "operator" and token.key in _LIMITS and (number := _bound(tokens, at)) is not None:
            limits.setdefault(number, set()).add(token.key)
    return {at: frozenset(keys) for at, keys in limits.items()}


def limited(tokens: Sequence[Tok]) -> list[tuple[Tok, frozenset[str]]]:
    """The numbers, each with its limits."""
    limits = _limits(tokens)
    return [(t, limits.get(at, frozenset())) for at, t in enumerate(tokens) if t.kind == "number"]


def limited_at(tokens: Sequence[Tok]) -> dict[int, dict[str, str]]:
    """The limits of each number by its place, with the words that they are written as."""
    limits: dict[int, dict[str, str]] = {}
    for at, token in enumerate(tokens):
        if token.kind == "operator" and token.key in _LIMITS and (number := _bound(tokens, at)) is not None:
            limits.setdefault(number, {})[token.key] = token.text.lower()
    return limits


_SMALL = frozenset("from to into onto with by out of 从 到 至 向 把 被".split())
_OPPOSED = frozenset(
    pair
    for one, other in (
        ("from", "to"),
        ("into", "from"),
        ("by", "to"),
        ("by", "from"),
        ("从", "到"),
        ("从", "至"),
        ("从", "向"),
        ("把", "被"),
        ("over", "under"),
        ("above", "below"),
    )
    for pair in ((one, other), (other, one))
)


def turned(here: str, there: str) -> bool:
    """Whether one small word in the other's place turns the meaning round: from, to."""
    return (here, there) in _OPPOSED


def bounds(
    part: Sequence[Clause], there: Sequence[Clause], place: Sequence[tuple[int, int] | None], above: Set[str] = frozenset()
) -> Fault | None:
    """Each number is limited as it is in the evidence. above: limits that a header gives to what stands below it."""
    limits = [_limits(clause.tokens) for clause in there]
    i = 0
    for clause in part:
        own = _limits(clause.tokens)
        for at, token in enumerate(clause.tokens):
            if not token.content:
                continue
            spot = place[i]
            i += 1
            if token.kind != "number" or spot is None:
                continue
            if own.get(at, frozenset()) - above != limits[spot[0]].get(spot[1], frozenset()) - above:
                return "condition"
    return None


def governed_alike(part: Sequence[Clause], used: Sequence[Clause]) -> Fault | None:
    """`not all are` is another thing than `all are not`."""
    here, there = _governed(part), _governed(used)
    said = {t.key for c in part for t in c.tokens}
    used_keys = {t.key for c in used for t in c.tokens}
    lost = {pair for pair in there if pair[1] in said} - here
    new = {pair for pair in here if pair[1] in used_keys} - there
    return "negation" if {op for op, _ in lost} & {op for op, _ in new} else None


_QUANTIFIERS = frozenset(("all", "some", "most"))


def _governed(clauses: Sequence[Clause]) -> set[tuple[str, str]]:
    """(operator, what follows it) of negations and quantities."""
    pairs = set()
    for clause in clauses:
        for at, token in enumerate(clause.tokens):
            if token.kind == "operator" and (token.key in _NEGATIVE or token.key in _QUANTIFIERS):
                after = next(
                    (t.key for t in clause.tokens[at + 1 :] if t.content or t.key in ("all", "only", "must", "can")), None
                )
                if after is not None:
                    pairs.add(("not" if token.key in _NEGATIVE else token.key, after))
    return pairs


def denied_list(clauses: Sequence[Clause]) -> bool:
    """Whether it is one list of three or more, denied as a whole: `we do not take cheques, coins or vouchers`."""
    negations = sum(t.key in _NEGATIVE for c in clauses for t in c.tokens if t.kind == "operator")
    long = sum(len(c.content) > _SHORT for c in clauses)
    joins = [c.join for c in clauses[1:] if c.join]
    return (
        negations == 1 and len(clauses) > 2 and long < 2 and joins in (["and"], ["or"]) and not any(c.hard for c in clauses[1:])
    )


_SHORT = 3  # content words of a member


def joined_alike(part: Sequence[Clause], there: Sequence[Clause], used: set[int]) -> Fault | None:
    """`or` is not `and`; a reason is one only where the evidence gives it as one."""
    here = {clause.join for clause in part[1:]}
    joins = {there[at].join for at in sorted(used)[1:]}
    anywhere = {clause.join for clause in there}
    if "because" in {clause.join for clause in part} and not anywhere & {"because", "so"}:
        return "no_support"
    if denied_list(part) and denied_list(there):  # not A, B and C; not A, B or C
        return None
    if len(part) == len(there) and any(
        (one.join == "or") != (other.join == "or") for one, other in zip(part, there, strict=True)
    ):
        return "condition"
    if "or" in here and joins <= {""} and not anywhere & {"and", "or"}:  # a list without a joining word: 、
        return None
    if len(used) > 1 and ("or" in here) != ("or" in joins) and not (here | joins) & {"nor"}:
        return "condition"
    return None
