"""Statements: what a passage is made of. Found once, at ingest; answers, the gate, citations and refusals work on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import orjson

StatementKind = Literal["sentence", "step", "item", "row", "answer", "field", "definition", "note"]


@dataclass(slots=True, unsafe_hash=True)  # frozen, each of a table's million cells would take three times as long to make
class Cell:
    """A cell of a table row, or a named field of a case: span in the document's text, the header cells above it (outermost
    first), and its value as a reader sees it. Nobody changes it: statements share them."""

    start: int
    end: int
    names: tuple[str, ...]
    value: str

    @property
    def name(self) -> str:
        """The header cells on one line."""
        if len(self.names) == 1:
            return self.names[0]
        return " · ".join(dict.fromkeys(filter(None, self.names)))


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which something holds, as ordinals of `datetime.date`, both counted; None: open on that side."""

    first: int | None = None
    last: int | None = None

    def holds(self, day: int) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def meets(self, other: Period) -> bool:
        return _before(self.first, other.last) and _before(other.first, self.last)


def _before(first: int | None, last: int | None) -> bool:
    return first is None or last is None or first <= last


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of a passage that says something by itself.

    Attributes:
        start, end: span in the document's text (code points, half open), inside the passage.
        kind: what it is.
        text: as it is read, on as many lines as it has; '' when that is the span itself.
        mark: the list mark as the document shows it (`3.`, `(2)`, `步骤 3`); '' for bullets and what is in no list.
        group: pieces of one list or one table share a non-negative number within the passage; -1: none.
        number, total: the step is the `number`-th of `total` of its whole list, 1-based; 0 for what is no step.
        lead: the sentence or caption that introduces its list or table, as it is read.
        cells: of a row or a case, in order.
        label: what a row is about (its first cell as a rule).
        above: the section row above it inside the table.
        period: when it holds, where a row or a heading says so.
        tokens: which rows (first, end) of the passage's token vectors belong to it; (0, 0): unknown.
    """

    start: int
    end: int
    kind: StatementKind = "sentence"
    text: str = ""
    mark: str = ""
    group: int = -1
    number: int = 0
    total: int = 0
    lead: str = ""
    cells: tuple[Cell, ...] = ()
    label: str = ""
    above: str = ""
    period: Period | None = None
    tokens: tuple[int, int] = (0, 0)


CODE = "```"
"""Mark of a statement that is code: its lines are shown as they are."""

FORMAT = 1
"""Of `dump`. Part of a generation's fingerprint: statements of another format are made again by `reindex`, never guessed."""


def dump(statements: Sequence[Statement]) -> str:
    """As they are stored with their passage."""
    rows = [
        [
            one.start, one.end, one.kind, one.text, one.mark, one.group, one.number, one.total, one.lead,
            [[cell.start, cell.end, cell.names, cell.value] for cell in one.cells],
            one.label, one.above, [one.period.first, one.period.last] if one.period else None, one.tokens,
        ]
        for one in statements
    ]  # fmt: skip
    return orjson.dumps([FORMAT, rows]).decode()


def load(packed: str | None) -> tuple[Statement, ...]:
    """Of what `dump` made; empty for a passage of an older version and for another format."""
    if not packed:
        return ()
    form, rows = orjson.loads(packed)
    if form != FORMAT:
        return ()
    return tuple(
        Statement(
            start, end, kind, text, mark, group, number, total, lead,
            tuple(Cell(a, b, tuple(names), value) for a, b, names, value in cells),
            label, above, Period(*period) if period else None, tuple(tokens),
        )
        for start, end, kind, text, mark, group, number, total, lead, cells, label, above, period, tokens in rows
    )  # fmt: skip
