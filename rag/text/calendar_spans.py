"""Parts of the calendar as columns, rows and questions name them: weekdays, months, quarters; Tue–Thu, 周末, 第三季度."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rag.text.tokens import one_line

Days = frozenset[int]
_LONGEST = 60  # characters of a name that may be such a part
_TO = r"\s*(?:–|—|-|~|～|to|through|until|thru|至|到)\s*"
_WEEK = ("mon(?:days?)?", "tue(?:s(?:days?)?)?", "wed(?:nesdays?)?", "thu(?:r(?:s(?:days?)?)?)?", "fri(?:days?)?",
         "sat(?:urdays?)?", "sun(?:days?)?")  # fmt: skip
_WEEKDAY = rf"(?<![a-z])(?:{'|'.join(f'(?:{name})' for name in _WEEK)})(?![a-z])"
_WEEKDAY_ZH = r"(?:周|星期|礼拜)[一二三四五六日天]"
_GROUPS: tuple[tuple[re.Pattern[str], Days], ...] = (
    (re.compile(r"\bweek-?ends?\b|周末|双休日?|周六日|周六周日|六日"), frozenset({5, 6})),
    (re.compile(r"\bweek-?days?\b|\bworking days?\b|工作日|平日|平时|周中"), frozenset(range(5))),
    (re.compile(r"\bdaily\b|\bevery day\b|每天|每日|全周"), frozenset(range(7))),
)
_MONTHS = (
    "jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", r"may(?! (?:i|we|you|he|she|it|they|my|be|not|have|the|a)\b)",
    "june?", "july?", "aug(?:ust)?", "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?",
)  # fmt: skip
_MONTH = rf"(?<![a-z])(?:{'|'.join(_MONTHS)})(?![a-z])"
_DAY_OF = r"(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
_MONTH_ZH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s*月份?(?!内|租|卡|费|付|薪)"
_QUARTER = (
    r"(?<![a-z0-9])q[1-4](?!\d)|第?[一二三四1-4]季度?|\b(?:first|second|third|fourth|last|1st|2nd|3rd|4th) quarter\b"
    r"|(?<![a-z0-9])[1-4]q(?![a-z0-9])"
)
_WEEKDAYS, _MONTHS_AND_DAYS, _QUARTERS = (
    re.compile(rf"((?:{part}))(?:{_TO}((?:{part})))?")
    for part in (f"{_WEEKDAY}|{_WEEKDAY_ZH}", f"{_DAY_OF}{_MONTH}|{_MONTH_ZH}", _QUARTER)
)
_HAN = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十一": 11, "十二": 12}


def during(question: str, names: Sequence[str]) -> frozenset[str]:
    """Those of the names, two or more of which are weekdays, months or quarters, that hold the time which the question names:
    Tue–Thu for a Tuesday, 旺季（4月–10月） for July. Empty where the question names none, or none of the names holds it."""
    left: frozenset[str] | None = None
    for spans_in in (_weekdays, _months, _quarters):
        spans = {name: span for name in dict.fromkeys(names) if len(name) <= _LONGEST and (span := spans_in(name))}
        if len(set(spans.values())) < 2 or not (wanted := spans_in(question)):
            continue
        held = frozenset(name for name, span in spans.items() if span & wanted)
        left = held if left is None else left & held
    return left or frozenset()


@lru_cache(maxsize=8_000)
def _weekdays(text: str) -> Days:
    plain = one_line(text).replace("周一到五", "周一至周五")
    held = set(_spans(_WEEKDAYS.finditer(plain), _weekday, 7))
    for pattern, days in _GROUPS:
        if pattern.search(plain):
            held |= days
    return frozenset(held)


@lru_cache(maxsize=8_000)
def _months(text: str) -> Days:
    return frozenset(_spans(_MONTHS_AND_DAYS.finditer(one_line(text)), _month, 12))


@lru_cache(maxsize=8_000)
def _quarters(text: str) -> Days:
    return frozenset(_spans(_QUARTERS.finditer(one_line(text)), _quarter, 4))


def _spans(named: Iterable[re.Match[str]], number: Callable[[str], int], size: int) -> set[int]:
    """Numbers from 0 of the parts that a text names, with those between two of them; a span may go round the year's end."""
    held: set[int] = set()
    for match in named:
        first = number(match[1])
        last = number(match[2]) if match[2] else first
        held |= {(first + at) % size for at in range((last - first) % size + 1)}
    return held


def _weekday(text: str) -> int:
    if text[-1] in "一二三四五六日天":
        return "一二三四五六日天".index(text[-1]) % 7 if text[-1] != "天" else 6
    return next(at for at, name in enumerate(_WEEK) if re.fullmatch(name, text))


def _month(text: str) -> int:
    if (named := re.search(r"[a-z]+$", text)) is not None:
        return next(at for at, name in enumerate(_MONTHS) if re.fullmatch(name, named[0]))
    digits = re.sub(r"\s*月份?$", "", text)
    return (int(digits) if digits.isdigit() else _HAN[digits]) - 1


def _quarter(text: str) -> int:
    match = re.search(r"[1-4]|[一二三四]|first|second|third|fourth|last", text)
    ordinal = match[0] if match else "1"
    return {"一": 0, "二": 1, "三": 2, "四": 3, "first": 0, "second": 1, "third": 2, "fourth": 3, "last": 3}.get(
        ordinal, int(ordinal) - 1 if ordinal.isdigit() else 0
    )
