"""Whether a sentence of a passage says what a claim says: covered both ways, with the same operators."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.answering.gate.lexicon import LIGHT
from rag.answering.gate.operators import bounds, differ, governed_alike, joined_alike, turned
from rag.answering.gate.reading import Clause, Tok
from rag.answering.gate.units import Unit
from rag.grounding import Fault


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a comparison. `close`, 0–1: how much of the claim stands there."""

    fault: Fault | None
    close: float
    prose: bool = False  # of a sentence, all of whose words were found


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be said again. `names` and `words` of the question and of the sentence before."""

    words: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()  # of the question alone
    first: bool = True  # nothing was said before, so that a pronoun means what the question is about


_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def weigh(tokens: Iterable[Tok]) -> float:
    return sum(1.5 if t.fact else 0.5 if len(t.key) == 1 and not t.key.isascii() else 1.0 for t in tokens)


def alike(here: Tok, there: Tok) -> bool:
    """Whether two content tokens are the same thing in other spelling."""
    if here.kind == "number" or there.kind == "number":
        if here.kind != there.kind:
            return False
        return here.key == there.key or _same_number(here, there)
    if here.key == there.key:
        return True
    one, other = here.key, there.key
    if len(one) > 1 and len(other) > 1 and not one.isascii() and not other.isascii() and min(len(one), len(other)) > 1:
        return one in other or other in one
    return False


def _same_number(here: Tok, there: Tok) -> bool:
    one, other = (
        here.key.removesuffix(here.unit).strip(),
        _DIGITS.match(there.text) or there.key.removesuffix(there.unit).strip(),
    )
    other = other if isinstance(other, str) else other.group()
    if here.unit == there.unit or one != other:
        return False
    return not here.unit and there.unit not in ("pct", "permille", "pp", "date", "clock", "ord", "usd", "eur", "gbp", "cny")


def _measured(here: Tok, there: Tok, units: set[str]) -> bool:
    """Whether a number that lost its unit has it from another one: `10 years, and the motor for 3`."""
    return here.kind != "number" or here.unit == there.unit or not there.unit or there.unit in units


@dataclass(slots=True)
class _Laid:
    """The claim's content tokens on the unit's clauses."""

    at: list[list[tuple[int, int]]]  # of each content token: where in the unit
    used: set[int] = field(default_factory=set)
    place: list[tuple[int, int] | None] = field(default_factory=list)


def compare(part: Sequence[Clause], unit: Unit, known: Known) -> Found:
    """`part`: clauses of the claim that are held to come from this one unit."""
    claim = [token for clause in part for token in clause.tokens if token.content]
    if not claim:
        return Found("no_support", 0)
    there = expanded(unit.reading.clauses)
    laid, missing = _lay(claim, there, unit)
    total = weigh(claim)
    given = weigh(t for t, place in zip(claim, laid.place, strict=True) if place is not None)
    close = given / total if total else 0.0
    if missing:
        return Found(kind_of(missing), close)
    if not laid.used or close < 0.4:
        return Found("no_support", close)
    main = max(laid.used, key=lambda at: weigh(t for t, p in zip(claim, laid.place, strict=True) if p and p[0] == at))
    fault = _left_out(part, claim, there, laid, main, unit, known) or _unused(there, laid.used, part)
    fault = fault or differ(part, _with_bare(there, laid.used), unit)
    fault = fault or bounds(part, there, laid.place) or governed_alike(part, [there[at] for at in sorted(laid.used)])
    fault = fault or joined_alike(part, there, laid.used) or _order(part, claim, there, laid)
    return Found(fault, close, prose=not any(t for t, place in zip(claim, laid.place, strict=True) if place is None))


def _with_bare(there: Sequence[Clause], used: set[int]) -> list[Clause]:
    """The used clauses, and those between and behind them that are operators alone: `whichever comes first`."""
    last = next((at for at in range(max(used) + 1, len(there)) if there[at].hard), len(there))
    return [clause for at, clause in enumerate(there) if at in used or (at < last and not clause.content and at - 1 in used)]


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
        out.append(clause)
    return out


def _lay(claim: Sequence[Tok], there: Sequence[Clause], unit: Unit) -> tuple[_Laid, list[Tok]]:
    """Each token on the clause that gives most of the claim; missing: what neither the unit nor its context has."""
    units = {t.unit for t in claim if t.unit}
    at = [
        [
            (c, t)
            for c, clause in enumerate(there)
            for t, other in enumerate(clause.tokens)
            if other.content and alike(token, other) and _measured(token, other, units)
        ]
        for token in claim
    ]
    laid, left = _Laid(at, place=[None] * len(claim)), {i for i, found in enumerate(at) if found}
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
                laid.place[i] = next((p for p in here if p not in taken), here[0])
                taken.add(laid.place[i])  # type: ignore[arg-type]
                left.discard(i)
    above = [t for clause in unit.context.clauses for t in clause.tokens if t.content]
    missing = [
        token
        for token, found in zip(claim, at, strict=True)
        if not found and not token.soft and token.key not in LIGHT and not any(alike(token, other) for other in above)
    ]
    return laid, missing


def kind_of(tokens: Sequence[Tok]) -> Fault:
    if any(t.kind == "number" for t in tokens):
        return "number"
    return "name" if any(t.kind == "name" for t in tokens) else "no_support"


def _means_back(part: Sequence[Clause]) -> bool:
    """Whether a pronoun stands for the subject."""
    return next((t.key for t in part[0].tokens if t.kind != "join"), "") in (
        "it",
        "they",
        "this",
        "these",
        "he",
        "she",
        "它",
        "他们",
        "其",
        "该",
        "这",
    )


def _left_out(
    part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], laid: _Laid, main: int, unit: Unit, known: Known
) -> Fault | None:
    """What the used clauses say and the claim does not: nothing may be cut off but what is known anyway."""
    said = {key for t in claim for key in (t.key,)}
    meant = _means_back(part)
    for at in laid.used:
        held = {p[1] for p in laid.place if p is not None and p[0] == at}
        for n, token in enumerate(there[at].tokens):
            if not token.content or n in held or token.key in said or token.soft or any(alike(t, token) for t in claim):
                continue
            if token.key in unit.context.keys and token.kind != "number":
                continue
            if token.key in known.words and token.kind == "name":
                continue
            if token.key in LIGHT or (meant and n < min(held, default=0) and (known.first or token.key in known.words)):
                continue
            if _starting_point(there[at].tokens, n, held):
                continue
            return "number" if token.kind == "number" else "condition"
    return None


def _starting_point(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """`of delivery` behind `within 14 days`: from when a period counts, at the end of its clause."""
    before = [t for t in tokens[max(at - 3, 0) : at]]
    led = any(t.key in ("of", "from") for t in before) and any(
        t.kind == "number" and t.unit in ("day", "bday", "s", "month") for t in tokens[max(at - 5, 0) : at]
    )
    return led and not any(t.content and n in held for n, t in enumerate(tokens) if n > at)


_WHEN = frozenset(("before", "after", "while", "since"))
_BINDING = frozenset(
    "if unless except only until before after while exclude instead usually seldom since firstof without".split()
)


def _unused(there: Sequence[Clause], used: set[int], part: Sequence[Clause]) -> Fault | None:
    """A clause of the same sentence that was left out whole, though it limits what was kept."""
    first = min(used)
    last = max(used)
    if there[first].join == "or" and not there[first].hard:
        return "condition"
    start = max((at for at in range(first + 1) if there[at].hard), default=0)
    end = next((at for at in range(last + 1, len(there)) if there[at].hard), len(there))
    for at in range(start, end):
        clause = there[at]
        if at in used or not clause.tokens or clause.join == "but":
            continue
        if not clause.content and at - 1 not in used:
            continue
        if clause.mark == "sub" and clause.content:
            return "condition"
        found = (_BINDING & set(clause.operators)) - {key for c in part for key in c.operators}
        facts = any(t.kind == "number" for t in clause.tokens)
        lead = next((t for t in clause.tokens if t.kind != "function"), None)
        told = {t.key for u in used for t in there[u].content}
        if found <= _WHEN and any(t.key in told for t in clause.content):  # of another case: `the rest ship on the next day`
            continue
        if found <= _WHEN and at > last and any(t.unit == "date" for u in used for t in there[u].tokens):
            continue
        if found & {"if", "unless", "except", "only", "until", "exclude", "instead", "firstof"}:
            return "condition"
        if (
            found
            and (not facts or (lead is not None and lead.kind == "operator"))
            and len(clause.content) < 7
            and not _own(clause)
        ):
            return "condition"
    return None


def _own(clause: Clause) -> bool:
    """Whether it is a statement of its own: joined by and, with more than a phrase."""
    return clause.join in ("and", "or") or len(clause.content) > 3


_SAME_WORDS = 0.8
_PRONOUNS = frozenset("you your we it they 您 你 我们".split())
_SEQUENCE = frozenset("先 再 然后 接着 随后 then next first finally afterwards".split())
_HAVING = frozenset("have has had 有".split())
_POSSESSIVE = frozenset(("'s", "的"))
_PASSIVE = frozenset(("by", "被", "由"))
_LEADS = frozenset(
    (
        "in on at by after before during from for with "
        "to if when while because as since under until "
        "upon within without unless of over under "
        "above below 把 将 被 对 给 到 至 以 在 从 由 向 为 用 的 's "
        "via per through than"
    ).split()
)


def _order(part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], laid: _Laid) -> Fault | None:
    """Words that changed places, where no preposition, passive or clause of its own explains it."""
    flat = [token for clause in part for token in clause.tokens]
    index = [i for i, token in enumerate(flat) if token.content]
    held = [(i, p) for i, p in enumerate(laid.place) if p is not None]
    same = sum(claim[i].text.lower() == there[c].tokens[t].text.lower() for i, (c, t) in held)
    if same >= _SAME_WORDS * len(claim) and len(held) > 1:
        passive = any(t.key in _PASSIVE for t in flat) != any(t.key in _PASSIVE for c in there for t in c.tokens)
        return None if (_turned_round(claim, there) if passive else _blocks(part, claim, there, held)) else "name"
    for at in laid.used:
        row = [(i, p[1]) for i, p in held if p[0] == at and claim[i].kind != "number"]
        if len(row) < 3 or ((_PRONOUNS & {t.key for t in flat}) and not _PRONOUNS & {t.key for t in there[at].tokens}):
            continue
        kept = _rising([e for _, e in row])
        moved = [pair for n, pair in enumerate(row) if n not in kept]
        tokens = there[at].tokens
        if not moved or any(t.key in _PASSIVE for t in flat) != any(t.key in _PASSIVE for t in tokens):
            continue
        for i, e in moved:
            crossed = [pair for pair in row if (pair[0] < i) != (pair[1] < e)]
            if any(_exchanged(flat, index, tokens, (i, e), pair) for pair in crossed):
                return "name"
    return None


def _turned_round(claim: Sequence[Tok], there: Sequence[Clause]) -> bool:
    """Whether one is the passive of the other: Y founded X, X was founded by Y."""
    here = [token.key for token in claim]
    told = [token.key for clause in there for token in clause.content if token.key in here]
    return any(told == [*here[at + 1 :], here[at], *here[:at]] for at in range(1, len(here) - 1)) or told == here


def _blocks(
    part: Sequence[Clause], claim: Sequence[Tok], there: Sequence[Clause], held: Sequence[tuple[int, tuple[int, int]]]
) -> bool:
    """Whether words in another order moved as whole phrases: each with its own preposition, or a clause of both texts."""
    if (run := _in_order(claim, there)) is not None:
        held = run
    flat = [token for clause in part for token in clause.tokens]
    index = [i for i, token in enumerate(flat) if token.content]
    if any(turned(_lead(flat, index[i]), _lead(there[c].tokens, t)) for i, (c, t) in held):
        return False
    units = Counter(t.unit for t in claim if t.kind == "number")
    held = [(i, p) for i, p in held if claim[i].kind != "number" or units[claim[i].unit] > 1]
    order = {spot: rank for rank, spot in enumerate(sorted({p for _, p in held}))}
    ranks = [order[p] for _, p in held]
    ordered = any(t.text.lower() in _SEQUENCE for c in (*part, *there) for t in c.tokens)
    begins = set() if ordered else set(_begins(part))
    for n, (i, (c, t)) in enumerate(held):
        leads = {_lead(flat, index[i]), _lead(there[c].tokens, t)}
        if len(leads) == 2 and (turned(*leads) or "from" in leads):
            return False
        if n == 0 or ranks[n] in (ranks[n - 1] + 1, ranks[n - 1]):
            continue
        here, told = _lead(flat, index[i]), _lead(there[c].tokens, t)
        first = all(not token.content for token in there[c].tokens[:t])
        if here in ("把", "将") and not any(t.key in ("把", "将", "被") for k in there for t in k.tokens):
            continue
        if here in _POSSESSIVE and n and _lead(there[held[n - 1][1][0]].tokens, held[n - 1][1][1]) in ("of", "for", "的"):
            continue
        if any(t.key in _HAVING for t in flat[index[held[n - 1][0]] : index[i]]) and _lead(
            there[held[0][1][0]].tokens, held[0][1][1]
        ) in ("to", "for", "of"):
            continue
        if not ((here and here == told) or (i in begins and first)):
            return False
    return True


def _in_order(claim: Sequence[Tok], there: Sequence[Clause]) -> list[tuple[int, tuple[int, int]]] | None:
    """Where the claim's words stand if they stand in the evidence's order, however often one comes."""
    spots = [(c, t) for c, clause in enumerate(there) for t, token in enumerate(clause.tokens) if token.content]
    found, at = [], 0
    for i, token in enumerate(claim):
        while at < len(spots) and not alike(token, there[spots[at][0]].tokens[spots[at][1]]):
            at += 1
        if at == len(spots):
            return None
        found.append((i, spots[at]))
        at += 1
    return found


def _begins(part: Sequence[Clause]) -> list[int]:
    """Which content tokens are the first of their clauses."""
    found, at = [], 0
    for clause in part:
        found.append(at)
        at += len(clause.content)
    return found


def _lead(tokens: Sequence[Tok], at: int) -> str:
    """The preposition right before the phrase that begins with this word; '' for none."""
    for step in range(1, 4):
        if at - step < 0 or tokens[at - step].content:
            return ""
        if tokens[at - step].key in _LEADS:
            return tokens[at - step].key
    return ""


def _exchanged(
    flat: Sequence[Tok], index: Sequence[int], tokens: Sequence[Tok], one: tuple[int, int], other: tuple[int, int]
) -> bool:
    """Whether two words that changed their order changed their parts too: no preposition went along with either."""
    led = [(_led(flat, index[i]), _led(tokens, e)) for i, e in (one, other)]
    if _of(flat, index[one[0]], index[other[0]]) or _of(tokens, one[1], other[1]):
        return False
    if not any(any(pair) for pair in led):
        return True
    return all(here != there for here, there in led)


def _led(tokens: Sequence[Tok], at: int) -> bool:
    """Whether a preposition stands before the phrase that this word is in."""
    for step in range(1, 4):
        if at - step < 0:
            return False
        token = tokens[at - step]
        if token.key in _LEADS:
            return True
        if token.content and step > 1:
            return False
    return False


def _of(tokens: Sequence[Tok], one: int, other: int) -> bool:
    return any(t.key in ("'s", "的") for t in tokens[min(one, other) + 1 : max(one, other)])


def _rising(values: Sequence[int]) -> set[int]:
    """Positions of a longest rising run."""
    best: list[list[int]] = []
    for n, value in enumerate(values):
        earlier = [run for run in best if values[run[-1]] <= value]
        best.append([*max(earlier, key=len, default=[]), n])
    return set(max(best, key=len, default=[]))
