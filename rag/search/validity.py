"""Which time a question asks about: in 2025, in May 2026, last year, now; none when it names no time."""

from __future__ import annotations

import re
from datetime import date

from rag.domain.statement import Period
from rag.search.conditions import conditions
from rag.text.dates import dates
from rag.text.in_force import FORMER
from rag.text.intervals import FIRST_DAY, LAST_DAY, UNIT, Days, days
from rag.text.tokens import one_line

_NOW = re.compile(
    r"\b(?:now|nowadays|currently|today|at present|at the moment|presently|these days|current|right now)\b"
    r"|现在|目前|当前|如今|眼下|今天|今日|现行|时下|当下|最新"
)
_YEARS = tuple(
    (shift, re.compile(words))
    for shift, words in (
        (-2, r"\bthe year before last\b|前年"),
        (-1, r"\blast year\b|\bprevious year\b|\ba year ago\b|去年|上一?年度?(?!纪)"),
        (0, r"\bthis year\b|今年|本年度?"),
        (1, r"\bnext year\b|明年|来年|下一年度?"),
        (2, r"\bthe year after next\b|后年"),
    )
)
_MONTHS = tuple(
    (shift, re.compile(words))
    for shift, words in (
        (-1, r"\blast month\b|\bprevious month\b|上个?月(?!球)"),
        (0, r"\bthis month\b|这个月|本月|当月"),
        (1, r"\bnext month\b|下个月"),
    )
)
_NAMES = "january february march april may june july august september october november december".split()
_BARE = re.compile(r"(?<![\w.\-/$€£¥])((?:19|20)\d\d)(?![\w%]|[.\-/:]\d)")
_EDITION = re.compile(r"(?<![\d.])((?:19|20)\d\d)\s?(?:年版|版(?![权本面图块])|版本|edition\b)")
_MONTH_ALONE = re.compile(r"(?<![\d年.\-/])(1[0-2]|[1-9])\s*月份(?!\s*\d)")


_MONTH_OF = re.compile(r"的?\s*(?P<m>1[0-2]|0?[1-9])\s*月份?\s*(?:(?P<d>3[01]|[12]\d|0?[1-9])\s*[日号])?")  # 今年3月15号
_FORMERLY = re.compile(
    r"以前|从前|之前(?!要|需|先)|原来(?!如此)|过去是|旧版|老版|旧的|老的(?:规定|价格|条款|套餐|政策)|改(?:之)?前"
    r"|\b(?:previously|formerly|used to|back then|beforehand"
    r"|(?:former|old|previous|earlier) (?:terms|rules?|price|prices|fees?|conditions|policy|version|rates?|tariff|plans?))\b"
    r"|^(?:and |what about |what was it |how about |how was it )?before(?: that| then)?[\s?.!]*$"
)
_DAY_ALONE = re.compile(
    r"(?<![\d年.\-/])(?P<m>1[0-2]|[1-9])\s*月\s*(?:(?P<d>3[01]|[12]\d|[1-9])\s*[日号])?\s*(?:份)?\s*(?P<before>以前|之前|前)"
)
_BEFORE_MONTH = re.compile(rf"\bbefore ({'|'.join(_NAMES)})\b(?! \d{{4}})")


def asked_period(question: str, today: int) -> Period | None:
    """The days that the question is about, as `datetime.date` ordinals; None: it names no time.

    A year that only tells of a fact (the machine I bought in 2025) counts: what was in force then is asked for. Now and today
    are today.
    """
    text = one_line(question)
    if (period := _dated(text)) is not None:
        return period
    day = date.fromordinal(today)
    for shift, pattern in _YEARS:
        if (year := pattern.search(text)) is not None:
            month = _MONTH_OF.match(text, year.end())
            parts = () if month is None else (int(month["m"]), *([int(month["d"])] if month["d"] else []))
            return _period(days(day.year + shift, *parts) or days(day.year + shift))
    for shift, pattern in _MONTHS:
        if pattern.search(text):
            at = day.year * 12 + day.month - 1 + shift
            return _period(days(at // 12, at % 12 + 1))
    if (alone := _MONTH_ALONE.search(text)) is not None:
        return _period(days(day.year, int(alone[1])))
    if (ended := _before(text, day)) is not None:
        return ended
    if _FORMERLY.search(text):
        return FORMER
    return Period(today, today) if _NOW.search(text) else None


def _before(text: str, day: date) -> Period | None:
    """Until a day or month that is told without its year: the last one of that name."""
    if (match := _DAY_ALONE.search(text)) is not None:
        month, number = int(match["m"]), int(match["d"] or 1)
    elif (named := _BEFORE_MONTH.search(text)) is not None:
        month, number = _NAMES.index(named[1]) + 1, 1
    else:
        return None
    year = day.year if (month, number) <= (day.month, day.day) else day.year - 1
    span = days(year, month, number)
    return None if span is None else Period(None, span.first - 1)


def _dated(text: str) -> Period | None:
    places = dates(text) or [
        (match.start(1), match.end(1), span)
        for match in _BARE.finditer(text)
        if not UNIT.match(text, match.end()) and (span := days(int(match[1]))) is not None
    ]
    spans = [span for span, _ in conditions(text, places) if isinstance(span, Days)] if places else []
    if not spans:
        edition = _EDITION.search(text)  # what is called after a year holds at its end, whenever in it it began
        return None if edition is None else _period(days(int(edition[1]), 12, 31))
    return _open(Days(min(span.first for span in spans), max(span.last for span in spans)))


def _period(span: Days | None) -> Period | None:
    return None if span is None else Period(span.first, span.last)


def _open(span: Days) -> Period:
    return Period(None if span.first == FIRST_DAY else span.first, None if span.last == LAST_DAY else span.last)
