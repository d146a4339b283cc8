"""The sections of a number format and what they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]|(?P<general>general)'
    r"|(?P<half>am/pm|a/p|上午/下午)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|a{3,4}|e+|b+)(?![+-]\d)|(?P<exp>e[+-])|(?P<digit>[0#?])"
    r"|(?P<mark>[.,%/@])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CHINESE = ("804", "404", "c04", "1004", "zh-")


@dataclass(frozen=True, slots=True)
class Part:
    """`kind`: `literal`, `digit`, `mark`, `date`, `elapsed`, `half`, `exp`, `general`."""

    kind: str
    text: str


TEXT = Part("mark", "@")
"""Where a section for texts has the text."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Where the digits of a section for numbers are, worked out once for all its cells.

    Attributes:
        at: all digit places; `integers`: those before the point; `decimals`: those behind it.
        marks: by place, what stands there that is a mark.
        times, over: what a value is multiplied with (percent) and divided by (thousands left out).
        point, power: place of the decimal point and of the exponent; the number of parts where there is none.
        thousands: the integer part is parted by commas.
        step: the smallest difference that is shown.
        edges: what stands before and behind, of a section that has all its digits in one run; else None.
    """

    at: tuple[int, ...]
    marks: dict[int, str]
    times: Decimal
    over: Decimal
    point: int
    power: int
    integers: tuple[int, ...]
    decimals: tuple[int, ...]
    thousands: bool
    is_fraction: bool
    step: Decimal
    edges: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Moments:
    """What a section for dates shows, worked out once. `minutes`: the places where `m` counts minutes."""

    elapsed: bool
    fine: bool
    half: bool
    has_time: bool
    has_day: bool
    minutes: frozenset[int]


@dataclass(frozen=True)
class Section:
    """What a format says of one kind of value."""

    parts: tuple[Part, ...]
    condition: tuple[str, float] | None
    is_date: bool
    is_general: bool
    chinese: bool

    def holds(self, value: float) -> bool:
        if self.condition is None:
            return True
        sign, limit = self.condition
        return {
            "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
            "=": value == limit, "<>": value != limit,
        }[sign]  # fmt: skip

    @cached_property
    def digits(self) -> Digits | None:
        """None for a section without a place for a digit."""
        return _digits(self.parts)

    @cached_property
    def moments(self) -> Moments:
        return _moments(self.parts)


def _digits(parts: tuple[Part, ...]) -> Digits | None:
    at = tuple(i for i, part in enumerate(parts) if part.kind == "digit")
    if not at:
        return None
    marks = {i: part.text for i, part in enumerate(parts) if part.kind == "mark"}
    point = next((i for i, mark in marks.items() if mark == "." and (i < at[-1] or i == at[-1] + 1)), len(parts))
    power = next((i for i, part in enumerate(parts) if part.kind == "exp"), len(parts))
    integers, decimals = tuple(i for i in at if i < min(point, power)), tuple(i for i in at if point < i < power)
    is_fraction = any(mark == "/" and at[0] < i < at[-1] + 2 for i, mark in marks.items())
    first, last = min(at[0], point), max(at[-1], point if point < len(parts) else 0)
    run = all(i in at or i == point or marks.get(i) == "," for i in range(first, last + 1))
    edges = _shown(parts[:first]), _shown(parts[last + 1 :])
    return Digits(
        at,
        marks,
        Decimal(100) ** sum(mark == "%" for mark in marks.values()),
        Decimal(1000) ** sum(mark == "," and i > at[-1] for i, mark in marks.items()),
        point,
        power,
        integers,
        decimals,
        any(mark == "," and integers and integers[0] < i < integers[-1] for i, mark in marks.items()),
        is_fraction,
        Decimal(1).scaleb(-len(decimals)),
        edges if run and not is_fraction and power == len(parts) else None,
    )


def _shown(parts: tuple[Part, ...]) -> str:
    return "".join("" if part == Part("mark", ",") else part.text for part in parts)


def _moments(parts: tuple[Part, ...]) -> Moments:
    dated = [part.text for part in parts if part.kind == "date"]
    half = any(part.kind == "half" for part in parts)
    return Moments(
        any(part.kind == "elapsed" for part in parts),
        any("." in text for text in dated),
        half,
        half or any(text[0] in "hs" for text in dated),
        any(text[0] in "yde" for text in dated),
        frozenset(i for i, part in enumerate(parts) if part.kind == "date" and _is_minute(parts, i)),
    )


def _is_minute(parts: tuple[Part, ...], i: int) -> bool:
    """`m` beside hours or seconds counts minutes."""
    timed = [(n, part) for n, part in enumerate(parts) if part.kind in ("date", "elapsed")]
    at = next(n for n, (place, _) in enumerate(timed) if place == i)
    before = timed[at - 1][1].text[0] if at else ""
    after = timed[at + 1][1].text[0] if at + 1 < len(timed) else ""
    return before == "h" or after == "s"


@lru_cache(maxsize=2048)
def numeric(pattern: str) -> tuple[tuple[Section, ...], bool]:
    """The sections that are not for texts; whether one of them has a condition."""
    chosen = tuple(section for section in sections(pattern) if TEXT not in section.parts)
    return chosen, any(section.condition for section in chosen)


@lru_cache(maxsize=2048)
def sections(pattern: str) -> tuple[Section, ...]:
    """The sections of a pattern, in order."""
    parsed: list[Section] = []
    parts: list[Part] = []
    condition: tuple[str, float] | None = None
    chinese = False

    def close() -> None:
        nonlocal condition, chinese
        numeric = any(part.kind in ("digit", "exp") for part in parts)
        dated = any(part.kind in ("date", "half", "elapsed") for part in parts) and not numeric
        parsed.append(Section(tuple(parts), condition, dated, any(part.kind == "general" for part in parts), chinese))
        parts.clear()
        condition = None

    for match in _TOKEN.finditer(pattern):
        kind, text = match.lastgroup or "other", match.group(match.lastgroup or 0)
        if kind == "other" and text == ";":
            close()
        elif kind == "bracket":
            if compared := _CONDITION.fullmatch(text):
                condition = compared[1], float(compared[2])
            elif text.startswith("$"):
                symbol, _, locale = text[1:].partition("-")
                chinese |= locale.lower().endswith(_CHINESE) or locale.lower().startswith(_CHINESE)
                parts.append(Part("literal", symbol))
            elif _ELAPSED.fullmatch(text):
                parts.append(Part("elapsed", text.lower()))
        elif kind == "space":
            parts.append(Part("literal", " "))
        elif kind in ("quoted", "escaped", "other"):
            parts.append(Part("literal", text))
        elif kind != "fill":
            parts.append(Part(kind, text if kind == "half" else text.lower()))
    close()
    return tuple(parsed)
