"""Dates and times of day, as they are written in both languages."""

from __future__ import annotations

import re

from rag.answering.gate.number import Number
from rag.text.numerals import zh_number

_MONTHS = {
    name: at
    for at, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}


_MONTH = (
    r"(?P<mon>(?i:january|february|march|april|may|june|july|august|september|october|november"
    r"|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec))\.?"
)
_MONTH_ONLY = (
    r"(?P<mon>January|February|March|April|June|July|August|September|October|November|December"
    r"|(?<=in )May|(?<=until )May|(?<=since )May)"
)
DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?P<y>(?:19|20)\d\d)\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]",
        r"(?P<y>(?:19|20)\d\d)\s*年\s*(?P<m>\d{1,2})\s*月(?!\d)",
        r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<y>(?:19|20)\d\d))?(?![A-Za-z])",
        rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,?\s+(?P<y>(?:19|20)\d\d))?",
        rf"\b{_MONTH}\s+(?P<y>(?:19|20)\d\d)\b",
        r"(?P<y>(?:19|20)\d\d)\s*年(?!半)",
        (
            r"(?<![\d.,:$€£¥])(?P<y>(?:19|20)\d\d)(?![\d.,:]*\d)(?!\s*(?:%|万|亿|月|秒|天|周|小时|公里|吨|度|倍|元|个|台|GB|MB|W\b|mAh|升|分|次|人|条|字|米|克"
            r"|points|euros|dollars|seconds|minutes|hours|days|weeks|months|years|miles|percent|million|billion))"
        ),
        rf"\b{_MONTH_ONLY}\b",
    )
]
_DAYTIME = r"(?P<zh>上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|晚间|夜里)?\s*"
CLOCKS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _DAYTIME + r"(?<![\d.,:])(?P<h>\d{1,2}):(?P<min>[0-5]\d)(?::\d\d)?(?!\d)\s*(?P<ap>[ap]\.?m\b\.?)?",
        r"(?<![\d.,:])(?P<h>\d{1,2})\s*(?P<ap>[ap]\.?m\b\.?)",
        r"(?<![\d.,:])(?P<h>12)\s+(?P<ap>noon)\b",
        _DAYTIME + r"(?<![\d.,:])(?P<h>\d{1,2})\s*(?:点|时(?!间|段|候|长))(?:(?P<half>半)|(?P<min>[0-5]?\d)\s*分?)?(?!半)",
        (
            r"(?P<zh>上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|晚间"
            r"|夜里)\s*(?P<hh>[一二三四五六七八九十两]{1,3})\s*点(?P<half>半)?"
        ),
    )
]


def date(match: re.Match[str]) -> Number | None:
    groups = match.groupdict()
    month = groups.get("m")
    if groups.get("mon"):
        month = str(_MONTHS[groups["mon"].lower().rstrip(".")])
    value = "-".join(
        (groups.get("y") or "", f"{int(month):02}" if month else "", f"{int(groups['d']):02}" if groups.get("d") else "")
    )
    if month and not 1 <= int(month) <= 12:
        return None
    return Number(match.start(), match.end(), value.rstrip("-") if groups.get("y") else value, "date")


def clock(match: re.Match[str]) -> Number | None:
    groups = match.groupdict()
    hour = int(groups["h"]) if groups.get("h") else zh_number(groups["hh"])
    minute = 30 if groups.get("half") else int(groups.get("min") or 0)
    part, half = (groups.get("zh") or ""), (groups.get("ap") or "").lower().replace(".", "")
    if hour > 24:
        return None
    if (half == "pm" and hour < 12) or (part in ("下午", "傍晚", "晚上", "晚间") and hour < 12):
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    seconds = re.search(r":\d\d(:(?!00)\d\d)", match.group())
    return Number(start, match.end(), f"{hour}:{minute:02}{seconds[1] if seconds else ''}", "clock")
