"""Whether two words are the same thing in other spelling, and where a claim's words stand in its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from rag.answering.gate.tok import Tok
from rag.domain.grounding import Fault

if TYPE_CHECKING:
    from rag.answering.gate.units import Unit
    from rag.answering.gate.vectors import Meant

_DIGITS = re.compile(r"\d+(?:\.\d+)?")


_EACH = {"1 day": "day", "7 day": "week", "1 month": "month", "12 month": "year", "3600 s": "hour", "1 deg": "度"}


def weigh(tokens: Iterable[Tok]) -> float:
    return sum(1.5 if t.fact else 0.5 if len(t.key) == 1 and not t.key.isascii() else 1.0 for t in tokens)


def alike(here: Tok, there: Tok) -> bool:
    """Whether two content tokens are the same thing in other spelling."""
    if here.kind == "number" or there.kind == "number":
        if here.kind != there.kind:
            number, word = (here, there) if here.kind == "number" else (there, here)
            return (
                word.kind == "word" and _EACH.get(number.key) == word.key and number.text.lower().startswith(("1", "一", "one"))
            )  # 一天, 每天
        return here.key == there.key or _same_number(here, there)
    if here.key == there.key:
        return True
    one, other = here.key, there.key
    if len(one) > 1 and len(other) > 1 and not one.isascii() and not other.isascii() and min(len(one), len(other)) > 1:
        return one in other or other in one
    return False


def _same_number(here: Tok, there: Tok) -> bool:
    if {here.unit, there.unit} == {"day", "s"}:  # 48 hours, two days
        days, seconds = (here, there) if here.unit == "day" else (there, here)
        return _scaled(days.key, 86400) == seconds.key.removesuffix(" s")
    if {here.key, there.key} == {"0.5 month", "15 day"} or (
        there.unit == "cny" and not here.unit and here.text.endswith("万") and there.key == f"{here.key} cny"
    ):
        return True
    written = None if ".." in there.key else _DIGITS.match(there.text)
    one = here.key.removesuffix(here.unit).strip()
    other = written.group() if written is not None else there.key.removesuffix(there.unit).strip()
    if here.unit == there.unit or one != other:
        return False
    if {here.unit, there.unit} in ({"deg", "c"}, {"deg", "f"}):
        return True
    return not here.unit and there.unit not in ("pct", "permille", "pp", "date", "clock", "ord", "usd", "eur", "gbp", "cny")


def _scaled(key: str, factor: int) -> str:
    """Of each end of a range."""
    ends = key.removesuffix(" day").split("..")
    try:
        return "..".join(format((Decimal(end) * factor).normalize(), "f") for end in ends)
    except InvalidOperation:
        return ""


def measured(here: Tok, there: Tok, units: set[str]) -> bool:
    """Whether a number that lost its unit has it from another one: `10 years, and the motor for 3`."""
    alike_units = {here.unit, there.unit} <= {"day", "s"} or {here.unit, there.unit} <= {"deg", "c", "f"}
    return here.kind != "number" or alike_units or here.unit == there.unit or not there.unit or there.unit in units


@dataclass(slots=True)
class Laid:
    """The claim's content tokens on the unit's clauses."""

    at: list[list[tuple[int, int]]]  # of each content token: where in the unit
    used: set[int] = field(default_factory=set)
    place: list[tuple[int, int] | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison. `close`, 0–1: how much of the claim stands there."""

    fault: Fault | None
    close: float
    prose: bool = False  # of a sentence, all of whose words were found


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be said again. `names` and `words` of the question and of the sentence before."""

    words: frozenset[str] = frozenset()
    question_keys: frozenset[str] = frozenset()  # of the question alone
    first: bool = True  # nothing was said before, so that a pronoun means what the question is about
    common: Callable[[], frozenset[str]] = (
        frozenset  # names that stand in many places of the passages: leaving them out changes nothing
    )
    elsewhere: frozenset[str] = frozenset()  # words of other rows, or sentences, of the passage: not this one in other words
    strict: bool = False  # of a passage that is not cited: no word may be missing
    around: Sequence[Unit] = ()  # the other units of the passage
    meant: Meant | None = None  # the claim's words as vectors, where the model gives them
