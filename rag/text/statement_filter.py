"""Which statements of a passage a question is about: not those of another name, not those that are over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from rag.domain.statement import Period, Statement
from rag.text.in_force import current
from rag.text.names import Name, sides
from rag.text.ranges import read_range, within
from rag.text.siblings import meant_among
from rag.text.term_coverage import word_set
from rag.text.tokens import fold

_LABEL = 40  # characters of a cell that may be a name


def chosen(
    statements: Sequence[Statement],
    question: str,
    names: Sequence[Name],
    wanted: Period | None,
    today: int,
    texts: Sequence[str] = (),
) -> list[bool]:
    """Of each statement: whether the question may be about it.

    Where one has a name that the question has (a code, or a row's label word for word), those with another name of the same
    kind are out; where rows are versions in time, those that are not in force are out. What says nothing about names and time
    always stays.

    Args:
        names: of the question, `rag.text.names.asked_names`.
        asked, today: the time that the question is about (None: none), and this day's ordinal.
        texts: of each statement, where `Statement.text` is empty.
    """
    keep = [True] * len(statements)
    said = [one.text or text for one, text in zip(statements, texts or [""] * len(statements), strict=True)]
    stands = [sides(names, _labels(one), text) for one, text in zip(statements, said, strict=True)] if names else []
    if "matches" in stands:
        keep = [
            side == "matches" or (side == "neutral" and sides(names, [text]) != "sibling")  # E401 … beside E405
            for side, text in zip(stands, said, strict=True)
        ]
    for group in _groups(statements):
        _by_label(statements, group, question, keep)
        _by_time(statements, group, wanted, today, keep)
    return keep


def _labels(statement: Statement) -> list[str]:
    cells = (cell.value for cell in statement.cells if len(cell.value) <= _LABEL)
    return [label for label in (statement.label, statement.above, *cells) if label]


def _groups(statements: Sequence[Statement]) -> list[list[int]]:
    """Places of the rows of each table."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at, one in enumerate(statements):
        if one.kind == "row":
            groups[one.group].append(at)
    return list(groups.values())


def _by_label(statements: Sequence[Statement], group: Sequence[int], question: str, keep: list[bool]) -> None:
    for part in ("label", "above"):
        labels = {at: getattr(statements[at], part) for at in group}
        if named := meant_among(question, list(labels.values())) or _by_words(question, list(labels.values())):
            also = both_asked(question, list(labels.values()))
            for at, label in labels.items():
                keep[at] = keep[at] and (label in named or label in also)
    _by_range(statements, group, question, keep)


_SECOND = re.compile(
    r"(?:[,，;；、]|\band\b|以及|还有|和|\?|？)\s*(?:\w+\s){0,3}?(?:how|what|which|when|where|who)\b"
    r"|(?:[,，;；、]|以及|还有|和|？)[^,，;；、？]{0,16}(?:多少|多[长重高大久宽远]|几|哪|什么)",
    re.IGNORECASE,
)


_COMPARES = re.compile(
    r"区别|差别|差异|不同|不一样|对比|相比|哪个(?:更)?好|还是.*好"
    r"|\b(?:differences?|differ|compared?|comparison|versus|vs\.?|better)\b",
    re.IGNORECASE,
)


def both_asked(question: str, labels: Sequence[str]) -> frozenset[str]:
    """Of a question with two parts, or one that compares, the labels that stand in it with all their words."""
    if not _SECOND.search(question, 4) and not _COMPARES.search(question):
        return frozenset()
    question_words = word_set(question)
    both = frozenset(label for label in labels if (label_words := word_set(label)) and label_words <= question_words)
    return both if len(both) > 1 else frozenset()


def _by_words(question: str, names: Sequence[str]) -> frozenset[str]:
    """Of names of several words the one that the question has most of, two at least: Portlea – Ronan Island."""
    question_words = {word for word in word_set(question) if word.isalpha() and len(word) > 1}
    shared = {name: len(word_set(name) & question_words) for name in names}
    most = max(shared.values(), default=0)
    best = [name for name, count in shared.items() if count == most]
    return frozenset(best) if most > 1 and len(best) == 1 else frozenset()


def _by_range(statements: Sequence[Statement], group: Sequence[int], question: str, keep: list[bool]) -> None:
    """Rows that are told apart by a column of ranges: the one that an amount of the question lies in."""
    for column in range(max((len(statements[at].cells) for at in group), default=0)):
        values = {at: statements[at].cells[column].value for at in group if column < len(statements[at].cells)}
        if fits := within(question, list(values.values())):
            for at, value in values.items():
                keep[at] = keep[at] and (value in fits or read_range(value) is None)


_DATA = re.compile(
    r"(?:19|20)\d\d\s*(?:年度?|财年)?|fy\s?(?:19|20)\d\d|(?:19|20)\d\d\s*年?\s*(?:q[1-4]|h[12]|第?[一二三四1-4]季度?"
    r"|[上下]半年|[-/.年]\s*\d{1,2}\s*月?)"
    r"|[qh][1-4] (?:19|20)\d\d|[a-z]{3,9}\.? (?:19|20)\d\d"
)


def _of_data(statement: Statement) -> bool:
    """Whether a row is about a year, quarter or month (sales, visitors): such a row is never over."""
    return any(_DATA.fullmatch(fold(cell.value).strip().lower()) for cell in statement.cells)


def _by_time(
    statements: Sequence[Statement], group: Sequence[int], wanted: Period | None, today: int, keep: list[bool]
) -> None:
    dated = [at for at in group if statements[at].period is not None and keep[at]]
    if len(dated) < 2 or (wanted is None and all(_of_data(statements[at]) for at in dated)):
        return
    holds = current([statements[at].period for at in dated], wanted, today)
    if any(holds):
        for at, good in zip(dated, holds, strict=True):
            keep[at] = good
