"""A word of the evidence that a claim in other words leaves out, where it may not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.answering.gate.aligned import Aligned, Spot
from rag.answering.gate.alike import Known, alike
from rag.answering.gate.lexicon import LIGHT
from rag.answering.gate.little import says_little
from rag.answering.gate.scope import GONE
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit

HELD = 0.38  # cosine from which on a word of the evidence is held by one of the claim
_CLOSE = 0.45  # cosine from which on it needs no word of its own there
_YOU = frozenset("you your yours everyone everybody anyone 您 你 大家".split())
_ANYBODY = frozenset(
    "member user guest client visitor buyer passeng peopl person somebody 客人 旅客 消费者 访客 住客".split()
)  # whom `you` means


def omitted(part: Sequence[Clause], laid: Aligned, unit: Unit, known: Known, *, verbatim: bool = False) -> Tok | None:  # noqa: C901 - one place for it
    """A word of the used clauses that the claim does not say, in whatever words."""
    column = {id(t): n for n, t in enumerate(unit.reading.tokens)}
    held = laid.sims.max(axis=0) if laid.sims.size else np.zeros(len(column), np.float32)
    places = {p for p in laid.place if p is not None}
    negated = any(t.key == "not" and t.kind == "operator" for clause in part for t in clause.tokens) and not any(
        t.key == "not" for at in laid.used for t in laid.there[at].tokens
    )
    addressed = any(t.text.lower() in _YOU for clause in part for t in clause.tokens)
    # Words that may stand for one of the evidence that has no other: of two that are near to something one may be.
    free = sum(how in ("missing", "light") for how in laid.how) + sum(how == "near" for how in laid.how) // 2
    at_ease = not verbatim and all(how in ("exact", "near", "light", "above") for how in laid.how)
    for at in sorted(laid.used):
        for n, token in enumerate(laid.there[at].tokens):
            if not token.content or (at, n) in places or token.soft or token.key in LIGHT:
                continue
            if any(alike(t, token) for t in laid.claim) or (token.kind != "number" and token.key in unit.context.keys):
                continue
            if (
                token.key in known.question_keys
                or token.key in known.common()
                or (token.kind == "name" and token.key in known.words)
            ):
                continue
            if token.kind == "word" and says_little(laid.there[at].tokens, n, {m for c, m in places if c == at}):
                continue
            if (token.key in _ANYBODY and addressed) or (token.key in GONE and negated):
                continue
            if token.kind == "number" and (_converted(laid, at, token) or _describes(laid.there[at].tokens, n, places, at)):
                continue
            if token.kind == "name" and _of_coded(laid.there[at].tokens, n, places, at):
                continue
            if token.key in _THEN and n and laid.there[at].tokens[n - 1].text.lower() in _POINTING:
                continue
            if token.kind == "word" and held[column[id(token)]] >= HELD and free > 0:
                free -= 1
                continue
            if (
                token.kind == "word"
                and not verbatim
                and _said_besides(token, held[column[id(token)]], laid.there[at].tokens, n, {m for c, m in places if c == at})
            ):
                continue
            if _on_the_way(laid.there[at].tokens, n, {m for c, m in places if c == at}):
                continue
            if (
                at_ease
                and token.kind == "word"
                and _may_lack(laid, token, laid.there[at].tokens, n, {m for c, m in places if c == at})
            ):
                at_ease = False
                continue
            return token
    return None


_WHOM = frozenset("buyer seller client member user guest owner 买家 卖家 本人".split())


def _said_besides(token: Tok, close: float, tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether a word close to it is said, or it only says that there is a limit: `is good for up to 110 km`, `your account`.
    One that tells which of a kind is meant (opened bottles) is close to those, and said by none."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if close >= _CLOSE and token.key not in _WHOM and not _tells_which(tokens, at, held):
        return True
    if token.key == "valid" and after is not None and (after.kind == "number" or after.key == "le"):
        return True
    return token.key in _ACCOUNT and at > 0 and tokens[at - 1].text.lower() in ("your", "您的", "你的")


def _may_lack(laid: Aligned, token: Tok, tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether it is the one word that is left of a clause said otherwise in full: none that tells which of a kind is meant."""
    if token.key in _WHOM or len(held) < _FULL or sum(how == "exact" for how in laid.how) < _FULL:
        return False
    bound = at > 0 and tokens[at - 1].kind == "operator"
    return not _tells_which(tokens, at, held) and not bound


def _tells_which(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether it stands before what the claim speaks of: 定制商品, unused goods."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is not None and (after.text == "的" or (after.content and at + 1 in held))


_FULL = 4
_ACCOUNT = frozenset("account 账号 账户 帐号".split())


def _on_the_way(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether it is a step of a path through menus, of which the claim says nothing: 在 设置 > 账单 中."""
    first = last = at
    while first > 0 and (tokens[first - 1].content or tokens[first - 1].text == ">"):
        first -= 1
    while last + 1 < len(tokens) and (tokens[last + 1].content or tokens[last + 1].text == ">"):
        last += 1
    marks = [n for n in range(first, last + 1) if tokens[n].text == ">"]
    if not marks:
        return False
    end = next((n for n in range(marks[-1] + 1, last + 1) if tokens[n].text in _INSIDE), min(marks[-1] + 1, last))
    return first <= at <= end and not held & set(range(first, end + 1))


_INSIDE = frozenset("中 里 内".split())
_TWICE = ({"c", "f"}, {"kg", "lb"}, {"g", "oz"}, {"cm", "in"}, {"m", "ft"}, {"km", "mile"}, {"m2", "ft2"})


def _converted(laid: Aligned, at: int, token: Tok) -> bool:
    """Whether a number stands there in other units too, which the claim gives: 32–113 °F (0–45 °C)."""
    near = [t for c in (at - 1, at + 1) if 0 <= c < len(laid.there) for t in laid.there[c].tokens if t.kind == "number"]
    return any({token.unit, t.unit} in _TWICE and any(alike(o, t) for o in laid.claim) for t in near)


_THEN = frozenset("time case point moment".split())  # `during that time`
_POINTING = frozenset("that this these those same the".split())
_SET_APART = frozenset(("", "day", "s", "month", "bday", "pct", "usd", "eur", "gbp", "cny", "date", "clock", "time", "person"))


def _describes(tokens: Sequence[Tok], at: int, places: set[Spot], clause: int) -> bool:
    """Whether a measure only stands before what the claim speaks of: `a built-in 10,400 mAh battery`."""
    if tokens[at].unit in _SET_APART or (at and tokens[at - 1].kind == "operator"):
        return False
    for n in range(at + 1, min(at + 3, len(tokens))):
        if tokens[n].kind != "word":
            return False
        if (clause, n) in places:
            return True
    return False


def _of_coded(tokens: Sequence[Tok], at: int, places: set[Spot], clause: int) -> bool:
    """Whether it is part of the name of a model that the claim names by its code: `Outdoor Battery Cam B5`."""
    for n in range(at + 1, min(at + 4, len(tokens))):
        if not tokens[n].fact or tokens[n].kind == "number":
            return False
        if any(c.isdigit() for c in tokens[n].key):
            return (clause, n) in places
    return False
