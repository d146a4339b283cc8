"""Spans of days and of versions that can be compared: `2025年3月` is 31 days, `7.x` is all of 7."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

Number = tuple[int, ...]

_PARTS = 4
UNIT = re.compile(
    r"\s*-?\s*(?:[kmgt]?hz|[kmgt]i?b(?:ps|/s|it)?|[kmgt]bits?|[km]?w|[km]?wh|m?ah|k?v(?:olts?)?(?: [ad]c)?|watts?|amps?"
    r"|[mck]?m(?:/s)?|inch(?:es)?|ft|feet|k?g|lbs?|oz|[um]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|percent"
    r"|dollars?|usd|eur|euros?|yuan|rmb|stars?|times|x|million|billion|degrees?|mp|megapixels?|fps|dpi)(?![a-z])"
    r"|\s*(?:[%°℃\"″×]|元(?![数素])|美元|块|万|亿|小时|分(?![支区布片析表])|秒|天|周|个(?!人)|年|月|米|厘米|毫米|公里|英寸|寸|克(?!隆)|公斤"
    r"|千克|升(?!级)|倍|折|度|伏|安(?![装全])|瓦|兆|章|节(?!点)|号|次|条(?!件)|台)"
)
_YEAR_FIRST = re.compile(
    r"\b((?:19|20)\d\d)(?:\D{1,2})(\d{1,2})(?:\D{1,2}(\d{1,2}))?(?:日?[T\s]+(\d{1,2}):(\d\d)(?::(\d\d))?)?"
)
_COMPACT = re.compile(r"\b((?:19|20)\d\d)(\d\d)(\d\d)\b")
_YEAR_LAST = re.compile(r"\b(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d\d)\b")
_YEAR = re.compile(r"((?:19|20)\d\d)(?:\.0)?\s*年?")


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last`, both counted, as ordinals of `datetime.date`."""

    first: int
    last: int

    def meets(self, other: Days) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions from `low` up to, not counting, `high`.

    `single`: one version is meant, written as far as somebody cared to: `7.1` may be 7.1.3. In a comparison it counts as 7.1.0.
    """

    low: Number
    high: Number
    single: bool = False

    def meets(self, wanted: Versions) -> bool:
        """Whether this value of a field is among the wanted ones. Not symmetric."""
        if not self.single:
            return self.low < wanted.high and wanted.low < self.high
        less_exact = wanted.single and self.low <= wanted.low and wanted.high <= self.high
        return less_exact or wanted.low <= self.low < wanted.high


FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()
NO_VERSION, ANY_VERSION = (0,) * _PARTS, (10**9,)


def days(year: int, month: int = 0, day: int = 0) -> Days | None:
    """The day, month or year; None where there is none such."""
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return Days(first.toordinal(), first.toordinal())
    last_month = month or 12
    return Days(first.toordinal(), date(year, last_month, monthrange(year, last_month)[1]).toordinal())


def version(written: str) -> Versions:
    """Of digits with dots between: `7.1` is everything from 7.1 on that is before 7.2."""
    parts = tuple(map(int, written.split(".")))[:_PARTS]
    after = (*parts[:-1], parts[-1] + 1)
    return Versions(_padded(parts), _padded(after), single=True)


def _padded(parts: Number) -> Number:
    return (*parts, *(0,) * (_PARTS - len(parts)))


def read_days(text: str) -> Days | None:
    """The days that a field's value means; None: it is no date that we know."""
    if whole := _YEAR.fullmatch(text.strip()):
        return days(int(whole[1]))
    moment = when(text)
    return days(*moment[:3]) if moment else None


def when(written: str) -> tuple[int, ...]:
    """(year, month, day, hour, minute, second) of a written date, for order; () when it is none that we know.

    `2026-05-01`, `2026/5/1 08:30`, `2026年5月1日`, `20260501`; `31.5.2026` by day, `5/31/2026` by month where it is one.
    """
    if match := _COMPACT.search(written) or _YEAR_FIRST.search(written):
        parts = [int(part or 0) for part in match.groups()]
        return tuple(parts + [0] * (6 - len(parts)))
    if match := _YEAR_LAST.search(written):
        first, mark, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
        month, day = (first, second) if mark == "/" and first <= 12 else (second, first)
        return year, month, day, 0, 0, 0
    return ()
