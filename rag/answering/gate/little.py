"""Words that say little where they stand: verbs that may be other verbs, counts of what is listed, words of one root."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.gate.lexicon import CONTRAST_ZH, LIGHT, VERBS
from rag.answering.gate.tok import Clause, Tok

_TIMES = frozenset("after before until since if while unless".split())


def light(token: Tok) -> bool:
    """Whether a word of a claim adds nothing: a tab, a page; not one that is written as a name."""
    return token.key in LIGHT and (token.kind != "name" or token.opens)


_BEHIND = frozenset("后 之后 以后 前 之前 以前".split())
_MOMENTS = frozenset("day date moment 日期 当天 那天 之日".split())


def timed(tokens: Sequence[Tok], at: int) -> bool:
    """Whether a word tells from when, or till when: there a verb is a fact."""
    before, after = tokens[max(at - 4, 0) : at], () if tokens[at].text.isascii() else tokens[at + 1 : at + 3]
    if not tokens[at].text.isascii():  # 提交后进入: what stands before 后 is the moment
        before = tuple(t for t in before if t.text not in _BEHIND)
    return any(
        (t.kind == "operator" and t.key in _TIMES) or (t.kind == "word" and t.key in _MOMENTS) for t in (*before, *after)
    )


def counts(token: Tok, part: Sequence[Clause]) -> bool:
    """Whether a number is how many things the claim lists: `three ways: by post, by phone and in person`."""
    if token.kind != "number" or token.unit or not token.key.isdigit():
        return False
    runs, run = set(), 1
    for clause in part[1:]:
        runs.add(run)
        run = 1 if clause.hard or clause.mark == "colon" else run + 1
    return int(token.key) > 1 and int(token.key) in {*runs, run}


def says_little(tokens: Sequence[Tok], at: int, held: set[int]) -> bool:
    """Whether it is a verb that says little, what it costs, or stands before one: `essential features for`."""
    token = tokens[at]
    if token.key == "cost" and any(tokens[n].unit in _MONEY for n in held):
        return True
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if token.key in VERBS:
        participle = token.text.endswith(("ed", "en", "ing")) and after is not None and at + 1 in held  # opened bottles
        which = after is not None and after.text == "的"  # 拆封的商品
        return not (participle or which) and not timed(tokens, at)
    return (
        after is not None and after.kind == "word" and at + 1 not in held and after.key in VERBS and not timed(tokens, at + 1)
        and token.text.isascii()
    )  # fmt: skip


_MONEY = frozenset("usd eur gbp cny jpy hkd cent".split())


def kin(one: Tok, other: Tok) -> bool:
    """Whether they have one root: process, processor."""
    short, long = sorted((one.key, other.key), key=len)
    if len(short) == 1 and len(long) == 2 and not short.isascii():  # 洗, 清洗
        return short in long and short not in CONTRAST_ZH
    return len(short) > 4 and long.startswith(short[: max(5, len(short) - 1)]) and one.key.isascii()
