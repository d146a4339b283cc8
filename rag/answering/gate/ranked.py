"""What a claim says of one row beside all others of its table: that it has the least or the most, or alone has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from rag.answering.gate.alike import Known, alike
from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.little import light
from rag.answering.gate.rows import PREDICATES, cells_used, compare_row
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import Unit

_MONEY = frozenset("usd eur gbp cny jpy hkd cent".split())
_TIME = frozenset("day bday s month".split())
_MASS = frozenset("kg g mg lb oz t".split())
_SIZE = frozenset("m cm mm km ft in mile m2 ft2 l ml gb tb mb".split())
_ANY = frozenset[str]()
# Each word with the units that it compares, and whether it is the most (1) or the least (−1) of them.
_EXTREMES: dict[str, tuple[frozenset[str], int]] = {
    word: (units, sign)
    for units, sign, words in (
        (_MONEY, -1, "cheapest 便宜 实惠"),
        (_MONEY, 1, "dearest priciest expensive costliest 贵"),
        (frozenset(("db",)), -1, "quietest 安静 静音"),
        (frozenset(("db",)), 1, "loudest noisiest 吵"),
        (_MASS, -1, "lightest 轻"),
        (_MASS, 1, "heaviest 重"),
        (_TIME, -1, "fastest quickest soonest 快"),
        (_TIME, 1, "slowest 慢 久"),
        (_TIME | _SIZE, 1, "longest 长"),
        (_TIME | _SIZE, -1, "shortest 短"),
        (_ANY, 1, "highest largest biggest greatest most 高 大 多"),
        (_ANY, -1, "lowest smallest least fewest 低 小 少"),
    )
    for word in words.split()
}
_BLOCKING = frozenset("not if unless except until before after without must fail refuse avoid some half".split())


def ranked(part: Sequence[Clause], rows: Sequence[Unit], known: Known) -> list[Unit]:
    """All rows of a whole table, where the claim is true of them; else none."""
    if len(rows) < 2 or any(key in _BLOCKING for clause in part for key in clause.operators):
        return []
    tokens = [t for clause in part for t in clause.tokens]
    if (extreme := _extreme(tokens)) is not None:
        return list(rows) if _has_it(*extreme, rows, known) else []
    only = [n for n, t in enumerate(tokens) if t.kind == "operator" and t.key == "only"]
    if len(only) == 1 and not any(t.kind == "number" for t in tokens[only[0] + 1 : only[0] + 3]):
        return list(rows) if _alone(part, tokens[only[0]], rows, known) else []
    return []


def _extreme(tokens: Sequence[Tok]) -> tuple[list[Tok], frozenset[str], int] | None:
    """The other words of the claim, the units that are compared, and which end is meant; None where none, or two, are said."""
    rest, extremes = list[Tok](), list[tuple[frozenset[str], int]]()
    least = False
    for token in tokens:
        word = token.text.lower()
        if word in ("最", "most") or (word == "least" and not extremes):
            least = word == "least"
            rest.append(token)
        elif (word.startswith("最") and word[1:] in _EXTREMES) or (
            word in _EXTREMES and (word.endswith("st") or (rest and rest[-1].text.lower() in ("最", "most", "least")))
        ):
            units, sign = _EXTREMES[word.removeprefix("最")]
            extremes.append((units, -sign if least else sign))
            rest = rest[:-1] if rest and rest[-1].text.lower() in ("最", "most", "least") else rest
        else:
            rest.append(token)
    return (rest, *extremes[0]) if len(extremes) == 1 else None


def _has_it(rest: Sequence[Tok], units: frozenset[str], sign: int, rows: Sequence[Unit], known: Known) -> bool:
    said = [t for t in rest if t.content]
    meant = [row for row in rows if _labelled(row, said)]
    if len(meant) != 1:
        return False
    for at in range(len(meant[0].cells)):
        values = [_value(row, at) for row in rows]
        kinds = {value[1] for value in values if value is not None}
        if None in values or len(kinds) != 1 or (units and not kinds <= units):
            continue
        header = [t for t in meant[0].cells[at].header.tokens if t.content]
        named = any(alike(t, o) for t in said for o in header)
        if not named and (not units or sum(_fits(row, units) for row in meant) > 1):
            continue
        mine, numbers = _value(meant[0], at), [t for t in said if t.kind == "number" and not _counted(t, rows)]
        cell = [t for t in meant[0].cells[at].value.tokens if t.content]
        if all(any(alike(t, o) for o in (*cell, *_label(meant[0]))) for t in numbers) and not _strange(
            said, meant[0], at, rows, known
        ):
            others = [value[0] for row, value in zip(rows, values, strict=True) if value is not None and row is not meant[0]]
            if mine is not None and all((mine[0] - other) * sign > 0 for other in others):
                return True
    return False


def _fits(row: Unit, units: frozenset[str]) -> int:
    """How many columns are in these units."""
    return sum((value := _value(row, at)) is not None and value[1] in units for at in range(len(row.cells)))


def _label(row: Unit) -> list[Tok]:
    return [t for t in row.label.tokens if t.content] if row.label is not None else []


def _labelled(row: Unit, said: Sequence[Tok]) -> bool:
    label = _label(row)
    return bool(label) and all(any(alike(t, o) for t in said) for o in label)


def _value(row: Unit, at: int) -> tuple[Decimal, str] | None:
    """The one number of a cell, without a range or a limit, and its unit."""
    tokens = row.cells[at].value.tokens if at < len(row.cells) else ()
    numbers = [t for t in tokens if t.kind == "number"]
    if len(numbers) != 1 or numbers[0].unit in ("date", "clock") or any(t.kind == "operator" for t in tokens):
        return None
    try:
        return Decimal(numbers[0].key.removesuffix(numbers[0].unit).strip()), numbers[0].unit
    except InvalidOperation:
        return None


def _counted(token: Tok, rows: Sequence[Unit]) -> bool:
    """Whether it is how many rows there are: `of the three models`."""
    return token.kind == "number" and not token.unit and token.key == str(len(rows))


def _strange(said: Sequence[Tok], row: Unit, at: int, rows: Sequence[Unit], known: Known) -> bool:
    """Whether a word is of nothing in the table."""
    around = [*row.context.tokens, *(row.label_header.tokens if row.label_header is not None else ())]
    held = [t for t in (*_label(row), *row.cells[at].header.tokens, *row.cells[at].value.tokens, *around) if t.content]
    return any(
        not (
            t.soft or light(t) or t.key in VERBS or t.key in PREDICATES or t.key in known.question_keys or t.key in _KINDS
            or _counted(t, rows) or any(alike(t, o) for o in held)
        )
        for t in said
    )  # fmt: skip


_KINDS = frozenset("model option plan version choic one 款 种 型号 版本 fewer_cost".split())


def _alone(part: Sequence[Clause], only: Tok, rows: Sequence[Unit], known: Known) -> bool:
    """Whether one row, or one column, has it, and each other one is told not to."""
    plain = [replace(clause, tokens=tuple(t for t in clause.tokens if t is not only)) for clause in part]
    said = [t for clause in plain for t in clause.content if not _counted(t, rows)]
    plain = [replace(clause, tokens=tuple(t for t in clause.tokens if not _counted(t, rows))) for clause in plain]
    for row in rows:
        if compare_row(plain, row, known).fault is not None:
            continue
        used = cells_used(plain, row, known)
        if len(used) != 1 or used[0].says == "no":
            continue
        at = next(n for n, cell in enumerate(row.cells) if cell is used[0])
        others = [other.cells[at].says if at < len(other.cells) else "" for other in rows if other is not row]
        if sum(_labelled(other, said) for other in rows) == 1 and _labelled(row, said) and {*others} == {"no"}:
            return True
        head, beside = used[0].header, {cell.says for n, cell in enumerate(row.cells) if n != at}
        named = [any(alike(t, o) for t in said) for o in head.tokens if o.content]
        if named and all(named) and used[0].says == "yes" and beside == {"no"}:
            return True
    return False


def tables(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """The rows of each table of a passage."""
    rows: list[Unit] = []
    for unit in units:
        same = rows and unit.label is not None and [c.header for c in rows[-1].cells] == [c.header for c in unit.cells]
        if rows and not same:
            yield rows
            rows = []
        if unit.label is not None:
            rows.append(unit)
    if rows:
        yield rows
