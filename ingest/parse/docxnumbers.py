"""Numbers of Word's lists and headings as they are shown: `第一章`, `1.2`, `(a)`, `第2条`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_DIGITS = "零一二三四五六七八九"
_CHINESE = ("chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting",
            "taiwaneseCountingThousand", "chineseLegalSimplified")  # fmt: skip
_NO_NUMBER = ("bullet", "none", "")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a numbering: its number format, its text with `%1` for the number of the first level, where it begins.

    `legal`: all numbers in it are Arabic, whatever their own levels say.
    """

    kind: str
    text: str
    start: int = 1
    legal: bool = False


class Numbers:
    """The numbers of one document. `next_mark` counts, so paragraphs must be asked in order."""

    def __init__(self, document: Any) -> None:
        self._levels = _levels(document)
        self._counters: dict[tuple[str, int], int] = {}
        self._lists = _lists(document)

    def next_mark(self, numbering: str, depth: int) -> str:
        """`- ` or the next number of that list as Word shows it; deeper levels start again."""
        of = self._lists.get(numbering, numbering)
        for key in [key for key in self._counters if key[0] == of and key[1] > depth]:
            del self._counters[key]
        level = self._levels.get((numbering, depth))
        if level is None or level.kind in _NO_NUMBER:
            return "- "
        self._counters[of, depth] = self._counters.get((of, depth), level.start - 1) + 1
        for above in range(depth):
            parent = self._levels.get((numbering, above))
            self._counters.setdefault((of, above), parent.start if parent else 1)
        text = _PLACE.sub(lambda match: self._shown(numbering, of, int(match[1]) - 1, level.legal), level.text).strip()
        return f"{text} " if text else f"{self._counters[of, depth]}. "

    def _shown(self, numbering: str, of: str, depth: int, legal: bool) -> str:
        level = self._levels.get((numbering, depth))
        return shown(self._counters.get((of, depth), 1), level.kind if level and not legal else "decimal")


def shown(number: int, kind: str) -> str:
    """A number in a format of ECMA-376 part 1, 17.18.59; what is not known here is decimal."""
    if kind in _CHINESE:
        return chinese(number)
    if kind in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if kind == "lowerLetter" else letters.upper()
    if kind in ("lowerRoman", "upperRoman"):
        return _roman(number) if kind == "upperRoman" else _roman(number).lower()
    if kind == "decimalZero":
        return f"{number:02d}"
    if kind in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 0 < number <= 20:
        return chr(ord("①") + number - 1)
    return str(number)


def chinese(number: int) -> str:
    """一, 十二, 一百零三; for numbers below ten thousand."""
    if not 0 < number < 10_000:
        return str(number)
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
        zero = digit == 0
    return text[1:] if 10 <= number < 20 else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True
    ):
        count, number = divmod(number, value)
        text += letters * count
    return text


def _numbering(document: Any) -> Any:
    try:
        return document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return None


def _levels(document: Any) -> Mapping[tuple[str, int], Level]:
    """(numbering id, depth) → its level, with what a single list changes of it."""
    numbering = _numbering(document)
    if numbering is None:
        return {}
    abstract = {
        one.get(f"{_W}abstractNumId"): {_depth(level): _level(level) for level in one.iter(f"{_W}lvl")}
        for one in numbering.iter(f"{_W}abstractNum")
    }
    all_levels: dict[tuple[str, int], Level] = {}
    for number in numbering.iter(f"{_W}num"):
        levels = dict(abstract.get(_value(number, "abstractNumId"), {}))
        for change in number.iter(f"{_W}lvlOverride"):
            start = _value(change, "startOverride")
            if start.isdigit() and (depth := _depth(change)) in levels:
                levels[depth] = replace(levels[depth], start=int(start))
        levels |= {
            _depth(level): _level(level) for change in number.iter(f"{_W}lvlOverride") for level in change.iter(f"{_W}lvl")
        }
        all_levels |= {(number.get(f"{_W}numId"), depth): level for depth, level in levels.items()}
    return all_levels


def _lists(document: Any) -> Mapping[str, str]:
    """Numbering id → the id of the numbering that it counts on with: lists of one definition that do not start again."""
    numbering = _numbering(document)
    first: dict[str, str] = {}
    lists: dict[str, str] = {}
    for number in numbering.iter(f"{_W}num") if numbering is not None else ():
        name, abstract = number.get(f"{_W}numId"), _value(number, "abstractNumId")
        starts_again = number.find(f"{_W}lvlOverride/{_W}startOverride") is not None
        lists[name] = name if starts_again else first.setdefault(abstract, name)
    return lists


def _level(level: Any) -> Level:
    start = _value(level, "start")
    legal = level.find(f"{_W}isLgl")
    plain = legal is not None and legal.get(f"{_W}val", "1") not in ("0", "false", "off")
    return Level(_value(level, "numFmt"), _value(level, "lvlText"), int(start) if start.isdigit() else 1, plain)


def _depth(level: Any) -> int:
    value = level.get(f"{_W}ilvl", "0")
    return int(value) if value.isdigit() else 0


def _value(element: Any, name: str) -> str:
    child = element.find(f"{_W}{name}")
    return str(child.get(f"{_W}val", "")) if child is not None else ""
