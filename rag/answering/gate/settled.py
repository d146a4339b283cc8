"""What a token is where it stands: `not able to` is one operator, `from $49` without an end is a lower limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.tok import Tok

_HOW_OFTEN = frozenset("a an per every each in daily weekly monthly unless if for only".split())
_EXCEPT_ZH = frozenset(("除", "除了", "除去"))
_MONEY = frozenset(("usd", "eur", "gbp", "cny"))


@dataclass(frozen=True, slots=True)
class _Place:
    """A token among the others; strings are the marks between them."""

    tokens: Sequence[Tok | str]
    at: int

    @property
    def before(self) -> Tok | None:
        other = self.tokens[self.at - 1] if self.at else None
        return other if isinstance(other, Tok) else None

    @property
    def after(self) -> Tok | None:
        other = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        return other if isinstance(other, Tok) else None

    def counted(self) -> bool:
        """Whether a number stands behind it."""
        return any(isinstance(t, Tok) and t.kind == "number" for t in self.tokens[self.at + 1 : self.at + 4])


def settled(tokens: Sequence[Tok | str]) -> Iterator[Tok | str]:
    """Without those that are part of another one."""
    for at, token in enumerate(tokens):
        if isinstance(token, str):
            yield token
        elif (placed := _placed(_Place(tokens, at), token)) is not None:
            yield placed


def _placed(place: _Place, token: Tok) -> Tok | None:
    text = token.text.lower()
    if (rule := _RULES.get(text)) is not None:
        return rule(place, token)
    if token.kind == "operator":
        return _operator(place, token, text)
    if token.key == "1 ord" and text.startswith("第一次"):
        return Tok("new", "operator", token.text)
    return Tok("half", "operator", token.text) if token.kind == "number" and token.key == "5 off" else token


def _operator(place: _Place, token: Tok, text: str) -> Tok | None:
    around = [*place.tokens[max(place.at - 1, 0) : place.at], *place.tokens[place.at + 1 : place.at + 3]]
    if token.key == "can" and any(isinstance(t, Tok) and t.kind == "operator" and t.key == "not" for t in around):
        return None
    if token.key == "ge" and text.startswith(("reach", "达到", "到达")) and not place.counted():
        return Tok("reach", "word", token.text)
    return token


def _function(token: Tok) -> Tok:
    return Tok(token.text.lower(), "function", token.text)


def _once(place: _Place, token: Tok) -> Tok:
    often = place.before is not None and (place.after is None or place.after.text.lower() in _HOW_OFTEN)
    return Tok("1 time", "number", token.text) if often else token


def _so(place: _Place, token: Tok) -> Tok:
    """这样, where it begins a clause."""
    return Tok("so", "join", token.text) if place.at and isinstance(place.tokens[place.at - 1], str) else token


def _begin(place: _Place, token: Tok) -> Tok:
    """9 月 1 日开始."""
    return Tok("since", "operator", token.text) if place.before is not None and place.before.unit == "date" else token


def _only(place: _Place, token: Tok) -> Tok | None:
    """三只, 每只."""
    before = place.before
    return None if before is not None and (before.kind == "number" or before.text.endswith("每")) else token


def _partly(place: _Place, token: Tok) -> Tok:
    """续重部分."""
    alone = place.before is not None and place.before.content and (place.after is None or not place.after.content)
    return _function(token) if alone else token


def _first(place: _Place, token: Tok) -> Tok:
    """前 30 分钟."""
    after = place.after
    return Tok("first", "word", token.text) if after is not None and after.kind == "number" and after.unit != "date" else token


def _ever(place: _Place, token: Tok) -> Tok:
    """换开过一次."""
    done = place.before is not None and place.before.content and (place.after is None or place.after.text != "了")
    return _function(token) if done else token


def _off(place: _Place, token: Tok) -> Tok:
    """15 % off."""
    return Tok("discount", "word", token.text) if place.before is not None and place.before.unit == "pct" else token


def _done(place: _Place, token: Tok) -> Tok:
    """选好角色."""
    before = place.before
    return _function(token) if before is not None and before.kind == "word" and before.key in VERBS else token


def _formerly(place: _Place, token: Tok) -> Tok:
    """之前换开过."""
    begins = place.before is None or place.before.kind == "join"
    return _function(token) if begins and place.after is not None and place.after.content else token


def _outside(place: _Place, token: Tok) -> Tok | None:
    """除…外, 30 天外."""
    if any(isinstance(t, Tok) and t.text in _EXCEPT_ZH for t in place.tokens[max(place.at - 16, 0) : place.at]):
        return None
    return Tok("gt", "operator", token.text) if place.before is not None and place.before.kind == "number" else token


def _over(place: _Place, token: Tok) -> Tok:
    """Prepositions that are limits only before a number: under 5 kg."""
    return _function(token) if token.kind == "operator" and not place.counted() else token


def _from(place: _Place, token: Tok) -> Tok:
    """From $49, since 2020."""
    after = place.after
    if token.key != "from" or after is None or after.kind != "number" or ".." in after.key:
        return token
    if after.unit in _MONEY:
        return Tok("ge", "operator", token.text)
    return Tok("since", "operator", token.text) if after.unit == "date" else token


_RULES: dict[str, Callable[[_Place, Tok], Tok | None]] = {
    word: rule
    for words, rule in (
        ("once", _once),
        ("这样", _so),
        ("开始", _begin),
        ("只", _only),
        ("部分", _partly),
        ("前", _first),
        ("过", _ever),
        ("off", _off),
        ("好 掉 走", _done),
        ("之前 以前 此前", _formerly),
        ("外 以外 之外", _outside),
        ("under about over above below", _over),
        ("from", _from),
    )
    for word in words.split()
}
