"""What a line of plain text is: a heading, a list item, prose. Rules for Chinese and English without any markup."""

from __future__ import annotations

import re
import unicodedata

_NUMERALS = "一二三四五六七八九十百零〇两\\d"
_PATTERNS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(f"第[{_NUMERALS}]{{1,6}}[编部篇卷](?![分门件])"), 1),
    (re.compile(f"第[{_NUMERALS}]{{1,6}}章|(?:Part|Chapter|PART|CHAPTER)\\s+(?:\\d+|[IVXLC]+)\\b"), 2),
    (re.compile(f"第[{_NUMERALS}]{{1,6}}节|(?:Section|SECTION)\\s+\\d+(?![.\\d]*\\d)\\b"), 3),
    (re.compile(f"第[{_NUMERALS}]{{1,6}}条|(?:Article|ARTICLE)\\s+\\d+\\b"), 4),
    (re.compile("[一二三四五六七八九十]{1,3}[、．.]"), 5),
    (re.compile("[(（][一二三四五六七八九十]{1,3}[)）]"), 6),
)
_DOTTED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,4})[.、]?\s+\S")
_NUMBER = re.compile(r"\d{1,3}[.、．]\s*\D")
_BULLET = re.compile(
    r"(?:[-*+•·●○▪■◆–]\s+|\d{1,3}[.)）](?=\s|[\u3400-\u9fff])\s*|\d{1,3}、\s*|[(（]\d{1,3}[)）]\s*|[①-⑳]\s*|[a-zA-Z]\)\s+"
    r"|[一二三四五六七八九十]{1,3}、\s*|[(（][一二三四五六七八九十]{1,3}[)）]\s*)(?=\S)"
)
_OPEN_END = re.compile(r"[。！；：，、,;:.!…]$")
_NO_TITLE = re.compile(r"^[^\w\u201c《「【(（\[]|[:：]\s*\S|://|\S{25,}")  # `> Home > Help`, `Author: x`, links, keys
_HEADING_COLUMNS = 60
LEAF = 12
"""Level of a short line without numbering."""


def columns(text: str) -> int:
    """Width on a terminal: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fits(text: str, limit: int) -> bool:
    """Whether a text is no wider than `limit` columns."""
    return len(text) * 2 <= limit or (len(text) <= limit and columns(text) <= limit)


def bullet(line: str) -> int:
    """Length of the list mark that opens the stripped line, with the space after it; 0 when there is none."""
    match = _BULLET.match(line)
    return match.end() if match else 0


def heading_level(line: str, *, alone: bool, follower: str) -> int:
    """Level of the stripped line as a heading, 1 outermost; 0 when it is none.

    `alone`: it stands between blank lines. `follower`: the next line that is not blank, stripped, or ''.
    """
    if columns(line) > _HEADING_COLUMNS or _OPEN_END.search(line) or not any(char.isalpha() for char in line):
        return 0
    for pattern, level in _PATTERNS:
        if pattern.match(line):
            # A run of such lines is an enumeration, not headings over empty sections.
            return 0 if level >= 4 and follower and pattern.match(follower) else level
    if match := _DOTTED.match(line):
        return 7 + match[1].count(".") if not _DOTTED.match(follower) or alone else 0
    if _NUMBER.match(line):
        return 7 if alone and follower and not _NUMBER.match(follower) else 0
    if bullet(line) or not follower or (not bullet(follower) and columns(follower) <= columns(line)):
        return 0
    if _NO_TITLE.search(line):
        return 0
    return LEAF if alone or _introduces(line, follower) else 0


def numbered_level(line: str, follower: str) -> int:
    """Level of a line that its numbering makes a heading (`第二章`, `一、`, `1.2 Title`); 0 for any other line."""
    level = heading_level(line, alone=True, follower=follower)
    return level if level < LEAF else 0


def _introduces(line: str, follower: str) -> bool:
    """A short line over a sentence, in text without blank lines."""
    return columns(follower) >= 2 * columns(line) and follower[-1] in "。！？.!?；：:"
