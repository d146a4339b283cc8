"""When something holds, as headings, table cells, front matter and titles say it.

A period is read only from words that say validity (`in force until 31 December 2025`, 自 2026 年 1 月 1 日起施行), from a
range, from a value that is nothing else than a month, quarter or year, and from the year of an edition (`Staff benefits 2025`,
2025 版). A date that merely stands there (a release's day in its heading) is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from rag.domain.statement import Period
from rag.text.dates import ANY_YEAR, dates
from rag.text.intervals import Days, days
from rag.text.tokens import one_line

ALWAYS, OVER = Period(), Period(None, 1)
"""What holds at all times; what is told to hold no more, without a date."""

_LONGEST = 300  # characters that are read: what is longer is no heading and no value
_TITLE = 90  # characters of a title whose year may be its edition

FROM_KEYS = frozenset(
    "valid_from effective effective_date effective_from in_force_since start start_date starts starts_at from since "
    "生效日期 生效时间 生效日 实施日期 施行日期 执行日期 开始日期 开始时间 起始日期 启用日期".split()
)
UNTIL_KEYS = frozenset(
    "valid_until valid_to valid_through expires expires_at expiry expiry_date expiration expiration_date end end_date ends "
    "ends_at until "
    "失效日期 失效时间 失效日 截止日期 截止时间 结束日期 结束时间 到期日 到期日期 废止日期 有效期至 停用日期".split()
)
RANGE_KEYS = frozenset(
    "validity valid valid_period validity_period period in_force effective_period 有效期 有效期限 有效时间 适用时间 适用期间 "
    "适用日期 活动时间 "
    "活动日期 适用季节 季节 学期 season term semester 执行时间 执行期间 时间 日期 期间 时段 季度 年份 年度 date year".split()
)

_ALWAYS = re.compile(
    r"(?:长期(?:有效)?|永久(?:有效)?|一直有效|始终有效|现行(?:有效|版本?)?|即日起(?:生效|执行|长期有效)?|至今有效"
    r"|permanent(?:ly)?(?: valid)?"
    r"|always(?: valid)?|no (?:expiry|end)(?: date)?|(?:until|till) further notice|ongoing|open[- ]ended|current(?: version| "
    r"edition)?"
    r"|(?:currently )?in force)"
)
_OVER = re.compile(
    r"[(\[](?:已(?:废止|失效|作废|过期|停用|停止执行)|(?:历史|旧)版本?|expired|superseded|obsolete|no longer (?:valid|in force)"
    r"|withdrawn|archived|outdated|old version)[)\]]|^(?:已(?:废止|失效|作废|过期)|expired|superseded|obsolete|no longer "
    r"(?:valid|in force))$"
)
_CURRENT = re.compile(r"[(\[](?:现行有?效?版?本?|当前版?本?|最新版?本?|current(?: version| edition)?|in force|latest)[)\]]")
_HOUR = re.compile(r"(?<=[\d日])[\st]+\d{1,2}:\d\d(?::\d\d)?(?!\d)")
_JOINED_DAYS = re.compile(r"((?:19|20)\d\d([-/.]?)\d{1,2}\2\d{1,2})\s*-\s*(?=(?:19|20)\d\d)")
_RANGE = re.compile(r"\s*(?:~|–|—|―|-+|to|through|thru|till|until|up to|and|到|至|、?至)\s*(?:the\s+)?")
_BARE_YEARS = re.compile(r"(?<![\w.])((?:19|20)\d\d)\s*年?\s*(?:~|–|—|-|/|to|至|到)\s*((?:19|20)\d\d)\s*年?(?![\w]|[.\-/]\d)")
_LATER_DAY = re.compile(
    r"\s*(?:~|–|—|-|至|到)\s*(?:(?P<m>1[0-2]|0?[1-9])\s*(?:月|[-/.]))?\s*(?P<d>3[01]|[12]\d|0?[1-9])\s*日?(?![\d:年]|\s*个)"
)
_EARLIER_DAY = re.compile(
    r"(?<![\w.])(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?(?: (?P<m>[a-z]{3,9}))?\.?|(?P<n>[a-z]{3,9})\.? (?P<e>\d{1,2})(?:st|nd|rd"
    r"|th)?)"
    r"\s*(?:–|—|-|to|through|until|and)\s*$"
)
_FROM_BEFORE = re.compile(
    r"(?:\bfrom|\bsince|\beffective|\bstarting|\bstarts?|\bbeginning|\bbegins?|\bas of|\bvalid|\bin force|\bapplies"
    r"|\bapplicable|\bcommencing"
    r"|\bintroduced|生效|施行|实施|执行|启用|发布并实施|自从?|从|始于|即日起?)(?: date| day)?(?: (?:from|since|on|as of|as "
    r"from|at|in|with))?"
    r"(?:日期|时间|日)?\s*[:：]?\s*(?:于|为|是)?\s*$"
)
_FROM_AFTER = re.compile(
    r"\s*(?:零时|0时|00:00)?\s*(?:起(?!来)|开始|以后|之后|及以后|以来|生效|施行|实施|启用|onwards?|and (?:later|after)|or "
    r"later|\+)"
)
_UNTIL_BEFORE = re.compile(
    r"(?:\buntil|\btill|\bup to|\bthrough|\bto|\bends?|\bending|\bexpir(?:es|ed|ing|y)|\bvalid (?:until|through|to)|\bclosed"
    r"|\bwithdrawn|\breplaced"
    r"|\bsuperseded|\bno later than|\blast day|截至|截止到?|有效期?至|有效期?到|延至|延续至|失效|废止|停用|作废|至|到)"
    r"(?: date| day| and including| the end of)?(?: (?:on|by|at|in|since|from|as of))?(?:日期|时间|日)?\s*[:：]?\s*(?:于|为"
    r"|是)?\s*$"
)
_UNTIL_AFTER = re.compile(
    r"\s*(?:24时|24:00|23:59(?::59)?)?\s*(?:为止|止|截止|到期|失效|废止|作废|停用|终止|结束|以前|之前|前(?![台面端])"
    r"|inclusive|at the latest)"
)
_BY_THEN = re.compile(
    r"(?:replaced|superseded|withdrawn|废止|作废|停用|失效)[^,，;；]*$"
)  # the day it ended on is no day of it
_ENDED = re.compile(r"失效|废止|停用|作废")
_BEFORE_DAY = re.compile(r"\b(?:before|prior to)\s*(?:the )?$")
_EDITION = re.compile(
    r"(?:\b(?:edition|version|release)(?: of)?|[(\[_\s第-]|^|[\u4e00-\u9fff])\s*((?:19|20)\d\d)\s*(?:年)?\s*(?:度)?\s*"
    r"(?:版本?(?![权图块面])|修订版?|edition\b|version\b|revision\b|ed\.)"
    r"|\b(?:edition|version|revision)(?: of)? ((?:19|20)\d\d)(?![\w]|[.\-/]\d)"
)
_YEAR_IN_TITLE = re.compile(
    r"(?:^|[\s_\-(\[·:,.]|(?<=[\u4e00-\u9fff]))((?:19|20)\d\d)(?:\s*年度?)?(?=$|[\s_\-)\].,:]|[\u4e00-\u9fff])"
)
_FISCAL = re.compile(r"(?<![\w])fy\s?((?:19|20)\d\d)(?!\w)|((?:19|20)\d\d)\s*财年")
_EDGES = " ()[]（）.。;；,，*_#:："
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@lru_cache(maxsize=20_000)
def read_period(text: str, *, title: bool = False) -> Period | None:
    """When a heading, a cell's value, or a few words in parentheses say that something holds; None: they do not say.

    `title`: the text names a document or a section, so a year in it is an edition: in force from its first day on, until
    another edition follows.
    """
    if len(text) > _LONGEST:
        return None
    plain = one_line(text)
    plain = _HOUR.sub("", plain) if ":" in plain else plain
    if not ANY_YEAR.search(plain):  # most cells of a table: nothing but words can say it
        plain = plain.strip()
        return _in_words(plain) or (OVER if title and _FORMER.match(plain) else None)
    plain = _JOINED_DAYS.sub(r"\1 ~ ", plain).strip()
    if (period := _stated(plain) or _edition(plain, title=title)) is not None:
        return period
    return OVER if title and _FORMER.match(plain) else None


def _in_words(plain: str) -> Period | None:
    """Of a text without a year."""
    if _ALWAYS.fullmatch(plain.strip(_EDGES)):
        return ALWAYS
    if _OVER.search(plain):
        return OVER
    return ALWAYS if _CURRENT.search(plain) else None


def _stated(plain: str) -> Period | None:
    bare = plain.strip(_EDGES)
    if _ALWAYS.fullmatch(bare):
        return ALWAYS
    if (years := _BARE_YEARS.search(plain)) is not None and (span := _years(years)) is not None:
        return span
    places = dates(f"in {bare}")[:1] if re.fullmatch(r"(?:19|20)\d\d", bare) else dates(plain)
    if len(places) == 1 and (period := _whole(plain, bare, places[0])) is not None:
        return period
    first, last = _bounds(plain, places)
    if first is not None or last is not None:
        return Period(first, last) if first is None or last is None or first <= last else None
    if (fiscal := _FISCAL.search(plain)) is not None:
        return _closed(days(int(fiscal[1] or fiscal[2])))
    if _OVER.search(plain):
        return OVER
    return ALWAYS if _CURRENT.search(plain) else None


_FORMER = re.compile(r"^(?:the )?(?:former|old|previous|superseded|outdated)\b|^(?:旧版?|原版?|历史)(?=[\u4e00-\u9fff])")


def _years(match: re.Match[str]) -> Period | None:
    first, last = days(int(match[1])), days(int(match[2]))
    return Period(first.first, last.last) if first and last and first.first <= last.first else None


def _closed(span: Days | None) -> Period | None:
    return None if span is None else Period(span.first, span.last)


def _whole(plain: str, bare: str, place: tuple[int, int, Days]) -> Period | None:
    """Of a text that is nothing but a month, a quarter, a half or a year, or a short range of days."""
    start, end, span = place
    if re.fullmatch(r"(?:19|20)\d\d", bare):
        return _closed(span)
    if span.first < span.last:
        return _closed(span) if plain[start:end].strip() == bare.removesuffix("全年").removesuffix("期间").strip() else None
    if (later := _LATER_DAY.match(plain, end)) is not None:
        day = date.fromordinal(span.first)
        whole = days(day.year, int(later["m"] or day.month), int(later["d"]))
        return Period(span.first, whole.last) if whole and whole.last > span.first else None
    if (earlier := _EARLIER_DAY.search(plain[:start])) is not None:
        return _from_earlier(earlier, span)
    return None


def _from_earlier(earlier: re.Match[str], span: Days) -> Period | None:
    """`1 March to 30 June 2026`, `March 1 – June 30, 2026`, `1–15 March 2026`."""
    day = date.fromordinal(span.first)
    name, number = earlier["m"] or earlier["n"], earlier["d"] or earlier["e"]
    month = day.month if name is None else next((at for at, m in enumerate(_MONTH_NAMES, 1) if name.startswith(m)), 0)
    first = days(day.year, month, int(number)) if month else None
    return Period(first.first, span.last) if first and first.first <= span.first else None


def _bounds(plain: str, places: Sequence[tuple[int, int, Days]]) -> tuple[int | None, int | None]:
    """First and last day that words around the dates give."""
    first: int | None = None
    last: int | None = None
    reach = 0
    for at, (start, end, span) in enumerate(places):
        before, former = plain[reach:start], places[at - 1][2]
        if at and _RANGE.fullmatch(plain, places[at - 1][1], start) and former.first <= span.first:
            first, last = (former.first if first is None else first), span.last
        elif _BEFORE_DAY.search(before):
            last = span.first - 1
        elif _FROM_BEFORE.search(before) and not _UNTIL_AFTER.match(plain, end) and not _ENDED.search(before[-8:]):
            first = span.first
        elif _UNTIL_BEFORE.search(before):
            last = span.first - 1 if _BY_THEN.search(before) and span.first == span.last else span.last
        elif _UNTIL_AFTER.match(plain, end):
            last = span.last
        elif _FROM_AFTER.match(plain, end):
            first = span.first
        reach = end
    return first, last


def _edition(plain: str, *, title: bool) -> Period | None:
    match = _EDITION.search(plain)
    year = int(match[1] or match[2]) if match else 0
    if not year and title and len(plain) <= _TITLE:
        years = {int(one) for one in _YEAR_IN_TITLE.findall(plain)}
        year = years.pop() if len(years) == 1 else 0
    return Period(date(year, 1, 1).toordinal()) if year else None


def field_period(fields: Mapping[str, Any]) -> Period | None:
    """Of named values: front matter, metadata, the columns of a row."""
    first: int | None = None
    last: int | None = None
    whole: Period | None = None
    for key, value in fields.items():
        kind = _kind_of(key)
        if not kind or not isinstance(value, str | int | date):
            continue
        text = str(value)
        if kind == "from":
            span = _first_of(text)
            first = first if span is None else span.first
        elif kind == "until":
            span = _first_of(text)
            last = last if span is None else span.last
        else:
            whole = read_period(text) or whole
    if first is not None or last is not None:
        return Period(first, last) if first is None or last is None or first <= last else None
    return whole


@lru_cache(maxsize=4096)
def _kind_of(key: str) -> str:
    """`from`, `until` or `range` for a name that says so; '' for any other."""
    small = key.strip().lower().replace(" ", "_").replace("-", "_")
    return "from" if small in FROM_KEYS else "until" if small in UNTIL_KEYS else "range" if small in RANGE_KEYS else ""


def _first_of(text: str) -> Days | None:
    plain = one_line(text).strip()
    places = dates(f"in {plain}" if re.fullmatch(r"(?:19|20)\d\d", plain) else plain)
    return places[0][2] if places else None
