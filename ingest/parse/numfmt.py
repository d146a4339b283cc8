"""Numbers and dates of spreadsheets as a sheet shows them (ECMA-376 part 1, 18.8.31).

No library that is kept does this: `ssf` (a port of SheetJS's) ended in 2020 and brings four calendars with it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

from ingest.parse.numparts import TEXT, Digits, Part, Section, numeric, sections

_SYSTEM_DATE = "mm-dd-yy"  # number 14: the reader's own short date, so it is written as no one can misread it
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_HAN_DAYS = "一二三四五六日"
_EPOCH = datetime.datetime(1899, 12, 30)
_LAST_SERIAL = 2958466


def shown(value: float, pattern: str | None, *, days_off: int = 0) -> str:
    """A number as the pattern shows it. `days_off`: 1462 for a workbook that counts its days from 1904."""
    section, number = _chosen(*numeric(pattern or "General"), value)
    if section is None or section.is_general:
        return _general(value) if section is None else _literal(section.parts, _general(number))
    if not section.parts:
        return ""
    if section.is_date:
        return _date(section, number, days_off, pattern or "")
    return _number(section, number)


def shown_text(text: str, pattern: str | None) -> str:
    """A text as the pattern's section for texts shows it."""
    if not pattern or "@" not in pattern:
        return text
    section = sections(pattern)[-1]
    if TEXT not in section.parts:
        return text
    return "".join(text if part == TEXT else part.text for part in section.parts).strip()


def is_date(pattern: str | None) -> bool:
    """Whether the pattern shows a number as a date or a time."""
    return bool(pattern) and any(section.is_date for section in sections(pattern or ""))


def serial(value: datetime.datetime | datetime.date | datetime.time | datetime.timedelta) -> float:
    """The number that a date is in a workbook which counts its days from 1900."""
    if isinstance(value, datetime.timedelta):
        return value / datetime.timedelta(days=1)
    if isinstance(value, datetime.time):
        return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    return (value.replace(tzinfo=None) - _EPOCH) / datetime.timedelta(days=1)


def _general(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.15g}" if abs(value) < 1e15 or value != int(value) else str(int(value))


def _chosen(sections: Sequence[Section], conditional: bool, value: float) -> tuple[Section | None, float]:
    if not sections:
        return None, value
    if conditional:
        for section in sections:
            if section.holds(value):
                signed = value if len(sections) == 1 or value >= 0 or section.condition is None else abs(value)
                return section, signed
        return None, value
    if value < 0 and len(sections) > 1:
        return sections[1], abs(value)
    return (sections[2], value) if value == 0 and len(sections) > 2 else (sections[0], value)


def _literal(parts: Sequence[Part], number: str) -> str:
    if len(parts) == 1:
        return number
    return "".join(
        number if part.kind == "general" else part.text for part in parts if part.kind in ("general", "literal")
    ).strip()


# -- numbers -----------------------------------------------------------------------------------------------------------


def _number(section: Section, value: float) -> str:
    parts, digits = section.parts, section.digits
    if digits is None:
        return "".join("%" if part.text == "%" else part.text if part.kind == "literal" else "" for part in parts).strip()
    if digits.is_fraction:
        return _fraction(parts, value)
    try:
        amount = Decimal(repr(abs(value)))
    except InvalidOperation:
        return _general(value)
    amount = amount * digits.times / digits.over
    exponent = 0
    if digits.power < len(parts) and amount:
        exponent = amount.adjusted()
        amount = amount.scaleb(-exponent)
    rounded = amount.quantize(digits.step, ROUND_HALF_UP)
    whole, _, rest = f"{rounded:f}".partition(".")
    text = _in_a_run(parts, digits, whole, rest) if digits.edges else _in_places(parts, digits, whole, rest, exponent)
    return ("-" if value < 0 and rounded else "") + text.strip()


def _in_a_run(parts: Sequence[Part], digits: Digits, whole: str, rest: str) -> str:
    """A number whose digits stand side by side, as in nearly all formats."""
    before, after = digits.edges or ("", "")
    whole = whole.lstrip("0") if digits.integers else ""
    left = digits.integers[: max(0, len(digits.integers) - len(whole))]
    whole = sum(parts[place].text == "0" for place in left) * "0" + whole
    if digits.thousands and len(whole) > 3:
        head = len(whole) % 3 or 3
        whole = ",".join((whole[:head], *(whole[at : at + 3] for at in range(head, len(whole), 3))))
    kept = _kept(parts, digits.decimals, rest)
    point = "." if digits.point < len(parts) and (kept or not digits.decimals) else ""
    return f"{before}{whole}{point}{rest[:kept]}{after}"


def _in_places(parts: Sequence[Part], digits: Digits, whole: str, rest: str, exponent: int) -> str:
    """A number with other text between its digits, or with an exponent."""
    shown_at = _integer(parts, digits.integers, whole, digits.thousands)
    shown_at |= {place: rest[i] for i, place in enumerate(digits.decimals) if i < _kept(parts, digits.decimals, rest)}
    if digits.power < len(parts):
        shown_at[digits.power] = "E" + ("-" if exponent < 0 else "+" if parts[digits.power].text.endswith("+") else "")
        places = [i for i in digits.at if i > digits.power]
        shown_at |= _integer(parts, places, str(abs(exponent)), False)
    if digits.point < len(parts):
        shown_at[digits.point] = "." if any(shown_at.get(i) for i in digits.decimals) or not digits.decimals else ""
    return "".join(
        shown_at.get(i, "" if part.kind == "digit" or (part.text == "," and i in digits.marks) else part.text)
        for i, part in enumerate(parts)
    )


def _integer(parts: Sequence[Part], places: Sequence[int], whole: str, thousands: bool) -> dict[int, str]:
    """Digits by place, from the right; what is left over stands before the first."""
    whole = whole.lstrip("0")
    shown_at: dict[int, str] = {}
    left, count = whole, 0
    for place in reversed(places):
        digit = left[-1:] or {"0": "0", "?": "", "#": ""}[parts[place].text]
        left = left[:-1]
        if digit:
            shown_at[place] = digit + ("," if thousands and count and count % 3 == 0 else "")
            count += 1
    while left and places:
        shown_at[places[0]] = left[-1] + ("," if thousands and count % 3 == 0 else "") + shown_at.get(places[0], "")
        left, count = left[:-1], count + 1
    return shown_at


def _kept(parts: Sequence[Part], places: Sequence[int], rest: str) -> int:
    """How many decimals are shown: zeros at the end only where the format asks for them."""
    kept = len(rest)
    while kept and rest[kept - 1] == "0" and parts[places[kept - 1]].text != "0":
        kept -= 1
    return kept


def _fraction(parts: Sequence[Part], value: float) -> str:
    slash = next(i for i, part in enumerate(parts) if part == Part("mark", "/"))
    below = "".join(part.text for part in parts[slash + 1 :] if part.kind in ("digit", "literal")).strip()
    fixed = int(below) if below.isdigit() and int(below) else 0
    whole = abs(value)
    amount = Fraction(round(whole * fixed), fixed) if fixed else Fraction(whole).limit_denominator(10 ** max(1, len(below)) - 1)
    before = "".join(part.text if part.kind == "digit" else " " for part in parts[:slash]).split()
    sign = "-" if value < 0 else ""
    if len(before) < 2:
        return f"{sign}{amount.numerator}/{amount.denominator}"
    units, rest = divmod(amount.numerator, amount.denominator)
    fraction = f"{rest * (fixed // amount.denominator if fixed else 1)}/{fixed or amount.denominator}" if rest else ""
    return sign + " ".join(filter(None, (str(units) if units or not rest else "", fraction)))


# -- dates -------------------------------------------------------------------------------------------------------------


def _date(section: Section, value: float, days_off: int, pattern: str) -> str:
    moments = section.moments
    days = value + (0 if moments.elapsed or value < 1 else days_off)
    if not (moments.elapsed or 0 <= days < _LAST_SERIAL):
        return _general(value)
    seconds = round(days * 86400, 3) if moments.fine else round(days * 86400)
    moment = _EPOCH + datetime.timedelta(seconds=seconds if not moments.elapsed or seconds < 86400 * _LAST_SERIAL else 0)
    if 1 <= days < 60:
        moment += datetime.timedelta(days=1)  # Excel knows a 29th of February 1900
    if pattern == _SYSTEM_DATE:
        return moment.strftime("%Y-%m-%d")
    shown_parts: list[str] = []
    for i, part in enumerate(section.parts):
        if part.kind in ("literal", "mark"):
            shown_parts.append(part.text)
        elif part.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[part.text[0]]
            shown_parts.append(str(int(seconds // unit)).zfill(len(part.text)))
        elif part.kind == "half":
            shown_parts.append(_half(part.text, moment.hour))
        elif part.kind == "date":
            shown_parts.append(_unit(part.text, moment, moments.half, i in moments.minutes, section.chinese))
    text = "".join(shown_parts).strip()
    midnight = moments.has_time and moments.has_day and days >= 1 and moment.time() == datetime.time()
    return re.sub(r"[T ]*0?0:00(?::00(?:\.0+)?)?(?: ?AM)?$|[T ]*12:00(?::00)? ?AM$", "", text) if midnight else text


def _half(text: str, hour: int) -> str:
    before, after = text.split("/")
    return before if hour < 12 else after


def _unit(text: str, moment: datetime.datetime, half: bool, is_minute: bool, chinese: bool) -> str:
    kind, count = text[0], len(text)
    if kind in "ye":
        return f"{moment.year % 100:02d}" if kind == "y" and count < 3 else f"{moment.year:04d}"
    if kind == "b":
        return str(moment.year + 543)
    if kind == "m" and not is_minute:
        name = f"{moment.month}月" if chinese else _MONTHS[moment.month - 1]
        return (
            (str(moment.month), f"{moment.month:02d}", name if chinese else name[:3], name)[min(count, 4) - 1]
            if count < 5
            else name[0]
        )
    if kind == "m":
        return str(moment.minute).zfill(min(count, 2))
    if kind == "d":
        name = f"星期{_HAN_DAYS[moment.weekday()]}" if chinese else _DAYS[moment.weekday()]
        short = f"周{_HAN_DAYS[moment.weekday()]}" if chinese else name[:3]
        return (str(moment.day), f"{moment.day:02d}", short, name)[min(count, 4) - 1]
    if kind == "a":
        return ("周" if count == 3 else "星期") + _HAN_DAYS[moment.weekday()]
    if kind == "h":
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return str(hour).zfill(min(count, 2))
    whole, _, fine = text.partition(".")
    seconds = str(moment.second).zfill(min(len(whole), 2))
    return f"{seconds}.{moment.microsecond:06d}"[: len(seconds) + 1 + len(fine)] if fine else seconds
