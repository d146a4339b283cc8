"""Changes to a text that keep track of where everything was."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.blocks import moved
from rag.domain import Block, Parsed


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` of the text as it was becomes `new`."""

    start: int
    end: int
    new: str


class Offsets:
    """The way between a text and what its edits made of it. `edits` are sorted and do not overlap."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = list(edits)
        self._shifts = [0]  # after so many edits
        for edit in self._edits:
            self._shifts.append(self._shifts[-1] + len(edit.new) - (edit.end - edit.start))
        self._olds = [edit.start for edit in self._edits]
        self._news = [edit.start + shift for edit, shift in zip(self._edits, self._shifts, strict=False)]

    def new(self, old: int, *, end: bool = False) -> int:
        """Where an offset is after the edits; one inside an edit goes to its start, or with `end` to its end."""
        number = bisect_right(self._olds, old) - 1
        if number >= 0 and old < (edit := self._edits[number]).end and old != edit.start:
            return self._news[number] + (len(edit.new) if end else 0)
        before = number + 1 if number >= 0 and old >= self._edits[number].end else max(0, number)
        return old + self._shifts[before]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text as it was that became `start:end`; what was edited counts whole."""
        return self._old(start, last=False), self._old(end, last=True)

    def _old(self, new: int, *, last: bool) -> int:
        number = bisect_right(self._news, new) - 1
        if number < 0:
            return new
        edit, at = self._edits[number], self._news[number]
        if new < at + len(edit.new):
            return edit.end if last and new > at else edit.start
        if last and new == at and not edit.new:
            return edit.start  # what was removed there stands behind the span
        return new - self._shifts[number + 1]


def applied(parsed: Parsed, edits: Sequence[Edit]) -> tuple[Parsed, Offsets]:
    """The document with its text edited and its blocks where they are then; blocks that end up empty go."""
    offsets = Offsets(edits)
    parts, last = list[str](), 0
    for edit in edits:
        parts += [parsed.text[last : edit.start], edit.new]
        last = edit.end
    text = "".join([*parts, parsed.text[last:]])
    blocks = (
        _said(_trimmed(moved(b, lambda at, is_end: offsets.new(at, end=is_end)), text), b, text, parsed.text)
        for b in parsed.blocks
    )
    return replace(parsed, text=text, blocks=tuple(block for block in blocks if block.start < block.end)), offsets


def _said(block: Block, was: Block, text: str, before: str) -> Block:
    """With the values of cells that were the text of their spans as that text is now."""
    if not block.cells:
        return block
    cells = []
    for cell, old in zip(block.cells, was.cells, strict=True):
        same = old.value == before[old.start : old.end]
        cells.append(replace(cell, value=text[cell.start : cell.end].strip()) if same else cell)
    return replace(block, cells=tuple(cells))


def _trimmed(block: Block, text: str) -> Block:
    """Without white space at its edges: an edit that began before the block took some in."""
    held = text[block.start : block.end]
    start = block.start + len(held) - len(held.lstrip())
    return replace(block, start=start, end=max(start, block.start + len(held.rstrip())))
