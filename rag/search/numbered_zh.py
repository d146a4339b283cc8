"""Chinese things in a row that a numeral alone tells apart: 科目四 beside 科目二 and 科目三, 5号楼 beside 1号楼 and 2号楼."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from rag.domain import Hit, Passage
from rag.domain.grounding import Unknown
from rag.text.labels import cells, flat
from rag.text.numerals import zh_number
from rag.text.tokens import fold, words

_NEAREST = 4
_NUMERAL = r"(?:[一二三四五六七八九十]{1,3}|\d{1,3})"
_LAST = re.compile(rf"([\u4e00-\u9fff]{{1,5}}[\u4e00-\u9fff])({_NUMERAL})(?![\u4e00-\u9fff\w.])")
_FIRST = re.compile(rf"(?<![\w.第])({_NUMERAL})\s?(路|号[楼线店馆厅院门]|期|楼|层|栋|幢|区|代|号)(?![\u4e00-\u9fff])")
_COUNTS = r"(?![个次天年月日点元块分秒周岁位人条件张台种项遍样起号百千万\d一二三四五六七八九十])"  # then it counts something


def beside_numbers(question: str, hits: Iterable[Hit], read: Callable[[list[str]], Mapping[int, Passage]]) -> list[Unknown]:
    """The name with a numeral that no passage has, where titles, headings or rows are called so with two other numerals."""
    plain = flat(fold(question))
    for (before, after), kin in _kinds(hits).items():
        if len(kin) < 2:
            continue
        pattern = rf"{re.escape(before)}({_NUMERAL}){re.escape(after)}" + (_COUNTS if before else "")
        match = re.search(pattern if before else rf"(?<![\w第]){pattern}", plain)
        if match is None or _number(match[1]) in kin:
            continue
        written = {form + after if not before else before + form for form in _forms(match[1])}
        passages = read(words(before or after))
        if not any(one in flat(f"{p.context}\n{p.text}") for p in passages.values() for one in written):
            return [Unknown(match.group(), tuple(kin.values())[:_NEAREST])]
    return []


def _kinds(hits: Iterable[Hit]) -> dict[tuple[str, str], dict[int, str]]:
    """By what stands before and after the numeral: the numbers that things are called with, and how they are written."""
    out: dict[tuple[str, str], dict[int, str]] = {}
    for hit in hits:
        for label in (hit.passage.title, *hit.passage.section, *cells(hit.passage)):
            text = fold(label)
            if (last := _LAST.match(text)) is not None:
                out.setdefault((last[1], ""), {}).setdefault(_number(last[2]), last.group())
            elif (first := _FIRST.match(text)) is not None:
                out.setdefault(("", first[2]), {}).setdefault(_number(first[1]), first.group())
    return out


def _number(numeral: str) -> int:
    return int(numeral) if numeral.isdigit() else int(zh_number(numeral))


def _forms(numeral: str) -> list[str]:
    number = _number(numeral)
    han = "一二三四五六七八九十"
    return [numeral, str(number), *([han[number - 1]] if number <= len(han) else [])]
