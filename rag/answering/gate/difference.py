"""What a claim says of two rows, or two columns, of a table: how much more the one has than the other, computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from rag.answering.gate.alike import Known, alike
from rag.answering.gate.lexicon import VERBS
from rag.answering.gate.little import light
from rag.answering.gate.rows import PREDICATES
from rag.answering.gate.tok import Clause, Tok
from rag.answering.gate.units import CellRead, Unit

# Words of comparison by what they compare, each with its sign; `any` goes with every unit.
_DIMENSIONS: dict[str, tuple[frozenset[str], str, str]] = {
    "mass": (frozenset("kg g mg lb oz t".split()), "heavier 重", "lighter 轻"),
    "money": (frozenset("usd eur gbp cny jpy hkd cent".split()), "dearer pricier 贵", "cheaper 便宜"),
    "time": (
        frozenset("day bday s month".split()),
        "longer later slower 长 久 晚 慢",
        "shorter earlier sooner quicker faster 短 早 快",
    ),
    "size": (
        frozenset("m cm mm km ft in mile m2 ft2".split()),
        "longer taller wider deeper thicker 长 高 宽 深 厚",
        "shorter smaller narrower thinner 短 矮 窄 薄",
    ),
    "any": (frozenset(), "more higher larger bigger greater 多 高 大", "less fewer lower smaller 少 低 小"),
}
_MORE = {w: +1 for _, more, _ in _DIMENSIONS.values() for w in more.split()}
_LESS = {w: -1 for _, _, less in _DIMENSIONS.values() for w in less.split()}
_SIGNS = _MORE | _LESS
_A = {"day": "1 day", "week": "7 day", "month": "1 month", "year": "12 month", "hour": "3600 s"}
_VALUE = re.compile(r"-?\d+(?:\.\d+)?")
_BLOCKING = frozenset("not if unless except only until before after without must fail refuse avoid some most".split())


@dataclass(frozen=True, slots=True)
class _Said:
    """`one` has `by` more (sign 1) or less (−1) than `other`; by None: how much is not said."""

    one: list[Tok]
    other: list[Tok]
    sign: int
    units: frozenset[str]
    by: Tok | None


def compared(part: Sequence[Clause], rows: Sequence[Unit], known: Known) -> list[Unit]:
    """The rows of which a comparison is true; none where it is not, or is no comparison.

    Both things must be found by their words, and what is compared by its unit and heading: of two columns in the same unit
    the claim must name one.
    """
    if any(key in _BLOCKING for clause in part for key in clause.operators):
        return []
    by_start: dict[int, Unit] = {}
    for said in _parsed([t for clause in part for t in clause.tokens]):
        held = _held(said, rows, known)
        if not held:
            return []
        by_start |= {row.start: row for row in held}
    return list(by_start.values())


def _held(said: _Said, rows: Sequence[Unit], known: Known) -> list[Unit]:
    words = [*said.one, *said.other]
    values = [(row, cell, value) for row in rows for cell in row.cells if (value := _value(cell)) is not None]
    for rows_differ in (True, False):
        pairs = [
            (a, b)
            for a in values
            for b in values
            if (a[0] is not b[0] and _same(a[1], b[1]) if rows_differ else a[0] is b[0] and a[1] is not b[1])
            and _measures(said, a[2], b[2])
        ]
        chosen = _named(pairs, said, said.one, words, rows_differ)
        chosen = chosen or _named(pairs, said, [Tok(key, "word", key) for key in known.words], words, rows_differ)
        if chosen and all(_true(said, a[2], b[2]) for a, b in chosen):
            return list({id(row): row for a, b in chosen for row in (a[0], b[0])}.values())
    return []


def _parsed(tokens: Sequence[Tok]) -> list[_Said]:
    """What is compared; nothing where a part of it is not understood."""
    at = next((n for n, t in enumerate(tokens) if t.text == "比"), None)
    if at is not None:
        return _parsed_zh(tokens, at)
    for n, token in enumerate(tokens):
        lower = token.text.lower()
        sign = _SIGNS.get(lower.removesuffix(" than"))
        ends = (
            n
            if lower.endswith(" than")
            else next((k for k in range(n + 1, min(n + 3, len(tokens))) if tokens[k].text.lower() == "than"), None)
        )
        if sign is None or ends is None:
            continue
        rest = list(tokens[ends + 1 :])
        by, before = _amount(tokens[:n])
        return [_Said(_content(before), _content(rest), sign, _units(lower.removesuffix(" than")), by)] if rest else []
    return []


def _parsed_zh(tokens: Sequence[Tok], at: int) -> list[_Said]:
    """R5 Pro 比 R5 重 0.7 千克，贵 270 元。"""
    first = next((n for n in range(at + 1, len(tokens)) if tokens[n].text in _SIGNS), None)
    if first is None:
        return []
    one, other = _content(tokens[:at]), _content(tokens[at + 1 : first])
    comparisons: list[_Said] = []
    for token in tokens[first:]:
        if token.text in _SIGNS:
            comparisons.append(_Said(one, other, _SIGNS[token.text], _units(token.text), None))
        elif token.kind == "number" and comparisons and comparisons[-1].by is None:
            comparisons[-1] = replace(comparisons[-1], by=token)
        elif token.content:
            return []
    return comparisons


def _amount(before: Sequence[Tok]) -> tuple[Tok | None, Sequence[Tok]]:
    """`$9 more`, `a year longer`; and what stands before it."""
    for n in range(len(before) - 1, max(len(before) - 3, -1), -1):
        if before[n].kind == "number":
            return before[n], before[:n]
        if before[n].key in _A and n and before[n - 1].text.lower() in ("a", "an", "one"):
            key = _A[before[n].key]
            return Tok(key, "number", before[n].text, key.split()[1]), before[: n - 1]
    return None, before


def _content(tokens: Iterable[Tok]) -> list[Tok]:
    return [t for t in tokens if t.content and t.text.lower() not in _SIGNS]


def _units(word: str) -> frozenset[str]:
    return frozenset().union(*(units for units, more, less in _DIMENSIONS.values() if word in (*more.split(), *less.split())))


def _value(cell: CellRead) -> Tok | None:
    """Its number, where it has just one, and no range."""
    numbers = [t for t in cell.value.tokens if t.kind == "number"]
    return numbers[0] if len(numbers) == 1 and ".." not in numbers[0].key and numbers[0].unit not in ("date", "clock") else None


def _same(one: CellRead, other: CellRead) -> bool:
    return bool(one.header.keys) and one.header.keys == other.header.keys


def _measures(said: _Said, one: Tok, other: Tok) -> bool:
    if one.unit != other.unit or (said.by is not None and said.by.unit != one.unit):
        return False
    return not said.units or one.unit in said.units


def _score(tokens: Sequence[Tok], words: Sequence[Tok]) -> float:
    """How much of a name the words give; less for parts of it that they lack."""
    lost = [t for t in tokens if not t.soft and not any(alike(w, t) for w in words)]
    plain = sum(t.kind == "name" and not any(c.isdigit() for c in t.key) for t in lost)  # `Outdoor Cam`, of B5
    return len(tokens) - len(lost) - 0.2 * plain - 0.5 * (len(lost) - plain)


_Value = tuple[Unit, CellRead, Tok]


def _own(value: _Value, rows_differ: bool) -> list[Tok]:
    """The words that tell this value from others: of its row, or of its column."""
    row, cell, _ = value
    if not rows_differ:
        return _content(cell.header.tokens)
    named = [*row.label.tokens] if row.label is not None else []
    return _content(
        [*named, *(t for c in row.cells if not any(o.kind == "number" for o in c.value.tokens) for t in c.value.tokens)]
    )


def _named(
    pairs: Sequence[tuple[_Value, _Value]], said: _Said, first: Sequence[Tok], words: Sequence[Tok], rows_differ: bool
) -> list[tuple[_Value, _Value]]:
    """The pairs that the claim names, the one by the words of `first`; none where a word of it is of none of them."""
    ranked = []
    for pair in pairs:
        one, other = (_own(value, rows_differ) for value in pair)
        mine, theirs = (
            _score(one, first),
            _score(other, said.other) + 0.3 * sum(any(alike(w, t) for t in other) for w in said.one),
        )
        apart = any(any(alike(w, t) for t in one) and not any(alike(w, t) for t in other) for w in first)
        also = any(any(alike(w, t) for t in other) for w in said.other)
        around = [
            *pair[0][1].header.tokens,
            *(pair[0][0].label.tokens if pair[0][0].label is not None and not rows_differ else ()),
        ]
        above = [*pair[0][0].context.tokens, *(pair[0][0].label_header.tokens if pair[0][0].label_header is not None else ())]
        held = [t for t in (*one, *other, *around, *above) if t.content]
        strange = [
            w for w in words if not (light(w) or w.key in VERBS or w.key in PREDICATES or any(alike(w, t) for t in held))
        ]
        if (apart or mine > _score(other, first)) and also and not strange:
            ranked.append((mine + theirs + 0.5 * sum(any(alike(w, t) for t in around if t.content) for w in words), pair))
    best = max((score for score, _ in ranked), default=0.0)
    return [pair for score, pair in ranked if score == best and best > 0]


def _true(said: _Said, one: Tok, other: Tok) -> bool:
    try:
        a, b = (Decimal(_VALUE.match(t.key)[0]) for t in (one, other))  # type: ignore[index]
        by = None if said.by is None else Decimal(_VALUE.match(said.by.key)[0])  # type: ignore[index]
    except (InvalidOperation, TypeError):
        return False
    difference = (a - b) * said.sign
    return difference > 0 if by is None else difference == by
