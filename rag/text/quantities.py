"""Values of a table's cells as quantities that can be put in order: €849, 1.5 TB, 90 min, 19 元/月."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from rag.text.tokens import one_line


class Quantity(NamedTuple):
    """`dimension` is empty where the value is comparable with any: unlimited."""

    dimension: str
    amount: float


_TIME, _DATA, _MASS, _LENGTH = "time", "data", "mass", "length"  # in minutes, bytes, grams, metres
_UNITS: dict[str, tuple[str, float]] = {
    unit: (dimension, factor)
    for dimension, factor, units in (
        (_TIME, 1 / 60, "s sec second seconds 秒"),
        (_TIME, 1, "min mins minute minutes 分钟 分"),
        (_TIME, 60, "h hr hrs hour hours 小时 个小时 钟头"),
        (_TIME, 1440, "day days 天 日"),
        (_TIME, 10080, "week weeks 周 星期"),
        (_TIME, 43200, "month months 月 个月"),
        (_TIME, 525600, "year years yr yrs 年"),
        (_DATA, 1e3, "kb"),
        (_DATA, 1e6, "mb"),
        (_DATA, 1e9, "gb"),
        (_DATA, 1e12, "tb"),
        (_MASS, 1, "g gram grams 克"),
        (_MASS, 1e3, "kg kilogram kilograms kilos 千克 公斤"),
        (_LENGTH, 1e-3, "mm 毫米"),
        (_LENGTH, 1e-2, "cm 厘米"),
        (_LENGTH, 1, "m metre metres meter meters 米"),
        (_LENGTH, 1e3, "km 公里 千米"),
    )
    for unit in units.split()
}
_NUMBER = re.compile(r"(?<![a-z\d.,])(?:\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)")  # not the 2 of m2
_HEDGED = re.compile(
    r"^(?:from|up to|about|approx\.?|ca\.?|around|max\.?|min\.?|至少|最多|最高|最长|不超过|约|大约|≤|≥|<|>|~)\s*"
)
_END = re.compile(r"(?:起|以内|左右|以上| each| only)$")
_ENDLESS = re.compile(r"unlimited|no limit|不限(?:量|制|次数)?|无限(?:制|量)?|lifetime|终身|永久")
_FREE = re.compile(r"free(?: of charge)?|免费|gratis")


@lru_cache(maxsize=8_192)
def quantity(value: str) -> Quantity | None:
    """Of a value of one number with its unit; None for a range, a ratio, several numbers or none."""
    text = _END.sub("", _HEDGED.sub("", one_line(value))).strip()
    if _ENDLESS.fullmatch(text):
        return Quantity("", math.inf)
    if _FREE.fullmatch(text):
        return Quantity("", 0.0)
    numbers = list(_NUMBER.finditer(text))
    if len(numbers) != 1:
        return None
    number = numbers[0]
    before, after = text[: number.start()].strip(), text[number.end() :].strip()
    digits = number.group()
    plain = digits.replace(",", "") if re.fullmatch(r"\d+(?:,\d{3})+(?:\.\d+)?", digits) else digits.replace(",", ".")
    dimension, factor = _UNITS.get(after, (after, 1.0)) if not before else (f"{before} {after}", 1.0)
    return Quantity(dimension, float(plain) * factor)


def comparable(values: list[str]) -> list[float] | None:
    """Amounts of values of one dimension, in order; None where one is no quantity or they cannot be compared."""
    read = [quantity(value) for value in values]
    known = [one for one in read if one is not None]
    if len(known) < len(read) or len({one.dimension for one in known if one.dimension}) > 1:
        return None
    return [one.amount for one in known]
