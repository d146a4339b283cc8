"""Numbers of a text as they are compared: value, unit, sign; dates, times of day, ranges."""

from __future__ import annotations

import re
from decimal import Decimal

from rag.answering.gate.data import lines
from rag.answering.gate.moments import CLOCKS, DATES, clock, date
from rag.answering.gate.number import Number
from rag.text.numerals import zh_number

_CLASSIFIERS = (
    "个|件|条|台|张|本|册|只|份|款|名|项|页|号|块|枚|瓶|盒|包|袋|间|位|辆|套|道|层|级|路|口|根|支|颗|片|箱|单|批|种|期|首|家|部"
)
UNIT: dict[str, str] = {
    word: key for line in lines("measures.txt") for key, spellings in [line.split(": ", 1)] for word in spellings.split(" | ")
}
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp", "¥": "cny", "￥": "cny", "US$": "usd"}
_FACTORS: dict[str, tuple[str, int | Decimal]] = {
    "h": ("s", 3600),
    "min": ("s", 60),
    "year": ("month", 12),
    "week": ("day", 7),
    "ms": ("s", Decimal("0.001")),
    "permille": ("pct", Decimal("0.1")),
}
_SCALES = {
    "万": 10**4,
    "亿": 10**8,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "千": 10**3,
    "百": 100,
    "k": 1000,
}
_WORDS = {
    word: at
    for at, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen nineteen twenty"
        ).split()
    )
}
_WORDS |= {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "twice": 2,
}
_TENS = {word: at for word, at in _WORDS.items() if word.endswith("ty")}
_DIGITS = {word: at for word, at in _WORDS.items() if 0 < at < 10 and word != "twice"}
_PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}  # half an hour, a quarter of an hour


def _alternatives(words: object) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


_LATIN_UNITS = _alternatives(word for word in UNIT if word[-1].isascii() and word[-1].isalpha())
_OTHER_UNITS = _alternatives(word for word in UNIT if not (word[-1].isascii() and word[-1].isalpha()))
_UNIT_WORDS = rf"(?:{_LATIN_UNITS})(?![A-Za-z])|{_OTHER_UNITS}"
_HAN_NUMERAL = r"(?:[一二两三四五六七八九]?[十百千万])?(?:[一二三四五六七八九]?[十百])*[零〇]?[一二两三四五六七八九十]"
_HAN_NUMERAL += r"|[一二两三四五六七八九][百千]|半"
_NUMBER = re.compile(
    r"(?P<below>零下|minus\s+|(?<![\w.)\]}%℃°-])[-−](?=\d))?\s*(?P<cur>US\$|[$€£¥￥])?\s?"
    r"(?P<v>(?<![A-Za-z])\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|(?<![A-Za-z])\d+,\d(?!\d)|\d+(?:\.\d+)?(?![.\d]*\.\d)"
    rf"|\b(?:half|(?:a )?quarter of) an?(?=\s(?:{_LATIN_UNITS})(?![A-Za-z]))"
    rf"|\b(?i:{'|'.join(_TENS)})-(?i:{'|'.join(_DIGITS)})\b"
    r"|[一二三四五六七八九]成(?![功为员就本交熟立套绩形长果年不分型])"
    rf"|[百千]分之[\d.一二三四五六七八九十百]+|(?!第二天)(?:第)?(?:{_HAN_NUMERAL})(?=个?半?\s*(?:{_UNIT_WORDS}|{_CLASSIFIERS}))"
    r"|[一二两三四五六七八九十百千][一二三四五六七八九十百千零]*[万亿](?=\s*元)"
    r"|(?!第二天)第(?:[二三四五六七八九十][一二三四五六七八九十]?|一(?=[类条款章节级等步项组]))"
    rf"|\b(?i:{'|'.join(_WORDS)})\b)"
    rf"(?P<ord>st\b|nd\b|rd\b|th\b)?(?P<half>个半|又二分之一|\s+and a half(?=\s))?\s?"
    r"(?P<scale>万|亿|千(?!瓦|克|米|卡)|(?i:thousand"
    rf"|million|billion|trillion)\b|k\b(?!g|m|w|b|hz))?"
    rf"(?:\s?-?(?P<unit>(?i:{_UNIT_WORDS})))?(?P<half2>半)?",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s*(?:-|–|—|−|~|～|至|到|to|through|bis)\s*(?=[-−]?\s?)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:and|和|与)\s*", re.IGNORECASE)


def numbers(text: str) -> list[Number]:
    """Of a folded text, in order; a range is one number."""
    taken: list[tuple[int, int]] = []
    parsed: list[Number] = []

    def free(start: int, end: int) -> bool:
        return all(end <= a or b <= start for a, b in taken)

    for patterns, make in ((DATES, date), (CLOCKS, clock)):
        for pattern in patterns:
            for match in pattern.finditer(text):
                if match.group().strip() and free(*match.span()) and (number := make(match)) is not None:
                    taken.append((number.start, number.end))
                    parsed.append(number)
    for match in _NUMBER.finditer(text):
        if free(*match.span("v")) and not _in_code(text, match) and (number := _plain(match)) is not None:
            taken.append((number.start, number.end))
            parsed.append(number)
    return _ranges(text, sorted(parsed, key=lambda one: one.start))


def _in_code(text: str, match: re.Match[str]) -> bool:
    """Whether the digits belong to a name: C2, Wi-Fi 7 is none, v1.2.3 is."""
    start, end = match.start("v"), match.end("v")
    before, after = text[start - 1 : start], text[end : end + 1]
    if match["v"][0].isdigit():
        if (
            start
            and before.isascii()
            and (
                before.isalpha()
                or before == "_"
                or (before in "-." and text[start - 2 : start - 1].isalnum() and not match["unit"])
            )
        ):
            return True
        ascii_after = after.isascii() and after.isalpha()
        if ascii_after and not (match["unit"] or match["ord"] or match["scale"]):
            return True
        tail = text[match.end() : match.end() + 1]
        unit = match["unit"] or match["scale"] or match["ord"] or ""
        return (
            bool(unit) and unit[-1:].isascii() and unit[-1:].isalpha() and (tail.isascii() and (tail.isalnum() or tail == "_"))
        )
    return False


_NO_COUNT = frozenset("下 上 这 那 同 某 另".split())  # 下一次


def _plain(match: re.Match[str]) -> Number | None:
    text, unit = match["v"], UNIT.get((match["unit"] or "").lower(), "")
    if text == "一" and match.string[max(match.start("v") - 1, 0) : match.start("v")] in _NO_COUNT:
        return None
    if text[0].isdigit():
        plain = text.replace(",", ".") if re.fullmatch(r"\d+,\d", text) else text.replace(",", "")
        if match["ord"]:
            return Number(match.start(), match.end("ord"), plain, "ord")
        if not unit and not match["cur"] and not match["scale"] and not match["half"] and "." in plain:
            return _signed(match, plain, "", match.end("v"))
        value, word = Decimal(plain), False
    else:
        value, unit, word = _in_words(text, unit)
    if match["half"] or (match["half2"] and unit in ("year", "day", "h", "month", "week", "l", "kg")):
        value += Decimal("0.5")
    if match["scale"]:
        value *= _SCALES[match["scale"].lower()]
        unit = unit or ("" if value else "scale")
    unit = _SIGNS.get((match["cur"] or "").upper(), unit) if match["cur"] else unit
    if unit in _FACTORS:
        unit, factor = _FACTORS[unit]
        value *= factor
    return _signed(match, _written(value), unit, _end(match), word)


def _in_words(text: str, unit: str) -> tuple[Decimal, str, bool]:
    """Value and unit of a number that is not written in digits, and whether it is only a `one`."""
    lower = text.lower()
    if text.startswith(("百分之", "千分之")):
        rest = text[3:]
        return Decimal(rest) if rest[0].isdigit() else Decimal(zh_number(rest)), "pct" if text[0] == "百" else "permille", False
    if text.endswith("成"):
        return Decimal(zh_number(text[0])) * 10, "pct", False
    if (part := re.match(r"(?:a )?(half|quarter)\b", lower)) is not None:
        return _PARTS[part[1]], unit, False
    if "-" in lower:
        tens, digit = lower.split("-")
        return Decimal(_TENS[tens] + _DIGITS[digit]), unit, False
    if lower in _WORDS:
        return Decimal(_WORDS[lower]), unit, lower == "one" and not unit
    if text == "半":
        return Decimal("0.5"), unit, False
    scale = _SCALES.get(text[-1], 1) if len(text) > 1 and text[-1] in "万亿" else 1
    value = Decimal(zh_number(text.removeprefix("第")[: -1 if scale > 1 else None]) * scale)
    return value, "ord" if text.startswith("第") else unit, text == "一" and not unit


def _end(match: re.Match[str]) -> int:
    if match["half2"] or match["unit"]:
        return match.end()
    return match.end(next((name for name in ("scale", "half") if match[name]), "v"))


def _signed(match: re.Match[str], value: str, unit: str, end: int, word: bool = False) -> Number:
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    return Number(start, end, ("-" if match["below"] and match["below"].strip() else "") + value, unit, word)


def _written(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _ranges(text: str, numbers: list[Number]) -> list[Number]:
    out: list[Number] = []
    for one in numbers:
        if (
            out
            and (out[-1].unit in ("", one.unit) or (out[-1].unit, one.unit) == ("date", "day"))
            and ".." not in out[-1].value
            and one.unit != "ord"
        ):
            gap, last = text[out[-1].end : one.start], out[-1]
            before = text[max(last.start - 10, 0) : last.start].lower()
            if last.unit == "date" and one.unit == "day" and _SPAN.fullmatch(gap) and one.value.isdigit():  # 11月1日到12日
                out[-1] = Number(last.start, one.end, f"{last.value}..{last.value[:-2]}{int(one.value):02}", "date")
                continue
            joined = _SPAN.fullmatch(gap) or (_BETWEEN.fullmatch(gap) and ("between" in before or "介于" in before))
            if joined:
                value = one.value.lstrip("-") if gap.strip() in ("-", "") else one.value
                first, value = _of_one_half(text[last.start : last.end], last, one, value)
                out[-1] = Number(last.start, one.end, f"{first}..{value}", one.unit)
                continue
        out.append(one)
    return out


def _of_one_half(text: str, first: Number, last: Number, value: str) -> tuple[str, str]:
    """Times of which only one says in which half of the day they are: `4 to 5 p.m.`, 下午 2 点到 6 点."""
    if last.unit != "clock":
        return first.value, value
    hour, minutes = value.split(":", 1)
    if not first.unit and first.value.isdigit():
        after = int(hour) >= 12 and int(first.value) + 12 <= int(hour)
        return f"{int(first.value) + (12 if after else 0)}:00", value
    if text.startswith(("下午", "傍晚")) and int(hour) < 12:
        return first.value, f"{int(hour) + 12}:{minutes}"
    return first.value, value
