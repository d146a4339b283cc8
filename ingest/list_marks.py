"""What stands before an item or a step: 3.2), ③, 第三步：, b), •."""

from __future__ import annotations

import re

_NUMERALS = "一二三四五六七八九十"
_NUMBERED = re.compile(
    rf"(?:\d{{1,3}}(?:\.\d{{1,3}}){{0,3}}[.)、．）]|[（(]\d{{1,3}}[)）]|[①-⑳]|[（(][{_NUMERALS}]{{1,3}}[)）]|[{_NUMERALS}]{{1,3}}、"
    rf"|第\s*[{_NUMERALS}\d]{{1,3}}\s*步[:：、.]?|步骤\s*[{_NUMERALS}\d]{{1,3}}[:：、.]?|[Ss]tep\s+\d{{1,3}}[:.)]?)"
)
_LETTERED = re.compile(r"[a-zA-Z][.)]")
BULLET = re.compile(r"(?:[-*+•·●○▪■◆–]|\[[ xX]\])")
LINE_MARK = re.compile(rf"[ \t>]*(?P<mark>{_NUMBERED.pattern}|{_LETTERED.pattern}(?=\s)|{BULLET.pattern}(?=\s))\s*(?=\S)")
MARK_BEFORE = re.compile(rf"(?P<mark>{_NUMBERED.pattern}|{_LETTERED.pattern}|{BULLET.pattern})\s*$")
_DIGITS = re.compile(r"\d+")
_CIRCLED = ord("①") - 1


def number_of(mark: str) -> int:
    """Of a numbered mark; 0 for letters, bullets and none."""
    if not mark or not _NUMBERED.fullmatch(mark):
        return 0
    if (numerals := _DIGITS.findall(mark)) and mark[0] not in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳":
        return int(numerals[-1])
    if "①" <= mark[0] <= "⑳":
        return ord(mark[0]) - _CIRCLED
    digits = [_NUMERALS.index(char) + 1 for char in mark if char in _NUMERALS]
    if len(digits) == 1:
        return digits[0]
    if digits and digits[0] == 10:
        return 10 + (digits[1] if len(digits) > 1 else 0)
    return 10 * digits[0] + (digits[2] if len(digits) > 2 else 0) if digits else 0
