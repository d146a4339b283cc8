"""Values of cells that a question names."""

from __future__ import annotations

import re

from rag.text.tokens import one_line

_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"[\d.,%/ -]+")
_LISTED, _LIST = re.compile(r"[、，；;/|]|, "), 8  # between things that a cell lists, so many at most


def is_named(value: str, question: str) -> bool:
    """Whether a question (of `one_line`) names a cell's value, or one thing of a cell that lists some: 科目二、科目三."""
    if stands_in(value, question):
        return True
    parts = _LISTED.split(value)
    listed = 1 < len(parts) <= _LIST and not any(_NUMBER.fullmatch(one_line(part)) for part in parts)  # else a date, an amount
    return listed and any(stands_in(part, question) for part in parts)


def stands_in(value: str, question: str) -> bool:
    """Whether a cell's value is named in a question (of `one_line`): whole words, no bare number of one digit."""
    name = one_line(value).strip(" .。")
    if len(name) < 2 or len(name) > 40 or (_NUMBER.fullmatch(name) and len(name) < 3):
        return False
    at = question.find(name)
    while at >= 0:
        before, after = question[at - 1 : at] if at else "", question[at + len(name) : at + len(name) + 1]
        if not (_runs_on(before, name[0]) or _runs_on(after, name[-1])):
            return True
        at = question.find(name, at + 1)
    return False


def _runs_on(outside: str, edge: str) -> bool:
    """Whether a Latin word or a number goes on beyond its edge."""
    return bool(outside) and outside.isalnum() and edge.isalnum() and not _HAN.match(outside) and not _HAN.match(edge)
