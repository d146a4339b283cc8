"""Whether a row of a table says what a claim says: the row is read with its label and the header cells above its values."""

from __future__ import annotations

from collections.abc import Sequence, Set

from rag.answering.gate.alike import Comparison, Known, alike, weigh
from rag.answering.gate.compare import kind_of
from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.little import light
from rag.answering.gate.operators import bounds, limited
from rag.answering.gate.tok import Clause, Reading, Tok
from rag.answering.gate.units import CellRead, Unit
from rag.domain.grounding import Fault
from rag.ports import Vectors

_OF_IT = 0.36  # cosine from which on a word is of what the row is about

# What a row means by having a value: verbs that say no more than that.
PREDICATES = frozenset(
    "cost last hold give send weigh measur carri offer open earn stand run set sell mean support "
    "count covered cover keep bring record use stay valid "
    "pay 付 rat amount total label price requir fit store come show display list call indic connect "
    "deliver arriv ship work take sit reach pai per "
    "为 录 达 借 提供 享受 享 送 表示 需要 显示 长 高 位 容纳 是 有 可 能 发送 收 付 售 卖 报 处理 办法".split()
)


def compare_row(part: Sequence[Clause], unit: Unit, known: Known, sims: Vectors | None = None) -> Comparison:
    """As `compare`, of a row. sims: see `reworded`; words that add no fact need only be of the row's subject."""
    flat = [token for clause in part for token in clause.tokens]
    claim = [token for token in flat if token.content]
    if not claim or unit.label is None:
        return Comparison("no_support", 0)
    negated = sum(t.kind == "operator" and t.key in ("not", "without") for t in flat) % 2 == 1
    if any(_ranks(t) and t.key not in unit.keys for t in flat):  # no row says which is the cheapest
        return Comparison("no_support", 0.5)
    used = _used(claim, unit, known, negated)
    above = [*_content(unit.context), *_content(unit.label_header)]
    held = [*_content(unit.label), *(t for cell in used for t in (*_content(cell.header), *_content(cell.value)))]
    near = (
        set()
        if sims is None
        else {
            id(t)
            for t, row in zip(flat, sims, strict=True)
            if t.kind == "word" and row.max() >= _OF_IT and t.key not in known.elsewhere
        }
    )
    missing = [
        t
        for t in claim
        if id(t) not in near
        and not t.soft
        and t.key not in PREDICATES
        and (t.key not in VERBS or t.kind != "word")
        and not light(t)
        and not any(alike(t, o) for o in (held if t.key in known.elsewhere else (*held, *above)))
    ]
    close = 1 - weigh(missing) / weigh(claim)
    if missing:
        return Comparison(kind_of(missing), close)
    if not used:
        return Comparison("no_support", close * 0.5)
    said = {t.key for t in claim}
    if not _labelled(unit.label, claim, known):
        return Comparison("subject", close)
    if unit.twin and len(used) < min(2, len(unit.cells)):
        return Comparison("condition", close)
    for cell in used:
        if not cell.says and not _whole(part, claim, cell, unit):
            return Comparison("condition", close)
        if not _named(cell, unit, said, claim, known):
            return Comparison("subject", close)
    if any((cell.says == "no") != negated for cell in used if cell.says) or (
        negated and not any(_negative(cell) for cell in used)
    ):
        return Comparison("negation", close)
    return Comparison(_limits(part, used, unit.label, {t.key for t in unit.context.tokens} | known.question_keys), close)


_RANKS = frozenset(
    (
        "cheapest cheaper longest longer shortest shorter highest higher lowest lower biggest bigger largest larger smallest"
        " smaller fastest faster slowest slower heaviest heavier lightest lighter best better worst worse most least 最 更 比"
    ).split()
)


def _ranks(token: Tok) -> bool:
    """Whether it sets one row above or below others."""
    return token.text.lower() in _RANKS or token.text.startswith("最便宜") or token.key == "fewer_cost"


def _labelled(label: Reading, claim: Sequence[Tok], known: Known) -> bool:
    """Whether the claim, or what came before it, names the row: of `C2, C2 Pro` one is enough, of `Indoor cam C2` the code."""
    clauses = [clause for clause in label.clauses if clause.content]
    for clause in clauses:
        content = clause.content
        coded = (
            [t for t in content if t.fact and not t.opens]
            if any(t.fact and any(c.isdigit() for c in t.key) for t in content)
            else content
        )
        if all(t.soft or t.key in known.words or any(alike(o, t) for o in claim) for t in coded):
            return True
    return not clauses


def _content(reading: Reading | None) -> list[Tok]:
    return [] if reading is None else [t for t in reading.tokens if t.content]


def _negative(cell: CellRead) -> bool:
    return (
        cell.says == "no"
        or any(t.kind == "operator" and t.key in ("not", "without") for t in (*cell.value.tokens, *cell.header.tokens))
        or "stayclosed" in cell.value.keys
    )


def _used(claim: Sequence[Tok], unit: Unit, known: Known, negated: bool) -> list[CellRead]:
    """Cells whose value the claim gives. Of cells with the same value those that it names, by header, come first."""
    label = _content(unit.label)
    free = [t for t in claim if not any(alike(t, o) for o in label)]
    hits = [(cell, [t for t in free if any(alike(t, o) for o in _content(cell.value))]) for cell in unit.cells]
    used_cells = [(cell, given) for cell, given in hits if given and not cell.says]
    out: list[CellRead] = []
    for cell, given in used_cells:
        rivals = [other for other, also in used_cells if other is not cell and {t.key for t in also} >= {t.key for t in given}]
        if any(_fits(other, claim, known) > _fits(cell, claim, known) for other in rivals):
            continue
        if any(
            other in out and _fits(other, claim, known) == _fits(cell, claim, known) and other.header.keys == cell.header.keys
            for other in rivals
        ):
            continue
        if rivals and _fits(cell, claim, known) == 0 and any(other in out for other in rivals):
            continue
        out.append(cell)
    if not out:  # yes or no: the header and the label say it
        named = [cell for cell in unit.cells if cell.says and _fits(cell, claim, known) > 0]
        best = max((_fits(cell, claim, known) for cell in named), default=0)
        out = [cell for cell in named if _fits(cell, claim, known) == best]
    return out


def cells_used(part: Sequence[Clause], unit: Unit, known: Known) -> list[CellRead]:
    """The cells that a claim speaks of."""
    flat = [t for clause in part for t in clause.tokens]
    negated = sum(t.kind == "operator" and t.key in ("not", "without") for t in flat) % 2 == 1
    return _used([t for t in flat if t.content], unit, known, negated)


def _fits(cell: CellRead, claim: Sequence[Tok], known: Known) -> float:
    """How much of the header the claim names; a name that it lacks counts against it."""
    score, header = 0.0, _content(cell.header)
    for token in header:
        if any(alike(t, token) for t in claim):
            score += 1
        elif token.key in known.words:
            score += 0.6
        elif token.kind == "name":
            score -= 2
    return score / max(len(header), 1)


def _whole(part: Sequence[Clause], claim: Sequence[Tok], cell: CellRead, unit: Unit) -> bool:
    """Whether what is given of the cell is given whole: each of its clauses, or all but bracketed and listed ones."""
    for clause in cell.value.clauses:
        content = clause.content
        given = [o for o in content if any(alike(t, o) for t in claim)]
        if given and len(given) < sum(not o.soft for o in content):
            return False
    return True


def _named(cell: CellRead, unit: Unit, said: set[str], claim: Sequence[Tok], known: Known) -> bool:
    """Whether it is clear which cell is meant: by its header, or because no other one of the row looks like it."""
    fit = _fits(cell, claim, known)
    if fit < 1 and any(
        cell.header.keys & other.header.keys
        and len(_content(other.header)) >= len(_content(cell.header))
        and _fits(other, claim, known) >= 1
        for other in unit.cells
        if other is not cell
    ):
        return False  # the claim names the other one: C2, not C2 Pro
    if not cell.header.keys or _fits(cell, claim, known) > 0:
        return _fits(cell, claim, known) >= 0 or not any(t.kind == "name" for t in _content(cell.header))
    shape = _shape(cell)
    if shape == ("words",):  # its own words tell which one it is
        return not any(other is not cell and other.value.keys >= cell.value.keys for other in unit.cells)
    return not any(other is not cell and _shape(other) == shape for other in unit.cells)


def _shape(cell: CellRead) -> tuple[str, ...]:
    if cell.says:
        return ("yes/no",)
    tokens = _content(cell.value)
    numbers = sorted({t.unit or "n" for t in tokens if t.kind == "number"})
    return ("closed",) if "stayclosed" in cell.value.keys else tuple(numbers) if numbers else ("words",)


def _limits(
    part: Sequence[Clause], used: Sequence[CellRead], label: Reading | None, above: Set[str] = frozenset()
) -> Fault | None:
    there = [clause for cell in used for clause in cell.value.clauses]
    place: list[tuple[int, int] | None] = []
    for clause in part:
        for token in clause.tokens:
            if token.content:
                spot = None
                if token.kind == "number":
                    spot = next(
                        (
                            (c, n)
                            for c, other in enumerate(there)
                            for n, o in enumerate(other.tokens)
                            if o.kind == "number" and alike(token, o)
                        ),
                        None,
                    )
                place.append(spot)
    if label is not None and _against(part, label):
        return "condition"
    heads = {t.key for cell in used for t in cell.header.tokens if t.kind == "operator"}
    heads |= {t.key for t in (label.tokens if label else ()) if t.kind == "operator"}
    heads |= {"le"} if above & {"limit", "until"} or heads & {"until"} else set()
    fault = bounds(part, there, place, heads)
    if fault is None:
        binding = {t.key for clause in part for t in clause.tokens if t.kind == "operator"} & {
            "only",
            "unless",
            "except",
            "before",
            "after",
            "if",
            "until",
            "without",
            "always",
        }
        stated = {t.key for cell in used for t in (*cell.value.tokens, *cell.header.tokens) if t.kind == "operator"} | heads
        extra = binding - stated - {"if"}
        lost = {"only", "unless", "except", "if", "after", "before", "until", "firstof"} & {
            t.key for clause in _given(part, there) for t in clause.tokens if t.kind == "operator"
        } - {t.key for clause in part for t in clause.tokens if t.kind == "operator"}
        if extra or lost:
            return "condition"
    if fault is None and not _denied(part) and any(_denied([clause]) and _said(part, clause) for clause in there):
        return "negation"
    return fault


def _against(part: Sequence[Clause], label: Reading) -> bool:
    """Whether a number of the label is limited otherwise: `older than 30 days`, of the row `up to 30 days`."""
    theirs = [(t, keys) for c in label.clauses for t, keys in limited(c.tokens)]
    mine = [(t, keys) for c in part for t, keys in limited(c.tokens)]
    return any(alike(t, o) and keys and keys != also for t, keys in mine for o, also in theirs)


def _denied(clauses: Sequence[Clause]) -> bool:
    return any(t.kind == "operator" and t.key in ("not", "without") for clause in clauses for t in clause.tokens)


def _said(part: Sequence[Clause], clause: Clause) -> bool:
    """Whether the claim says all of a clause of a cell: `coin cells not covered`."""
    claim = [t for c in part for t in c.tokens if t.content]
    return bool(clause.content) and all(any(alike(t, o) for t in claim) for o in clause.content)


def _given(part: Sequence[Clause], there: Sequence[Clause]) -> list[Clause]:
    claim = [t for clause in part for t in clause.tokens if t.content]
    return [clause for clause in there if any(alike(t, o) for t in claim for o in clause.content)]
