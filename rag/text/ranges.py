"""Ranges of amounts as columns and rows are called: up to 5 kg, 10–25 kg, 25 kg 以上; which of them an amount lies in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from rag.text.numerals import zh_number
from rag.text.tokens import longest_first, one_line

_UNITS = {
    "g": r"kg|kgs|kilos?|kilograms?|千克|公斤|斤|g|grams?|克|lbs?|pounds?",
    "m": r"km|kilomet(?:re|er)s?|公里|千米|m|met(?:re|er)s?|米|cm|厘米",
    "s": r"minutes?|mins?|分钟|hours?|hrs?|h|小时|days?|天|日|weeks?|周|months?|个月|years?|年",
    "age": r"years? old|岁|周岁",
    "people": r"people|persons|guests|人|位",
    "b": r"gb|tb|mb",
}
_SCALE = {
    **dict.fromkeys("kg kgs kilo kilos kilogram kilograms 千克 公斤".split(), 1000.0), "斤": 500.0, "lb": 453.6, "lbs": 453.6,
    "pound": 453.6, "pounds": 453.6,
    **dict.fromkeys("km kilometre kilometres kilometer kilometers 公里 千米".split(), 1000.0), "cm": 0.01, "厘米": 0.01,
    **dict.fromkeys("minute minutes min mins 分钟".split(), 60.0), **dict.fromkeys("hour hours hr hrs h 小时".split(), 3600.0),
    **dict.fromkeys("day days 天 日".split(), 86400.0), **dict.fromkeys("week weeks 周".split(), 604800.0),
    **dict.fromkeys("month months 个月".split(), 2629800.0), **dict.fromkeys("year years 年".split(), 31557600.0),
    "gb": 1000.0, "tb": 1e6,
}  # fmt: skip
_UNIT = "|".join(f"(?P<{name}>(?:{words})(?![a-z]))" for name, words in _UNITS.items())
_NUMBER = r"\d+(?:[.,]\d+)?"
_AMOUNT = re.compile(rf"(?<![A-Za-z0-9_.€$£¥])(?<!\d,)(?P<n>{_NUMBER})\s*(?:{_UNIT})")
_FIRST_UNIT = _UNIT.replace("(?P<", "(?P<x")
_BETWEEN = re.compile(
    rf"(?<![A-Za-z0-9_.])(?<!\d,)(?P<a>{_NUMBER})\s*(?:{_FIRST_UNIT})?\s*(?:–|—|-|~|to|至|到)\s*(?P<n>{_NUMBER})\s*(?:{_UNIT})"
)
_MOST = re.compile(r"up to|under|below|less than|at most|max(?:imum)?|until|within|<=?|≤|以下|以内|不足|不超过|小于|之内")
_LEAST = re.compile(
    r"over|above|more than|at least|from|or more|and (?:more|above|over|up)|>=?|≥|\+|以上|超过|大于|起|不少于|满"
)
_HAN_UNITS = longest_first({unit for words in _UNITS.values() for unit in words.split("|") if unit[0] >= "\u4e00"})
_LONGEST = 60  # characters of a name that may be a range


@lru_cache(maxsize=4_000)
def read_range(text: str) -> tuple[float, float, str] | None:
    """(least, most, what it measures) of a name that is a range of one amount, in base units; None for any other."""
    if len(text) > _LONGEST or not any(map(str.isdigit, text)):
        return None
    plain = one_line(text)
    if (match := _BETWEEN.search(plain)) is not None:
        kind, unit = _unit(match)
        return _value(match["a"], unit), _value(match["n"], unit), kind
    if (match := _AMOUNT.search(plain)) is None:
        return None
    kind, unit = _unit(match)
    around = plain[: match.start()] + " " + plain[match.end() :]
    value = _value(match["n"], unit)
    if _MOST.search(around):
        return 0.0, value, kind
    return (value, math.inf, kind) if _LEAST.search(around) else None


def within(question: str, names: Sequence[str]) -> frozenset[str] | None:
    """Those of the names, two or more of which are ranges of one kind, that hold an amount of the question: the narrowest;
    empty where none holds it. None: the names are no such ranges, or the question has no such amount."""
    ranges = {name: span for name in names if (span := read_range(name)) is not None}
    kinds = {kind for _, _, kind in ranges.values()}
    if len(ranges) < 2 or len(kinds) != 1:
        return None
    amounts = [value for value, kind in amounts_in(question) if kind in kinds]
    if len(amounts) != 1:
        return None
    fits = [name for name, (least, most, _) in ranges.items() if least <= amounts[0] <= most]
    return frozenset(sorted(fits, key=lambda name: ranges[name][1] - ranges[name][0])[:1])


@lru_cache(maxsize=4_000)
def amounts_in(question: str) -> tuple[tuple[float, str], ...]:
    """(amount in base units, what it measures) of each that a question names."""
    plain = one_line(question)
    matches = list(_AMOUNT.finditer(plain)) or _AMOUNT.finditer(_COUNTED.sub(lambda one: str(zh_number(one[0])), plain))
    return tuple((_value(one["n"], _unit(one)[1]), _unit(one)[0]) for one in matches)


_COUNTED = re.compile(
    rf"(?=[一二两三四五六七八九十百])(?:[一二两三四五六七八九]?[十百])?[一二两三四五六七八九]?十?[一二两三四五六七八九]?(?<=[一二两三四五六七八九十百])"
    rf"(?=\s*(?:{'|'.join(_HAN_UNITS)}))"
)


def _unit(match: re.Match[str]) -> tuple[str, str]:
    return next((name, match[name]) for name in _UNITS if match[name])


def _value(number: str, unit: str) -> float:
    return float(number.replace(",", ".")) * _SCALE.get(unit, 1.0)
