"""Whether two statements are about the same thing: only then can they disagree.

On purpose strict: a note about a contradiction that is none costs more trust than one that is missed.
"""

from __future__ import annotations

import re

from rag.domain import Passage
from rag.text.dates import dates
from rag.text.labels import period_of
from rag.text.names import Name, names_in, numbered
from rag.text.tokens import one_line, words
from rag.text.untimed import stripped

_TIMES = frozenset(
    "date updated updated_at last_updated modified effective created created_at 日期 更新日期 更新时间 生效日期 修订日期 "
    "发布日期 创建时间".split()
)
_CHOOSES = frozenset(
    "product products model models device version versions platform os edition plan region country city store branch 产品 "
    "型号 版本 适用版本 平台 系统 套餐 "
    "地区 国家 城市 门店 网点 机型".split()
)
_MOST = 0.67  # share of common words from which two headings are the same
_ROW = re.compile(r"^\s*\||\s\|\s|[^\W\d_][^:：；;|]{0,15}[:：][^；;]*[；;][^\W\d_][^:：；;|]{0,15}[:：]")


def apart(a: Passage, b: Passage, said: str, other: str) -> bool:
    """Whether something tells that sentence `said` of `a` and `other` of `b` are about different things or times."""
    return (
        _same_place(a, b)
        or _rows(a, b, said, other)
        or _fields(a, b)
        or _names(a, said) != _names(b, other)
        or _headings(a, b)
        or _times(a, b)
    )


def _same_place(a: Passage, b: Passage) -> bool:
    """One section does not contradict itself: its statements are steps, items, rows. Entries of one FAQ answer their own
    questions."""
    if a.document_id != b.document_id:
        return False
    return a.section == b.section and a.kind != "faq" if a.kind == b.kind else a.section == b.section


def _rows(a: Passage, b: Passage, said: str, other: str) -> bool:
    """Rows of one table are about what each begins with; so are rows of two tables, unless they begin with the same."""
    rows = [passage.kind in ("table", "case") or _ROW.search(text) is not None for passage, text in ((a, said), (b, other))]
    if not any(rows):
        return False
    return a.document_id == b.document_id or rows[0] != rows[1] or _first_cell(said) != _first_cell(other)


def _first_cell(text: str) -> str:
    return re.split(r"[|；;\n]", text.strip().lstrip("| "), maxsplit=1)[0].strip().casefold()


def _fields(a: Passage, b: Passage) -> bool:
    own = {key: value for key, value in a.fields.items() if key not in _TIMES}
    if any(b.fields.get(key, value) != value for key, value in own.items()):
        return True
    return any((key in a.fields) != (key in b.fields) for key in _CHOOSES)


def _names(passage: Passage, said: str) -> frozenset[str]:
    """Keys of the names that the statement is about: those in it, and those above it."""
    above: list[Name] = []
    for label in (said, *reversed(passage.section), passage.title):  # the nearest one that has names of a series tells which
        held = (*names_in(label), *numbered(label))
        known = {name.series for name in above}
        above += [name for name in held if name.series not in known]
    return frozenset(name.key for name in above)


def _headings(a: Passage, b: Passage) -> bool:
    """Whether titles or last headings say something different: each has a word of its own, or they have none in common."""
    if a.section and b.section and not _alike(a.section[-1], b.section[-1], strangers=False):
        return True
    return bool(a.title and b.title) and not _alike(a.title, b.title, strangers=True)


def _alike(one: str, other: str, *, strangers: bool) -> bool:
    """`strangers`: whether two without a common word may be about the same."""
    if stripped(one) == stripped(other):
        return True
    a, b = set(words(one)), set(words(other))
    common = a & b
    if not common:
        return strangers or not a or not b
    return a <= b or b <= a or len(common) >= _MOST * len(a | b)


def _times(a: Passage, b: Passage) -> bool:
    """Versions in time: another period, another edition, another day in the heading."""
    periods = [dated[0] if (dated := period_of(passage)) else None for passage in (a, b)]
    if periods[0] is not None and periods[1] is not None and periods[0] != periods[1]:
        return True
    days = [{span for _, _, span in dates(one_line(passage.section[-1] if passage.section else ""))} for passage in (a, b)]
    return bool(days[0] and days[1]) and not days[0] & days[1]
