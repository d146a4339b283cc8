"""Blocks as plain lists and back: what a parsing process replies, and what is kept of a masked document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rag.domain import Block
from rag.domain.statement import Cell


def dump(block: Block) -> list[Any]:
    """JSON types only."""
    cells = [[cell.start, cell.end, list(cell.names), cell.value] for cell in block.cells]
    fields = dict(block.fields)
    return [
        block.start, block.end, block.kind, block.section, block.header, block.group, block.keys, fields, cells, block.above,
        block.lead,
    ]  # fmt: skip


def read(row: Sequence[Any], length: int) -> Block:
    """Of what `dump` made of a block in a text of so many characters. Raises ValueError for a span outside of it."""
    start, end, kind, section, header, group, keys, fields, cells, above, lead = (*row, [], "", "")[:11]
    if not 0 <= start < end <= length:
        raise ValueError("a span outside of the text")
    if any(not 0 <= a <= b <= length for a, b, *_ in cells):  # a merged cell may stand in another row
        raise ValueError("a cell outside of the text")
    placed = tuple(Cell(a, b, tuple(map(str, names)), str(value)) for a, b, names, value in cells)
    return Block(start, end, kind, tuple(section), header, group, tuple(keys), fields, placed, str(above), str(lead))


def moved(block: Block, move: Callable[[int, bool], int], said: Callable[[str], str] = str) -> Block:
    """The block where `move(offset, is an end)` puts it; `said`: what becomes of the texts that it carries along."""
    cells = tuple(
        Cell(move(cell.start, False), move(cell.end, True), tuple(map(said, cell.names)), said(cell.value))
        for cell in block.cells
    )
    return replace(
        block,
        start=move(block.start, False),
        end=move(block.end, True),
        section=tuple(map(said, block.section)),
        header=said(block.header),
        keys=tuple(map(said, block.keys)),
        fields={name: said(value) for name, value in block.fields.items()},
        cells=cells,
        above=said(block.above),
        lead=said(block.lead),
    )
