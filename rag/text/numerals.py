"""Chinese numerals as numbers."""

from __future__ import annotations

DIGITS_ZH = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10000}


def zh_number(text: str) -> int:
    """三十五 → 35, 十 → 10, 两百一十 → 210; below a hundred thousand. What is no numeral counts as nothing."""
    total = digit = 0
    for char in text:
        if char in _POWERS:
            total += (digit or 1) * _POWERS[char]
            digit = 0
        else:
            digit = DIGITS_ZH.get(char, 0)
    return total + digit
