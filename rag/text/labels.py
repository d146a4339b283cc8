"""What a passage calls things by, and when what it says holds."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from rag.domain import Passage
from rag.domain.statement import Period
from rag.text import chinese
from rag.text.tokens import fold
from rag.text.untimed import stripped
from rag.text.validity import field_period, read_period

_LABEL = 40  # characters of a label, at most
_SHORTEST = 2  # characters of a label that may be a name
_MARKUP = r"[\s|*_#>•·\-–]*(?:\d{1,2}[.)、]\s*)?[\s|*_`]*"
_FIRST_CELL = re.compile(
    rf"^{_MARKUP}(?:(?P<key>[^\W\d_][^:：|；;]{{0,15}})[:：]\s*)?(?P<cell>[^"
    rf"|；;:：\n—–（(,，。]{{1,{_LABEL}}}?)[*`_]*\s*(?=$|[|；;:：—–（(,，]|-\s)"
)


def labels(passage: Passage) -> list[str]:
    """Title, headings, the phrasing of a FAQ, values of fields, first cells of rows and lines that begin with a term."""
    return [*_above(passage.title, passage.section, passage.context), *map(str, passage.fields.values()), *cells(passage)]


def _above(title: str, section: Sequence[str], context: str) -> Iterator[str]:
    yield title
    yield from section
    yield context.rsplit("\n", 1)[-1]


def cells(passage: Passage) -> Iterator[str]:
    labels = [one for statement in passage.statements for one in (statement.label, statement.above) if one]
    yield from labels or _first_cells(passage.text)


@lru_cache(maxsize=4_000)
def _first_cells(text: str) -> tuple[str, ...]:
    return tuple(
        match["cell"].strip() for line in text.splitlines() if (match := _FIRST_CELL.match(line)) and match["cell"].strip()
    )


def stands_in(label: str, question: str) -> bool:
    """Whether a question has the label as a whole, both as `flat` returns them: not 金卡版 in 白金卡版, nor C2 in C20."""
    single = len(label) == 1 and _is_han(label)  # 猫, where it is a word of the question
    at = question.find(label) if len(label) >= _SHORTEST or (single and label in chinese.cut(question)) else -1
    while at >= 0:
        end = at + len(label)
        number_goes_on = label[-1].isdigit() and question[end : end + 1].isdigit()
        if not number_goes_on and (not _is_han(label[0]) or at in _word_starts(question)):
            return True
        at = question.find(label, at + 1)
    return False


def flat(text: str) -> str:
    """Folded, in small letters, without spaces."""
    return "".join(fold(text).lower().split())


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


@lru_cache(maxsize=2_000)
def _word_starts(text: str) -> frozenset[int]:
    return frozenset(accumulate((len(word) for word in chinese.cut(text)), initial=0))


def period_of(passage: Passage) -> tuple[Period, Hashable] | None:
    """When a passage holds, by its fields, its headings (the innermost first), its document's metadata and title; and what it
    is a version of: equal for versions of one thing."""
    phrasing = passage.context.rsplit("\n", 1)[-1] if passage.kind == "faq" else ""
    title = stripped(passage.title)
    if (period := field_period(passage.fields)) is not None:
        return period, ("field", title, tuple(map(stripped, passage.section)), phrasing)
    for at in range(len(passage.section) - 1, -1, -1):
        if (period := read_period(passage.section[at], title=True)) is not None:
            return period, ("section", title, tuple(map(stripped, passage.section[: at + 1])))
    period = field_period(passage.metadata) or read_period(passage.title, title=True)
    return None if period is None else (period, ("title", title))
