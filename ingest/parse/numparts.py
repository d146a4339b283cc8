"""The sections of a number format and what they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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


@dataclass(frozen=True, slots=True)
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


@lru_cache(maxsize=2048)
def sections(pattern: str) -> tuple[Section, ...]:
    """The sections of a pattern, in order."""
    found: list[Section] = []
    parts: list[Part] = []
    condition: tuple[str, float] | None = None
    chinese = False

    def close() -> None:
        nonlocal condition, chinese
        numeric = any(part.kind in ("digit", "exp") for part in parts)
        dated = any(part.kind in ("date", "half", "elapsed") for part in parts) and not numeric
        found.append(Section(tuple(parts), condition, dated, any(part.kind == "general" for part in parts), chinese))
        parts.clear()
        condition = None

    for match in _TOKEN.finditer(pattern):
        kind, text = match.lastgroup or "other", match.group(match.lastgroup or 0)
        if kind == "other" and text == ";":
            close()
        elif kind == "bracket":
            if told := _CONDITION.fullmatch(text):
                condition = told[1], float(told[2])
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
    return tuple(found)
