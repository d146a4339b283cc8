"""A word of the evidence that a claim in other words leaves out, where it may not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rag.answering.gate.aligned import Aligned
from rag.answering.gate.alike import Known, alike
from rag.answering.gate.lexicon import LIGHT, VERBS
from rag.answering.gate.little import says_little
from rag.answering.gate.scope import GONE
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit

HELD = 0.38  # cosine from which on a word of the evidence is held by one of the claim
_CLOSE = 0.38  # cosine from which on it needs no word of its own there
_YOU = frozenset("you your yours everyone everybody anyone 您 你 大家".split())
_ANYBODY = frozenset(
    "member user guest client visitor buyer holder passeng peopl person somebody 客人 旅客 消费者 访客 住客".split()
)  # whom `you` means


def omitted(part: Sequence[Clause], laid: Aligned, unit: Unit, known: Known, *, verbatim: bool = False) -> Tok | None:
    """A word of the used clauses that the claim does not say, in whatever words."""
    left = _Left(part, laid, unit, known, verbatim)
    for at in sorted(laid.used):
        for n, token in enumerate(laid.there[at].tokens):
            if token.content and not token.soft and token.key not in LIGHT and not left.may_go(at, n, token):
                return token
    return None


class _Left:
    """What one claim may leave out of one unit. `free` and `at_ease` are spent on the words that go."""

    def __init__(self, part: Sequence[Clause], laid: Aligned, unit: Unit, known: Known, verbatim: bool):
        self._laid, self._unit, self._known, self._verbatim = laid, unit, known, verbatim
        column = {id(t): n for n, t in enumerate(unit.reading.tokens)}
        best = laid.sims.max(axis=0) if laid.sims.size else np.zeros(len(column), np.float32)
        self._close = {key: float(best[n]) for key, n in column.items()}
        self._places = {p for p in laid.place if p is not None}
        self._negated = any(t.key == "not" and t.kind == "operator" for clause in part for t in clause.tokens) and not any(
            t.key == "not" for at in laid.used for t in laid.there[at].tokens
        )
        self._addressed = any(t.text.lower() in _YOU for clause in part for t in clause.tokens)
        # Words that may stand for one of the evidence that has no other: of two that are near to something one may be.
        self._free = sum(how in ("missing", "light") for how in laid.how) + sum(how == "near" for how in laid.how) // 2
        self._at_ease = not verbatim and all(how in ("exact", "near", "light", "above") for how in laid.how)

    def may_go(self, at: int, n: int, token: Tok) -> bool:
        """Whether the token at this place of the unit is said, is known anyway, or adds nothing."""
        if (at, n) in self._places or self._is_known(token):
            return True
        tokens, held = self._laid.there[at].tokens, {m for c, m in self._places if c == at}
        if token.kind == "number":
            return False
        if _of_coded(tokens, n, held) or (token.kind == "word" and self._adds_nothing(tokens, n, held)):
            return True
        return token.kind == "word" and self._spent(tokens, n, held)

    def _is_known(self, token: Tok) -> bool:
        """Whether it is said in another place, stands above, or is what the question is about."""
        known = self._known
        if any(alike(t, token) for t in self._laid.claim) or (token.kind != "number" and token.key in self._unit.context.keys):
            return True
        return (
            token.key in known.question_keys
            or token.key in known.common()
            or (token.kind == "name" and token.key in known.words)
        )

    def _adds_nothing(self, tokens: Sequence[Tok], n: int, held: set[int]) -> bool:
        token = tokens[n]
        if (token.key in _ANYBODY and self._addressed) or (token.key in GONE and self._negated):
            return True
        if token.text == "每" and n + 1 in held:  # 每三个月一次, 三个月一次
            return True
        return says_little(tokens, n, held) or defined(tokens, n, held, self._known.around)

    def _spent(self, tokens: Sequence[Tok], n: int, held: set[int]) -> bool:
        """Whether a word of the claim may stand for it, or it is the one word that is left."""
        close = self._close[id(tokens[n])]
        if close >= HELD and self._free > 0:
            self._free -= 1
            return True
        if not self._verbatim and _said_besides(tokens[n], close, tokens, n, held):
            return True
        if self._at_ease and _may_lack(self._laid, tokens[n], tokens, n, held):
            self._at_ease = False
            return True
        return False


_WHOM = frozenset("buyer seller client member user guest owner 买家 卖家 本人".split())


def _said_besides(token: Tok, close: float, tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether a word close to it is said, or it only says that there is a limit: `is good for up to 110 km`, `your account`.
    One that tells which of a kind is meant (opened bottles) is close to those, and said by none."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if close >= _CLOSE and token.key not in _WHOM and not _tells_which(tokens, at, held):
        return True
    if token.key == "valid" and after is not None and (after.kind == "number" or after.key == "le"):
        return True
    while at > 1 and tokens[at - 1].kind == "name":  # your Plausible account
        at -= 1
    return token.key in _ACCOUNT and at > 0 and tokens[at - 1].text.lower() in ("your", "您的", "你的")


_THE = frozenset("the your its their 您的 你的".split())


def defined(tokens: Sequence[Tok], at: int, held: set[int], around: Sequence[Unit]) -> bool:
    """Whether a word only says more of the one thing that is meant: `the air filter of the indoor unit`, of the filter.

    Not where another thing of that kind is told of near it: `the water tank`, where there is a dust tank too.
    """
    first = at
    while first > 0 and tokens[first - 1].content:
        first -= 1
    if first == 0 or tokens[first - 1].text.lower() not in _THE:
        return False
    last = at
    while last + 1 < len(tokens) and tokens[last + 1].content:
        last += 1
    if last in held and not held & set(range(first, last)):
        which = tokens[first:last]
        return not any(_plainly_verbal(t) or not t.text.isascii() for t in which) and not _another(
            tokens[last].key, which, around
        )
    before = tokens[first - 2 : first - 1] if first > 1 else ()
    return bool(before) and before[0].text.lower() == "of" and first - 3 in held and not held & set(range(first, last + 1))


def _plainly_verbal(token: Tok) -> bool:
    """Whether it tells which of several: opened, unused, rented."""
    return token.fact or token.text.endswith(("ed", "ing", "en")) or token.text.startswith("un") or token.key in _WHICH


_WHICH = frozenset("new old first last next other same small big large left right upper lower front rear".split())


def _another(head: str, which: Sequence[Tok], around: Sequence[Unit]) -> bool:
    said = {t.key for t in which}
    for unit in around:
        for clause in unit.reading.clauses:
            for one, other in pairwise(clause.tokens):
                if other.key == head and one.content and one.key not in said and one.key not in VERBS and not one.opens:
                    return True
    return False


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


_FULL = 2
_ACCOUNT = frozenset("account 账号 账户 帐号".split())


def _of_coded(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether it is part of the name of a model that the claim names by its code: `Outdoor Battery Cam B5`."""
    for n in range(at + 1, min(at + 4, len(tokens))):
        if not tokens[n].content or tokens[n].kind == "number":
            return False
        if tokens[n].kind == "name" and any(c.isdigit() for c in tokens[n].key):
            return n in held
    return False
