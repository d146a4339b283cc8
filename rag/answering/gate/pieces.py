"""The pieces of a written sentence: its list mark, what it quotes, and forms in which it is looked for in a passage."""

from __future__ import annotations

import re

from rag.text.tokens import fold

_BULLET = re.compile(
    r"(?:[-*+•](?=\s)|\d{1,2}[.)、](?!\d)|[（(]\d{1,2}[)）]|[①-⑳]|\*{0,2}(?:第[一二三四五六七八九十\d]{1,3}步"
    r"|步骤\s?[一二三四五六七八九十\d]{1,3}|[Ss]tep \d{1,2})\s?[:：、.)]\*{0,2})\s*"
)
_QUOTED = re.compile(r"“([^“”]{6,400})”|「([^「」]{4,400})」|\"([^\"]{6,400})\"")
_SPACE = re.compile(r"\s+")
_MARK = re.compile(r"\W+")


def parts(sentence: str) -> tuple[str, str]:
    """(list mark or step number with its space, text)."""
    text = sentence.strip()
    mark = _BULLET.match(text)
    return (mark.group(), text[mark.end() :].strip()) if mark else ("", text)


def is_item(sentence: str) -> bool:
    """Whether it is an item or step of a list."""
    return bool(parts(sentence)[0])


def quotes(text: str) -> list[str]:
    return [next(filter(None, groups)) for groups in _QUOTED.findall(text)]


def letters(text: str) -> str:
    return _MARK.sub("", fold(text)).lower()


def tight(text: str) -> str:
    return _SPACE.sub("", fold(text)).strip(".。!！?？\"'“”‘’*`").lower()
