"""The row or column of a table with the least or the most of something: the cheapest plan, 哪款滤芯寿命最长.

Nothing is reckoned but an order: all values are quantities of one unit, or nothing is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.compose.columns import asked_columns, heads_of, of_attribute
from rag.answering.compose.overview import FILLERS, says_all
from rag.domain.statement import Statement
from rag.text.attributes import is_called, looks_like, without_attributes
from rag.text.quantities import comparable, quantity
from rag.text.term_coverage import word_set
from rag.text.tokens import one_line

_LEAST = re.compile(
    r"\b(?:cheapest|lowest|least|smallest|shortest|lightest|fewest|quietest|slowest|thinnest|narrowest)\b"
    r"|最(?:便宜|低|少|小|短|轻|安静|省|薄|窄|慢)"
)
_MOST = re.compile(
    r"\b(?:(?:the )?most expensive|(?:the|has|have|with) most|highest|largest|biggest|longest|heaviest|fastest|strongest"
    r"|loudest|widest|tallest)\b"
    r"|最(?:贵|高|多|大|长|久|重|远|快|强|宽|厚|吵)"
)
_LIMIT = re.compile(
    r"\bat (?:the )?(?:most|least)\b"
    r"|最(?:多|少|高|低|长|大|久|快|远)(?:能|可|几|是?多[少久长大高远]|要|需|不|支持|只)"
)
_FAST = re.compile(r"\bfastest\b|最快")
_OWN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(  # what these words are the least or most of, whatever else is named
    (attribute, re.compile(words))
    for attribute, words in (
        ("price", r"cheapest|expensive|最(?:便宜|贵)"),
        ("weight", r"(?:light|heavi)est|最[轻重]"),
        ("noise", r"(?:quiet|loud)est|最(?:安静|吵)"),
    )
)
_SUPERLATIVE = re.compile(rf"{_LEAST.pattern}|{_MOST.pattern}")


def asks_extreme(question: str) -> bool:
    """Whether a question asks for the least or the most of something among several; a limit (at most, 最多能) is none."""
    plain = one_line(question)
    return _SUPERLATIVE.search(plain) is not None and _LIMIT.search(plain) is None


def extreme(question: str, rows: Sequence[Statement], above: str) -> list[tuple[int, Statement]]:
    """Places among the rows of a table, and the rows with the asked cells only, that have the least or the most of what is
    asked; empty where that is not asked, or not told by this table. above: title and headings."""
    if not rows or not asks_extreme(question):
        return []
    plain = one_line(question)
    told = "\n".join((above, rows[0].lead, rows[0].above, *(cell.name for one in rows for cell in one.cells)))
    if (columns := _of_columns(plain, rows)) and _is_about(plain, f"{told}\n{columns[0][1].cells[0].value}"):
        return columns
    labels = "\n".join(one.cells[0].value for one in rows)
    return _of_rows(plain, rows) if _is_about(plain, f"{told}\n{labels}") else []


def _of_rows(question: str, rows: Sequence[Statement]) -> list[tuple[int, Statement]]:
    """Things are rows: those with the extreme of the column that is asked for."""
    if len({one.cells[0].value for one in rows}) < max(len(rows), 2):
        return []
    columns = [name for name in _asked_columns(question, rows) if comparable(_column(rows, name)) is not None]
    if len(columns) != 1:
        return []
    values = _column(rows, columns[0])
    if len(values) < len(rows):
        return []
    return [
        (at, replace(rows[at], cells=(rows[at].cells[0], *(cell for cell in rows[at].cells[1:] if cell.name == columns[0]))))
        for at in _best(question, values)
    ]


def _of_columns(question: str, rows: Sequence[Statement]) -> list[tuple[int, Statement]]:
    """Things are columns: of the row that is asked for the cells with the extreme."""
    question_words = word_set(question)
    own = _attribute(question)
    if own:
        measured = [any(looks_like(own, cell.value) for cell in one.cells[1:]) for one in rows]
        said = [at for at, one in enumerate(rows) if measured[at] and is_called(own, one.cells[0].value)]
    else:
        said = [at for at, one in enumerate(rows) if of_attribute(question, one)]
    said = said or [at for at, one in enumerate(rows) if (label := word_set(one.cells[0].value)) and label <= question_words]
    if len(said) != 1 or len(rows[said[0]].cells) < 3:
        return []
    one = rows[said[0]]
    best = _best(question, [cell.value for cell in one.cells[1:]])
    return [(said[0], replace(one, cells=(one.cells[0], *(one.cells[1 + at] for at in best))))] if best else []


def _attribute(question: str) -> str:
    return next((attribute for attribute, words in _OWN if words.search(question)), "")


def _asked_columns(question: str, rows: Sequence[Statement]) -> list[str]:
    if not (own := _attribute(question)):
        return sorted(asked_columns(question, rows))
    return [
        name for name in heads_of(rows) if is_called(own, name) or all(looks_like(own, value) for value in _column(rows, name))
    ]


def _column(rows: Sequence[Statement], name: str) -> list[str]:
    return [cell.value for one in rows for cell in one.cells[1:] if cell.name == name]


def _best(question: str, values: list[str]) -> list[int]:
    """Places of the extreme values; empty where they cannot be compared or are all the same."""
    amounts = comparable(values)
    if amounts is None:
        return []
    least = _LEAST.search(question) is not None
    if _FAST.search(question) and any(one is not None and one.dimension == "time" for one in map(quantity, values)):
        least = True  # the fastest delivery takes the fewest days
    wanted = min(amounts) if least else max(amounts)
    best = [at for at, amount in enumerate(amounts) if amount == wanted]
    return best if len(best) < len(values) else []


def _is_about(question: str, text: str) -> bool:
    """Whether what names the things of a table (title, headings, introduction, columns, labels) says all that the question
    speaks of."""
    plain = question if _attribute(question) else without_attributes(question)
    return says_all(word_set(_SUPERLATIVE.sub(" ", plain)) - FILLERS, text)
