"""A row whose cells are sentences, as a claim tells it in other words: its label and the cells that the claim speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.gate.alike import Comparison, Known, alike
from rag.answering.gate.reword import reworded
from rag.answering.gate.tok import Clause, Reading
from rag.answering.gate.units import CellRead, Unit
from rag.ports import Vectors

_NOTHING = Comparison("no_support", 0.0)


def as_sentences(part: Sequence[Clause], unit: Unit, sims: Vectors, known: Known) -> Comparison:
    """As `reworded`. Only of cells of words: a value that is a number, or a yes or no, is held by its header."""
    if unit.label is None or unit.twin:
        return _NOTHING
    claim = [t for clause in part for t in clause.tokens if t.content]
    spoken = [cell for cell in unit.cells if any(alike(t, o) for t in claim for o in cell.value.tokens if o.content)]
    if not spoken or any(not _prose(cell) for cell in spoken):
        return _NOTHING
    label = [t for t in unit.label.tokens if t.content]
    if not all(t.key in known.words or any(alike(c, t) for c in claim) for t in label):
        return _NOTHING
    clauses = [replace(clause, hard=False) for clause in unit.label.clauses]
    clauses += [replace(c, hard=False, mark="pause") for cell in spoken for c in cell.value.clauses]
    held = {id(t) for clause in clauses for t in clause.tokens}
    columns = [n for n, t in enumerate(unit.reading.tokens) if id(t) in held]
    context = replace(
        unit.context, clauses=(*unit.context.clauses, *_heads(unit)), keys=unit.context.keys | _keys(_heads(unit))
    )
    row = replace(unit, reading=Reading(tuple(clauses), _keys(clauses)), context=context, cells=(), label=None)
    if len(columns) != sum(len(clause.tokens) for clause in clauses):
        return _NOTHING
    return reworded(
        part,
        row,
        sims[:, columns],
        replace(known, words=known.words | unit.label.keys, question_keys=known.question_keys | unit.label.keys & known.words),
    )


def _prose(cell: CellRead) -> bool:
    content = [t for t in cell.value.tokens if t.content]
    return not cell.says and any(t.kind == "word" for t in content) and not (len(content) == 1 and content[0].kind == "number")


def _heads(unit: Unit) -> list[Clause]:
    return [clause for cell in unit.cells for clause in cell.header.clauses]


def _keys(clauses: Sequence[Clause]) -> frozenset[str]:
    return frozenset(t.key for clause in clauses for t in clause.tokens if t.content)
