"""Which cells of a table row were asked for: the named models' columns, or the asked attribute of a named row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.compose.values import is_named
from rag.domain.statement import Cell, Statement
from rag.text.answer_type import kind_asked
from rag.text.attributes import attributes_asked, is_called, looks_like, without_attributes
from rag.text.everyday import is_said, telling, things_of
from rag.text.labels import flat
from rag.text.names import asked_names, matched
from rag.text.ranges import within
from rag.text.siblings import in_other_words, meant_among, named_among
from rag.text.term_coverage import word_set
from rag.text.tokens import one_line, words

# Columns that say under which conditions the others hold stay with them.
_NOTES = re.compile(
    r"备注|说明|注意|条件|限制|\b(?:notes?|remarks?|conditions?|comments?|restrictions?|exceptions?)\b", re.IGNORECASE
)
_NOTE = 120  # characters of a note that is given along
SURE, _FAINT = 0.5, 0.3  # from what share of a label's words on it is meant; of a character that it alone has
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN, _HANS = re.compile(r"[A-Za-z0-9][\w&.'-]*"), re.compile(r"[\u4e00-\u9fff]+")
# Characters of Chinese that a question and a label share without being about one thing.
_COMMON_ZH = frozenset("的了吗呢吧么可以能不有没是多少几个什哪怎样要会在和与一到用给为每年月日天次元时间后前内上下大小人")


def heads_of(rows: Sequence[Statement]) -> list[str]:
    """Names of the columns but the first, which says what a row is about."""
    return list(dict.fromkeys(cell.name for one in rows for cell in one.cells[1:] if cell.name))


def named_columns(question: str, rows: Sequence[Statement]) -> frozenset[str]:
    """Names of the columns that the question tells apart from their neighbours by name: models, plans; empty where none is."""
    attributes = attributes_asked(question)  # a column of prices is no model
    all_ = {cell.name: cell.names[-1] for one in rows for cell in one.cells[1:] if cell.name}
    own = {name: last for name, last in all_.items() if not any(is_called(attribute, name) for attribute in attributes)}
    named = named_among(question, list(own)) or named_among(question, list(own.values()))
    if not named and kind_asked(question) not in ("steps", "reason"):
        own = all_
        named = in_other_words(question, list(own))
    return frozenset(name for name, last in own.items() if name in named or last in named)


def asked_columns(question: str, rows: Sequence[Statement]) -> frozenset[str]:
    """Names of the columns that hold what the question asks for: their words stand in it, or they are called after the
    attribute, or hold values of it."""
    heads = heads_of(rows)
    named = {word for one in rows for cell in one.cells for word in word_set(cell.value)}
    question_words = word_set(question) - named
    if columns := {head for head in heads if word_set(head) & question_words}:
        return frozenset(columns)
    values = {head: [cell.value for one in rows for cell in one.cells if cell.name == head and cell.value] for head in heads}
    wanted = attributes_asked(question)
    return frozenset(
        head
        for head in heads
        if any(is_called(one, head) or all(looks_like(one, value) for value in values[head]) for one in wanted)
    )


def _said(question: str, one: Statement, rows: Sequence[Statement]) -> float:
    """How surely (0–1) a row's label says what is asked of a named column: the share of its words in the question, the
    attribute in other words, its initials (`sso`), or for Chinese, hardly, a character that no other label has."""
    label, heads = _label(one), heads_of(rows)
    question_words = word_set(question) - {word for head in heads for word in words(head)}
    if _initials(label) in question_words or label in named_among(question, [_label(other) for other in rows]):
        return 1.0
    own, things = word_set(label), things_of(question)
    apart = telling(things)
    matched = {word for word in question_words if word in own or is_said(things.get(word, frozenset()) & apart, label, own)}
    shared = max(min(1.0, len(matched & part or matched) / len(part)) for part in _languages(label)) if matched else 0.0
    if of_attribute(question, one):
        return max(shared, 1.0 if len(own) < 3 else _FAINT)
    rest = matched | (question_words & word_set(without_attributes(question)))
    if shared < 1 and matched and 2 * len(matched) < len(rest):  # most of what is asked is something else
        shared *= len(matched) / len(rest)
    left = set(question) - {char for head in heads for char in head}
    return max(shared, _FAINT * bool(_own_characters(label, [_label(other) for other in rows]) & left))


def _languages(label: str) -> list[frozenset[str]]:
    """Words of a label that is given in two languages (`庭院别墅 Courtyard villa`) by language, else all of them."""
    latin, han = word_set(" ".join(_LATIN.findall(label))), word_set(" ".join(_HANS.findall(label)))
    return [part for part in (latin, han) if part] or [frozenset((label,))]


def _label(one: Statement) -> str:
    return one.label or one.cells[0].value


def _initials(label: str) -> str:
    """`sso` of Single sign-on (SAML)."""
    latin = re.findall(r"[A-Za-z]+", re.sub(r"\(.*?\)", "", label))
    return "".join(word[0] for word in latin).lower() if 2 <= len(latin) <= 5 else ""


def _own_characters(label: str, labels: Sequence[str]) -> set[str]:
    return set(_HAN.findall(label)) - _COMMON_ZH - {char for other in labels if other != label for char in other}


def pinned(question: str, one: Statement, rows: Sequence[Statement]) -> float:
    """How surely (0–1) the question names a cell of the row, by its column and what it is about, or by the row and what is
    asked of it: 金卡 and 游泳, HM-20 and its weight."""
    if not one.cells or len(one.cells) < 2:
        return 0.0
    if columns := named_columns(question, rows):
        said = {at: _said(question, other, rows) for at, other in enumerate(rows)}
        own = next((said[at] for at, other in enumerate(rows) if other is one), 0.0)
        filled = any(cell.name in columns and cell.value.strip() for cell in one.cells)
        return own if filled and own == max(said.values()) else 0.0
    if not _row_named(question, one, rows):
        return 0.0
    wanted = asked_columns(question, rows)
    if len(wanted) == len(heads_of(rows)) > 1 and _of_something_else(question, one, rows):
        return 0.0
    return float(any(cell.name in wanted and cell.value.strip() for cell in one.cells))


def _of_something_else(question: str, one: Statement, rows: Sequence[Statement]) -> bool:
    """Whether all columns hold what is asked for, and nothing else of the question stands in the table: the prices of
    Singapore's desks, for what a meeting room costs there."""
    above = " ".join((one.lead, one.above, *(name for cell in one.cells for name in cell.names)))
    words_above, things = word_set(above), things_of(question)
    left = word_set(without_attributes(question)) - word_set(" ".join(cell.value for cell in one.cells))
    if any(word in words_above or is_said(things.get(word, ()), above, words_above) for word in left):
        return False
    return sum(word in things for word in left) > 1


def _row_named(question: str, one: Statement, rows: Sequence[Statement]) -> bool:
    """Whether one of its cells says which row is meant: its label, or another cell by which rows are told apart."""
    plain = one_line(question)
    for at, cell in enumerate(one.cells):
        if is_named(cell.value, plain):
            return True
        column = [other.cells[at].value for other in rows if at < len(other.cells)]
        # Another name for a thing tells labels apart: a value that is called otherwise is what is asked for (`covered`).
        if cell.value in (named_among(question, column) if at else meant_among(question, column)):
            return True
    return bool(matched(asked_names(question), [_label(one)])) or _own_word(question, one, rows)


def _own_word(question: str, one: Statement, rows: Sequence[Statement]) -> bool:
    """Whether a question for an attribute has a word of the row's label that no other row's has, and of no other row's: the
    doorbell of Video Doorbell D3."""
    if not attributes_asked(question):
        return False
    question_words = {word for word in word_set(question) if word.isalpha() and len(word) >= (4 if word.isascii() else 2)}
    shares = [word_set(_label(other)) & question_words for other in rows]
    return sum(map(bool, shares)) == 1 and bool(word_set(_label(one)) & question_words)


def of_attribute(question: str, one: Statement) -> bool:
    """Whether a row is the one of an attribute that is asked for: its label says so."""
    return bool(one.cells) and any(is_called(attribute, _label(one)) for attribute in attributes_asked(question))


def lacks_attribute(question: str, rows: Sequence[Statement], above: str) -> bool:
    """Whether rows say nothing of the only attribute that is asked for: no column, label or heading is called so, and no value
    looks like it. False for a question that asks for none that is known."""
    attributes = attributes_asked(question)
    texts = [above, *(text for one in rows for text in (one.label, one.lead, one.above, *(cell.name for cell in one.cells)))]
    values = [cell.value for one in rows for cell in one.cells]
    if any(within(question, names) == frozenset() for names in (heads_of(rows), [_label(one) for one in rows])):
        return True
    if kind_asked(question) in ("which", "yes_no"):  # phone support is no number
        texts += values
    return bool(attributes) and not any(
        any(is_called(attribute, text) for text in texts) or any(looks_like(attribute, value) for value in values)
        for attribute in attributes
    )


def asked_cells(question: str, rows: Sequence[Statement], among: Sequence[Statement]) -> list[Statement]:
    """The rows with the asked cells only: an asked column stands by itself where the question names the row. `among`: all rows
    of the table; rows that only the left-out cells tell apart stay whole."""
    columns = named_columns(question, rows)
    if (
        not columns
        and all(_row_named(question, one, among) for one in rows)
        and len({_label(one) for one in rows}) == len(rows)
    ):
        columns = asked_columns(question, rows)
    if not columns or len(columns) == len(heads_of(rows)):
        return list(rows)
    return [_narrowed(question, one, columns) for one in rows]


def _narrowed(question: str, one: Statement, columns: frozenset[str]) -> Statement:
    plain = flat(question)
    first, rest = one.cells[:1], one.cells[1:]
    if not any(cell.name in columns for cell in rest):
        return one
    said = [cell for cell in rest if len(flat(cell.value)) > 1 and flat(cell.value) in plain]  # by which the row was named
    return replace(one, cells=(*first, *(cell for cell in rest if cell.name in columns or cell in said or _is_note(cell))))


_ABOUT = re.compile(
    r"(?<![a-z])(?:labels?|drafts?|promoted|position|locale|section|votes?|comments?|permissions?|outdated|segment|visibility"
    r"|urgent|priority)(?![a-z])|紧急|优先|"
    r"分类|类别|标签|关键[词字]|更新|日期|时间$|编号|序号|作者|负责|来源|产品|版本|语言|状态|"
    r"\b(?:categor(?:y|ies)|tags?|keywords?|updated|created|date|author|owner|language|product|version|status|source|id|no\.?)\b",
    re.IGNORECASE,
)


def belongs(cells: Sequence[Cell]) -> bool:
    """Whether further columns of a FAQ are a part of the answer: details, exceptions, notes; not its category or date."""
    return bool(cells) and not any(_ABOUT.search(cell.name.replace("_", " ")) for cell in cells)


def _is_note(cell: Cell) -> bool:
    return _NOTES.search(cell.name) is not None and 1 < len(cell.value.strip()) <= _NOTE
