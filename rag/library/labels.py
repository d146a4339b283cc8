"""What a passage calls things by, and when what it says holds."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

import rjieba

from rag.domain import Passage
from rag.library.ranges import within
from rag.library.tokens import fold
from rag.library.validity import field_period, read_period, stripped
from rag.statement import Period

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
    told = [one for statement in passage.statements for one in (statement.label, statement.above) if one]
    yield from told or _first_cells(passage.text)


@lru_cache(maxsize=4_000)
def _first_cells(text: str) -> tuple[str, ...]:
    return tuple(
        found["cell"].strip() for line in text.splitlines() if (found := _FIRST_CELL.match(line)) and found["cell"].strip()
    )


def stands_in(label: str, question: str) -> bool:
    """Whether a question has the label as a whole, both as `flat` returns them: not 金卡版 in 白金卡版, nor C2 in C20."""
    single = len(label) == 1 and _is_han(label)  # 猫, where it is a word of the question
    at = question.find(label) if len(label) >= _SHORTEST or (single and label in rjieba.cut(question)) else -1
    while at >= 0:
        end = at + len(label)
        number_goes_on = label[-1].isdigit() and question[end : end + 1].isdigit()
        if not number_goes_on and (not _is_han(label[0]) or at in _word_starts(question)):
            return True
        at = question.find(label, at + 1)
    return False


# Words that are names of things and everyday words as well; alone they name a thing only as they are written there.
_EVERYDAY = frozenset(
    "one two three free all other home go plus air max team business basic standard light start open new total full day".split()
)


def named_among(question: str, names: Sequence[str]) -> frozenset[str]:
    """Which of the names of siblings (models, plans, branches) a question names: whole, or by what sets it apart from the
    others (`the Duo` of Corvino Uno and Corvino Duo). Of names inside each other the longest; empty where it is all of them."""
    heads = [name for name in dict.fromkeys(names) if name.strip()]
    if len(heads) < 2:
        return frozenset()
    if (ranges := within(question, heads)) is not None:
        return ranges
    plain = flat(question)
    forms = _forms(tuple(heads))
    whole = {head for head in heads if any(stands_in(flat(form), plain) for form in forms[head])}
    found = whole or {head for head, own in apart(heads).items() if _called_by(own, question)}
    found = {head for head in found if not any(head != other and flat(head) in flat(other) for other in found)}
    return frozenset(found) if len(found) < len(heads) else frozenset()


def _forms(heads: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each name, and where all are given in two languages (`固定工位 Desk`, `独立办公室 Studio`) its parts by themselves."""
    both = {head: _TWO.fullmatch(head.strip()) for head in heads}
    parts = {head: tuple(part for part in found.groups() if part) for head, found in both.items() if found}
    if len(parts) < len(heads) or any(len({one[at] for one in parts.values()}) < len(heads) for at in (0, 1)):
        return {head: (head,) for head in heads}
    return {head: (head, *own) for head, own in parts.items()}


_TWO = re.compile(
    r"([\u4e00-\u9fff][^A-Za-z]*[\u4e00-\u9fff])[ /|(（]+([A-Za-z][A-Za-z &'-]+[A-Za-z])[)）]?|([A-Za-z][A-Za-z &'-]+[A-Za-z])[ /|(（]+([\u4e00-\u9fff].*)"
)


def apart(heads: Sequence[str]) -> dict[str, str]:
    """What is left of each name of siblings without the words (for Chinese: characters) that all begin or end with; empty
    where they share none."""
    if len(heads) > 1 and all(_HAN_NAME.fullmatch(head) for head in heads):
        return _apart_zh(heads)
    told = {head: _NAME_WORD.findall(head) for head in heads}
    if min(map(len, told.values())) < 2:
        return {}
    first, last = 0, 0
    while all(len(own) > first + 1 for own in told.values()) and len({own[first].lower() for own in told.values()}) == 1:
        first += 1
    while (
        all(len(own) > first + last + 1 for own in told.values())
        and len({own[-1 - last].lower() for own in told.values()}) == 1
    ):
        last += 1
    if not first and not last:
        return {}
    return {head: " ".join(own[first : len(own) - last]) for head, own in told.items()}


def _apart_zh(heads: Sequence[str]) -> dict[str, str]:
    first, last, shortest = 0, 0, min(map(len, heads))
    while first < shortest - 2 and len({head[first] for head in heads}) == 1:
        first += 1
    while last < shortest - first - 2 and len({head[-1 - last] for head in heads}) == 1:
        last += 1
    return {head: head[first : len(head) - last] for head in heads} if first or last else {}


_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{3,12}")
_NAME_WORD = re.compile(r"[\w&+-]+")


def _called_by(own: str, question: str) -> bool:
    flags = 0 if own.lower() in _EVERYDAY else re.IGNORECASE
    if not own.isascii():
        return len(own) > 1 and own in question
    if len(own) == 1 and (own.islower() or own.isdigit() or question.startswith(own)):
        return False
    flags = 0 if len(own) == 1 else flags
    return re.search(rf"(?<![A-Za-z0-9.]){re.escape(own)}(?![A-Za-z0-9]|\.\d)", question, flags) is not None


def flat(text: str) -> str:
    """Folded, in small letters, without spaces."""
    return "".join(fold(text).lower().split())


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


@lru_cache(maxsize=2_000)
def _word_starts(text: str) -> frozenset[int]:
    return frozenset(accumulate((len(word) for word in rjieba.cut(text)), initial=0))


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
