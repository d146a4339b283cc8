"""Dates as people write them in Chinese and English: days, months, quarters, halves, years, with their place in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.text.intervals import Days, days, when

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS if name != "may") + "|sept|may"
_Y, _M, _D = r"(?P<y>(?:19|20)\d\d)", r"(?P<m>1[0-2]|0?[1-9])", r"(?P<d>3[01]|[12]\d|0?[1-9])"
_NOT_INSIDE = r"(?<![\w.])"  # of a longer number, code or version
_ENDS = r"(?![a-z0-9_]|[.\-/]\d)"
_SUFFIX = r"(?:st|nd|rd|th)?"

ANY_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![a-z0-9_.]){_Y}\s*年\s*{_M}\s*月\s*{_D}\s*[日号]?",
        rf"(?<![a-z0-9_.]){_Y}(?P<mark>[-/.]){_M}(?P=mark){_D}{_ENDS}",
        rf"{_NOT_INSIDE}(?P<name>{_MONTH})\.? {_D}{_SUFFIX},? {_Y}{_ENDS}",
        rf"{_NOT_INSIDE}{_D}{_SUFFIX} (?:of )?(?P<name>{_MONTH})\.?,? {_Y}{_ENDS}",
    )
)
_OTHER_DAY = re.compile(rf"(?<![a-z0-9_.])(?:\d{{1,2}}([/.])\d{{1,2}}\1(?:19|20)\d\d|(?:19|20)\d{{6}}){_ENDS}")
_MONTHLY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![a-z0-9_.]){_Y}\s*年\s*{_M}\s*月(?:份)?",
        rf"(?<![a-z0-9_.]){_Y}[-/](?P<m>1[0-2]|0[1-9]){_ENDS}",
        rf"(?<![a-z0-9_.]){_Y}/{_M}{_ENDS}",
        rf"{_NOT_INSIDE}(?P<name>{_MONTH})\.?,? (?:of )?{_Y}{_ENDS}",
    )
)
_QUARTER = re.compile(
    rf"(?<![a-z0-9_.])(?:{_Y}\s*年?\s*(?:第?(?P<zh>[一二三四1-4])季度?|q(?P<q>[1-4]))"
    rf"|q(?P<p>[1-4])(?: of)? (?P<w>(?:19|20)\d\d)){_ENDS}"
)
_HALF = re.compile(
    rf"(?<![a-z0-9_.])(?:{_Y}\s*年?\s*(?P<zh>[上下])半年|{_Y.replace('<y>', '<v>')}\s*年?\s*h(?P<h>[12])"
    rf"|(?:h(?P<n>[12])|(?P<en>first|second) half)(?: of)? (?P<w>(?:19|20)\d\d)){_ENDS}"
)
_LEADS = "|".join(
    rf"(?<=\b{word} )" for word in "in of since during before after until from between through to and or by year".split()
)
_YEAR = re.compile(rf"(?<![a-z0-9_.]){_Y}\s*年(?!\s*\d)|(?:{_LEADS})(?P<w>(?:19|20)\d\d){_ENDS}")
_SAME_YEAR_ZH = re.compile(
    rf"(?<![a-z0-9_.]){_Y}\s*年\s*{_M}\s*月?\s*(?:到|至|-|~|—|–)\s*(?P<n>1[0-2]|0?[1-9])\s*月(?:份)?(?!\s*\d)"
)
_SAME_YEAR_EN = re.compile(
    rf"{_NOT_INSIDE}(?P<name>{_MONTH})\.? (?:and|to|through|until|-|–|—) (?P<last>{_MONTH})\.?,? (?:of )?{_Y}{_ENDS}"
)
_ZH = {digit: number for number, pair in enumerate(("一1", "二2", "三3", "四4"), 1) for digit in pair}


def dates(text: str) -> list[tuple[int, int, Days]]:
    """(start, end, days) in order, of a text on one line in small letters; none inside another, the most exact ones first."""
    if not ANY_YEAR.search(text):  # each form has one: most cells of a table are through here
        return []
    taken: list[tuple[int, int, Days]] = []
    for start, end, span in _all(text):
        if span is not None and all(end <= begin or stop <= start for begin, stop, _ in taken):
            taken.append((start, end, span))
    return sorted(taken, key=lambda place: place[:2])


def _all(text: str) -> Iterator[tuple[int, int, Days | None]]:
    """The most exact ones first."""
    for pattern in _DAY:
        for match in pattern.finditer(text):
            yield *match.span(), days(int(match["y"]), _month(match, "m", "name"), int(match["d"]))
    for match in _OTHER_DAY.finditer(text):
        moment = when(match[0])
        yield *match.span(), days(*moment[:3]) if moment else None
    for pattern, first, last in ((_SAME_YEAR_ZH, "m", "n"), (_SAME_YEAR_EN, "name", "last")):
        for match in pattern.finditer(text):
            yield *match.span(), _months(int(match["y"]), _month(match, first, first), _month(match, last, last))
    for pattern in _MONTHLY:
        for match in pattern.finditer(text):
            yield *match.span(), days(int(match["y"]), _month(match, "m", "name"))
    for match in _QUARTER.finditer(text):
        number = _ZH[match["zh"] or match["q"] or match["p"]]
        yield *match.span(), _months(int(match["y"] or match["w"]), 3 * number - 2, 3 * number)
    for match in _HALF.finditer(text):
        first_month = 1 if "1" in (match["h"], match["n"]) or match["zh"] == "上" or match["en"] == "first" else 7
        yield *match.span(), _months(int(match["y"] or match["v"] or match["w"]), first_month, first_month + 5)
    for match in _YEAR.finditer(text):
        yield *match.span(), days(int(match["y"] or match["w"]))


def _month(match: re.Match[str], *groups: str) -> int:
    parts = match.groupdict()
    written = next(parts[group] for group in groups if parts.get(group))
    if written.isdigit():
        return int(written)
    return next(number for number, name in enumerate(_MONTHS, 1) if name.startswith(written[:3]))


def _months(year: int, first: int, last: int) -> Days | None:
    begin, end = days(year, first), days(year, last)
    return Days(begin.first, end.last) if begin and end and first <= last else None
