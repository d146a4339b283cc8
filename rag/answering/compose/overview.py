"""Questions for all of something: which plans there are and what they cost, 都有什么卡，分别多少钱."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.answering.compose.columns import heads_of, named_columns, of_attribute
from rag.domain import Hit
from rag.domain.statement import Statement
from rag.text.attributes import attributes_asked, is_called, without_attributes
from rag.text.term_coverage import word_set
from rag.text.tokens import one_line

_LISTS = re.compile(
    r"哪些|哪几|都有(?:什么|啥)|有(?:什么|啥|几)(?:种|款|个|样)?|几种|几款|分别|各(?:要|是|多少)|各自|列表|一览|价目|价格表"
    r"|\b(?:which|what)\b.{0,40}\b(?:are there|do you (?:have|sell|offer)|exist|available|is each|does each)\b"
    r"|(?:有(?:什么|啥|哪些|何)?|的)(?:区别|差别|差异|不同|不一样)|\b(?:differences?|compare|comparison)\b(?=.{0,24}s\b)"
    r"|\bwhat (?:do|does|are) (?:your|the|all)\b|\bhow much (?:are|is|do|does) (?:your|each|all)\b|\blist\b|\boverview\b"
)
FILLERS = frozenset(
    (
        "种 款 个 类 几款 几种 哪几款 哪几种 哪几 哪款 哪种 哪家 哪些 哪几家 种类 分别 各 各自 都 一览 列表 价目 "
        "两个 三个 四个 几个 各个 这些 所有 区别 差别 差异 不同 对比 比较 之间 sell offer exist available each "
        "different differ difference differenc between compar comparison among various two three four kind type list one get"
    ).split()
)


def overviews(question: str, hit: Hit) -> list[list[Statement]]:
    """Rows of the hit's tables that list all that the question asks for: by what each and its columns are called."""
    if _LISTS.search(one_line(question)) is None:
        return []
    return [rows for rows in tables_of(hit) if len(rows[0].cells) > 1 and lists_all(question, hit, rows)]


def tables_of(hit: Hit) -> list[list[Statement]]:
    """Rows of each of the hit's tables."""
    tables: dict[int, list[Statement]] = {}
    for one in hit.passage.statements:
        if one.kind == "row" and one.cells:
            tables.setdefault(one.group, []).append(one)
    return list(tables.values())


def lists_all(question: str, hit: Hit, rows: Sequence[Statement]) -> bool:
    """The same of one table."""
    plain = one_line(question)
    return _LISTS.search(plain) is not None and not named_columns(question, rows) and _lists(plain, hit, rows)


def overview_cells(question: str, rows: Sequence[Statement]) -> list[Statement]:
    """What each row is about and what is asked of all; the rows as they are where their columns do not tell."""
    attributes = attributes_asked(question)
    columns = {head for head in heads_of(rows) if any(is_called(one, head) for one in attributes)}
    if not columns or len({one.cells[0].value for one in rows}) < len(rows):
        return list(rows)
    return [replace(one, cells=(one.cells[0], *(cell for cell in one.cells[1:] if cell.name in columns))) for one in rows]


def _lists(question: str, hit: Hit, rows: Sequence[Statement]) -> bool:
    attributes, passage = attributes_asked(question), hit.passage
    heads = heads_of(rows)
    if (
        attributes
        and not any(is_called(one, head) for one in attributes for head in heads)
        and not any(of_attribute(question, one) for one in rows)
    ):
        return False
    called = "\n".join((passage.title, *passage.section, rows[0].lead, rows[0].cells[0].name, *heads))
    left = word_set(without_attributes(question)) - FILLERS
    return len(rows) > 1 and says_all(left, called)


def says_all(wanted: Iterable[str], text: str) -> bool:
    """Whether a text has all these words, or of a Chinese one its last character: 店 of 门店."""
    own = word_set(text)
    return all(word in own or (not word.isascii() and word[-1] in text) for word in wanted)
