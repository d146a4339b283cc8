"""Of things in a table those for which something holds: which plans have phone support, 哪些门店可以免费停车."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.compose.overview import FILLERS, says_all
from rag.domain.statement import Cell, Statement
from rag.text.answer_type import kind_asked
from rag.text.term_coverage import word_set
from rag.text.tokens import one_line

_YES = re.compile(r"yes|y|included|available|supported|✓|✔|√|●|是|有|可以?|支持|含|提供|能")
_NO = re.compile(
    r"no|n|not (?:available|included|supported|possible)|none|✗|×|✕|✘|-|–|—|否|无|没有|不(?:可以?|支持|含|提供|能)"
)
_DENIED = re.compile(r"不(?:能|可以?|支持|带|含|提供|(?!同|错|限|锈|一样|少|多|过))|没有|\bwithout\b|\bnot?\b|n['’]t\b|\black")
_VERBS = word_set("include contain feature come offer support allow provide 包含 包括 提供 支持 允许 带")


def holders(question: str, rows: Sequence[Statement], above: str) -> list[tuple[int, Statement]]:
    """Places among the rows of a table, and the rows with the asked cells only, that answer for which things it holds; empty
    where that is not asked or not told. above: title and headings."""
    if kind_asked(question) != "which" or len(rows) < 2 or not _is_about(question, rows, above):
        return []
    return _of_columns(question, rows) or _of_rows(question, rows)


def _of_columns(question: str, rows: Sequence[Statement]) -> list[tuple[int, Statement]]:
    """Things are columns: of the row that says what is asked for the cells for which it holds."""
    question_words = word_set(question)
    said = {at: own for at, one in enumerate(rows) if (own := word_set(one.cells[0].value)) and own & question_words}
    most = max((len(own & question_words) for own in said.values()), default=0)
    best = [at for at, own in said.items() if len(own & question_words) == most]
    if len(best) != 1 or len(rows[best[0]].cells) < 3:
        return []
    one = rows[best[0]]
    held = _held(question, one.cells[1:], said[best[0]])
    return [(best[0], replace(one, cells=(one.cells[0], *held)))] if held else []


def _of_rows(question: str, rows: Sequence[Statement]) -> list[tuple[int, Statement]]:
    """Things are rows: those in whose column that says what is asked it holds."""
    question_words = word_set(question)
    said: dict[str, frozenset[str]] = {
        cell.name: word_set(cell.name) for one in rows for cell in one.cells[1:] if word_set(cell.name) & question_words
    }
    if len(said) != 1 or len({one.cells[0].value for one in rows}) < len(rows):
        return []
    name, own = next(iter(said.items()))
    column = [cell for one in rows for cell in one.cells[1:] if cell.name == name]
    held = _held(question, column, own) if len(column) == len(rows) else []
    return [
        (at, replace(rows[at], cells=(rows[at].cells[0], cell)))
        for at, cell in enumerate(column)
        if any(cell is one for one in held)
    ]


def _held(question: str, cells: Sequence[Cell], label: frozenset[str]) -> list[Cell]:
    """The cells whose value says a word of the question that their label does not, else those that say yes; none where that is
    true of all, or a cell says neither yes nor no."""
    rest = word_set(question) - label
    held = [cell for cell in cells if word_set(cell.value) & rest]
    if not held and all(_YES.fullmatch(value) or _NO.fullmatch(value) for value in (one_line(cell.value) for cell in cells)):
        wanted = _NO if _DENIED.search(one_line(question)) else _YES
        held = [cell for cell in cells if wanted.fullmatch(one_line(cell.value))]
    return held if len(held) < len(cells) else []


def _is_about(question: str, rows: Sequence[Statement], above: str) -> bool:
    cells = (f"{cell.name}\n{cell.value}" for one in rows for cell in one.cells)
    text = "\n".join((above, rows[0].lead, rows[0].above, *cells))
    return says_all(word_set(_DENIED.sub(" ", question)) - FILLERS - _VERBS, text)
