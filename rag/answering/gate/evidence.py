"""A passage as evidence: which of its units say a claim, in whole or part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from rag.answering.gate.alike import Comparison, Known, weigh
from rag.answering.gate.compare import compare
from rag.answering.gate.difference import compared
from rag.answering.gate.excepted import denied, excepted
from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.little import light
from rag.answering.gate.prose_rows import as_sentences
from rag.answering.gate.ranked import ranked, tables
from rag.answering.gate.reading import plain
from rag.answering.gate.reword import reworded
from rag.answering.gate.rows import compare_row
from rag.answering.gate.spread import spread
from rag.answering.gate.tok import Clause, Reading
from rag.answering.gate.units import Unit, units
from rag.domain import Passage
from rag.domain.grounding import Fault

_BLANK = re.compile(r"\s+")
_CLOSELY = 5  # units of a passage that are compared closely
_MOST_CLAUSES = 14
_SUBORDINATE = frozenset("if unless except until before after while since only".split())


@dataclass(frozen=True, slots=True)
class Said:
    """The units that say a claim; else the fault of the nearest one."""

    units: tuple[tuple[int, Unit], ...]  # which of the passages, and its unit
    fault: Fault | None
    close: float
    nearest: tuple[int, Unit] | None = None  # of what is not said


class Evidence:
    """One passage, read once."""

    def __init__(self, passage: Passage, section: Callable[[], Passage] | None = None):
        """section: the passage grown to its section, so that it is known where a table ends."""
        self.passage, self._section = passage, section
        self.units = units(passage)
        self.context = self.units[0].context if self.units else Reading(())
        self.keys_of_rows = frozenset().union(*(unit.keys for unit in self.units if unit.label is not None))
        self._labels = [unit.label.keys for unit in self.units if unit.label is not None and unit.label.keys]
        self.keys = frozenset().union(*(unit.keys for unit in self.units))
        self._squeezed = [squeezed(passage.text[unit.start : unit.end]) for unit in self.units]

    @cached_property
    def whole(self) -> list[list[Unit]]:
        """The tables all rows of which are in this passage."""
        own_tables = [rows for rows in tables(self.units) if len(rows) > 1]
        if not own_tables or self._section is None:
            return []
        section = self._section()
        if len(section.text) == len(self.passage.text):
            return own_tables
        labelled = sum(unit.label is not None for unit in units(section))
        return own_tables if labelled == sum(unit.label is not None for unit in self.units) else []

    def says(self, claim: Reading, known: Known) -> Said:
        """Whether the passage says it."""
        return says([self], claim, known)

    def quoted(self, text: str) -> list[Unit]:
        """The units that the text is, word for word, one behind the other."""
        tight = squeezed(text)
        for first, one in enumerate(self._squeezed):
            if one and tight.startswith(one):
                said, rest = [self.units[first]], tight[len(one) :].lstrip(".。;；,，!！?？")
                for unit, more in zip(self.units[first + 1 :], self._squeezed[first + 1 :], strict=True):
                    if not rest or not more or not rest.startswith(more):
                        break
                    said.append(unit)
                    rest = rest[len(more) :].lstrip(".。;；,，!！?？")
                if not rest:
                    return said
        return []

    def one(self, part: Sequence[Clause], known: Known) -> tuple[Comparison, Unit | None]:
        """The unit that says these clauses, or the nearest one with its fault."""
        keys = {t.key for clause in part for t in clause.content}
        ranked = sorted(self.units, key=lambda unit: -_shared(part, unit))[:_CLOSELY]
        best, where = Comparison("no_support", 0.0), None
        ranked = [unit for unit in ranked if keys & (unit.keys | unit.context.keys) and not self._of_other_row(keys, unit)]
        for unit in ranked:
            result = compare_row(part, unit, known) if unit.label is not None else compare(part, unit, known)
            if result.fault is None:
                return result, unit
            if result.close > best.close:
                best, where = result, unit
        for unit in ranked if known.meant is not None else ():
            assert known.meant is not None
            sims = known.meant.sims(part, self.passage, unit)
            here = replace(
                known, elsewhere=(self.keys if unit.label is None else self.keys_of_rows) - unit.keys, around=self.units
            )
            result = compare_row(part, unit, here, sims) if unit.label is not None else reworded(part, unit, sims, here)
            if result.fault is not None and unit.label is not None:
                result = as_sentences(part, unit, sims, here)
            if result.fault is None:
                return result, unit
        return best, where

    def _of_other_row(self, keys: set[str], unit: Unit) -> bool:
        """Whether the claim names another row, of whose name this one's has more: C2, of the row C2 Pro."""
        if unit.label is None or unit.label.keys <= keys:
            return False
        return any(label < unit.label.keys and label <= keys for label in self._labels)


def squeezed(text: str) -> str:
    """Without white space, markup and the marks at its ends: what two quotes of one sentence share."""
    return _BLANK.sub("", plain(text)).strip(".。!！?？;；:：\"'“”‘’").lower()


def says(passages: Sequence[Evidence], claim: Reading, known: Known) -> Said:
    """Whether the passages together say it: each part is said by one unit."""
    above = frozenset().union(*(one.context.keys for one in passages))
    clauses = [clause for clause in claim.clauses if not _credits(clause, above)]
    if not clauses or len(clauses) > _MOST_CLAUSES:
        return Said((), "no_support", 0)
    whole, at = _first(passages, clauses, known)
    if whole.fault is None and at is not None:
        return Said((at,), None, whole.close)
    if (without := _without(passages, clauses, known)) is not None:
        return without
    if rows := _differ(passages, clauses, known):
        return Said(tuple(rows), None, 1.0)
    if whole.fault in _SETTLED and whole.close >= 1 and whole.prose:
        return Said((), whole.fault, whole.close, at)  # all of it is in one sentence, and says something else there
    if rows := _each(passages, clauses, known):
        return Said(tuple(dict.fromkeys(rows)), None, 1.0)
    placed = _parted(passages, clauses, known)
    if placed is None:
        return Said((), whole.fault, whole.close, at)
    units_of, parts = placed
    if _shuffled(clauses, units_of) or (len(parts) == len(units_of) and _lent(parts, units_of)):
        return Said((), "no_support", whole.close, at)
    return Said(tuple(dict.fromkeys(units_of)), None, 1.0)


def _without(passages: Sequence[Evidence], clauses: Sequence[Clause], known: Known) -> Said | None:
    """Of a claim that excepts something, which a sentence of its own denies: whether the rest is said."""
    if (apart := excepted(clauses)) is None:
        return None
    rest, members = apart
    for n, one in enumerate(passages):
        unit = denied(members, rest, one.units)
        if unit is not None and (main := says(passages, Reading(tuple(rest)), known)).units:
            return Said(tuple(dict.fromkeys([*main.units, (n, unit)])), None, main.close)
    return None


def _parted(
    passages: Sequence[Evidence], clauses: Sequence[Clause], known: Known
) -> tuple[list[tuple[int, Unit]], list[Sequence[Clause]]] | None:
    """The units that say the claim part by part, the longest first, and the parts; None where one is said by none."""
    placed: list[tuple[int, Unit]] = []
    parts: list[Sequence[Clause]] = []
    start = 0
    while start < len(clauses):
        for end in range(len(clauses), start, -1):
            if (start, end) == (0, len(clauses)) or not _stands(clauses, start, end):
                continue
            part, at = _first(passages, clauses[start:end], known)
            if start and clauses[start].mark in ("bracket", "dash", "colon") and at is not None and at != placed[-1]:
                continue  # no statement of its own
            if part.fault is None and at is not None:
                placed.append(at)
                parts.append(clauses[start:end])
                known = replace(known, words=known.words | {t.key for c in clauses[start:end] for t in c.content})
                break
            if rows := _differ(passages, clauses[start:end], known):
                placed += rows
                break
        else:
            return None
        start = end
    return placed, parts


_SEQUENCE = frozenset("first then next finally afterwards 先 再 然后 接着 随后 最后".split())


def _shuffled(clauses: Sequence[Clause], placed: Sequence[tuple[int, Unit]]) -> bool:
    """Whether what is told in an order stands in another one."""
    if not any(t.text.lower() in _SEQUENCE for clause in clauses for t in clause.tokens):
        return False
    return any(at == before and later.start < unit.start for (before, unit), (at, later) in pairwise(placed))


def _lent(parts: Sequence[Sequence[Clause]], placed: Sequence[tuple[int, Unit]]) -> bool:
    """Whether a step goes on with another step's object: `Enter the name and click on Settings`, of `… click on Save`."""
    for (at, before), (other, after), part in zip(placed, placed[1:], parts[1:], strict=False):
        said = part[0].content
        if at != other or before is after or before.label is not None or len(said) < 2 or part[0].join != "and":
            continue
        keys = {t.key for t in said[1:] if not light(t)}
        if any(len(c.content) > 1 and c.content[0].key == said[0].key and keys and not keys & {t.key for t in c.content[1:]}
               for c in before.reading.clauses):  # fmt: skip
            return True
    return False


def _differ(passages: Sequence[Evidence], part: Sequence[Clause], known: Known) -> list[tuple[int, Unit]]:
    """The rows of one passage that make a comparison true."""
    for at, evidence in enumerate(passages):
        rows = compared(part, [unit for unit in evidence.units if unit.label is not None], known)
        for table in evidence.whole if not rows else ():
            rows = rows or ranked(part, table, known)
        if rows:
            return [(at, row) for row in rows]
    return []


def _each(passages: Sequence[Evidence], clauses: Sequence[Clause], known: Known) -> list[tuple[int, Unit]]:
    """The rows that say it of each member of a list; [] where one is not said."""
    placed: list[tuple[int, Unit]] = []
    for member in spread(clauses):
        one, at = _first(passages, [member], known)
        if one.fault is not None or at is None or at[1].label is None:
            return []
        placed.append(at)
    return placed


def _first(passages: Sequence[Evidence], part: Sequence[Clause], known: Known) -> tuple[Comparison, tuple[int, Unit] | None]:
    best, where = Comparison("no_support", 0.0), None
    for at, evidence in enumerate(passages):
        result, unit = evidence.one(part, known)
        if result.fault is None and unit is not None:
            return result, (at, unit)
        if result.close > best.close and unit is not None:
            best, where = result, (at, unit)
    return best, where


_SETTLED = frozenset(("name", "condition", "negation"))
_CREDIT = frozenset(("according to", "based on", "as per", "under", "根据", "按照", "依照", "依据"))
_PHRASE = frozenset("with for on in under at by from of during within 在 对 对于 关于 按 用 除 除了 凭".split())
_WHEN_ZH = frozenset("的 时 后 after if 的话 的时候".split())
_SOURCES = frozenset(
    (
        "polici rule term version current document manual guid faq list page tabl sheet regul 规则 政策 规定 "
        "条款 文档 说明 现行 当前 手册 要求"
    ).split()
)


def _credits(clause: Clause, above: frozenset[str]) -> bool:
    """Whether it only names where something stands: `according to the parking rules`."""
    first = clause.tokens[0]
    return first.key in _CREDIT and all(t.key in above or t.key in _SOURCES for t in clause.tokens[1:] if t.content)


def _shared(part: Sequence[Clause], unit: Unit) -> float:
    return weigh(t for clause in part for t in clause.content if t.key in unit.keys)


def _goes_on(clause: Clause) -> bool:
    """Whether it is the next step: `then close the valve`."""
    return next((t for t in clause.tokens if t.kind != "join"), clause.tokens[0]).text.lower() in _SEQUENCE


def _stands(clauses: Sequence[Clause], start: int, end: int) -> bool:
    """Whether these clauses can be held by themselves: no bare condition, no reason without what it explains."""
    if start and clauses[start].join == "because":
        return False
    part = clauses[start:end]
    first = next((t for t in part[0].tokens if t.kind != "join"), None)
    if len(part) == 1 and first is not None and first.kind == "operator" and first.key in _SUBORDINATE:
        return False
    leads = first is not None and len(part) == 1 and len(clauses) > 1 and not part[0].hard
    if leads and first is not None and (first.text.lower() in _PHRASE or part[0].tokens[-1].key in _WHEN_ZH):
        return False  # `on the Team plan`, 拆封后: of what follows
    content = [t for clause in part for t in clause.content]
    if len(part) == 1 and len(clauses) > 1 and not any(t.kind == "operator" for t in part[0].tokens):
        if len(content) == 1 and content[0].fact:  # no statement
            return False
        behind = end < len(clauses) and not clauses[end].hard and not _goes_on(clauses[end])
        if behind and len(content) < 4 and not any(t.kind == "number" or t.key in VERBS for t in content):
            return False  # the first of a list
    return bool(content)
