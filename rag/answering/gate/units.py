"""What a passage is made of, as the gate reads it: sentences, steps and rows, with what stands above them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answering.gate.numbers import UNIT
from rag.answering.gate.reading import read
from rag.answering.gate.tok import Reading
from rag.domain import Passage
from rag.text.sentences import split_sentences

_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")
_NOTHING = re.compile(
    r"[-–—−/\s]*|none|no|n/a|not (?:possible|available|included|supported|allowed|offered)"
    r"|不可以|不能|不允许|不提供|不包含|不含|无|否|不支持|不可|没有|✗|×|✕",
    re.IGNORECASE,
)
_YES = re.compile(r"yes|有|是|支持|可|可以|✓|✔|√|included|含", re.IGNORECASE)
_BARE = re.compile(r"[−-]?\d[\d.,]*(?:\s*(?:[-–—~～]|to|至)\s*\d[\d.,]*)?")
_BRACKETED = re.compile(r"[(（]([^()（）]{1,16})[)）]\s*$")
_ANSWERS = re.compile(
    r"\W*(?:yes|no|是的?|不是|可以|不可以|能|不能|会|不会|有|没有|支持|不支持|需要|不需要)[,，.。!！;；:：\s]", re.IGNORECASE
)

_POINTS_BACK = re.compile(
    (
        r"(?:(?:if|when|once|after|before|while|then|until|and|but) )?(?:it|its|they|their|them|this|these"
        r"|that|he|she|his|her|both)\b|它|其|该|这|此|他|她|两者"
    ),
    re.IGNORECASE,
)


# Of more or less than what the sentence before says.
_COMPARED = re.compile(
    r"\b(?:later|earlier|otherwise|(?:below|above|under|over|after|before|than|until|by) (?:that|then))\b|否则|不然|超出|逾期",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CellRead:
    """A cell as it is compared. `says`: `yes`, `no` or what it holds."""

    header: Reading
    value: Reading
    says: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a row at passage.text[start:end]. `context`: what stands above it, all of it read."""

    start: int
    end: int
    reading: Reading
    context: Reading
    cells: tuple[CellRead, ...] = ()
    label: Reading | None = None
    label_header: Reading | None = None
    step: bool = False
    twin: bool = False  # another row has the same label: what tells them apart must be said

    @property
    def keys(self) -> frozenset[str]:
        return self.reading.keys


_EMPTY = Reading(())


def units(passage: Passage) -> list[Unit]:
    """In the order of the text. Question and short answer of a FAQ make one unit more."""
    read_units: list[Unit] = []
    context, header = _context(passage)
    rows = {(start, end): cells for start, end, cells in _rows(passage)}
    lead = context
    for start, end, step in _spans(passage, sorted(rows)):
        if (start, end) in rows:
            cells = rows[start, end]
            if header and [c.strip() for c in cells] == header:
                continue
            if _is_header(passage.text, end):
                header = [c.strip() for c in cells]
                continue
            read_units.append(_row(start, end, cells, header, context))
            continue
        text = passage.text[start:end]
        before = read_units[-1] if read_units else None
        back = before is not None and (_POINTS_BACK.match(text) or _COMPARED.search(text))
        above = _with(lead, before.reading) if back and before is not None else lead
        unit = Unit(start, end, read(text), above, step=step)
        if (
            before is not None
            and not before.cells
            and _ANSWERS.match(text)
            and passage.text[before.start : before.end].rstrip("*_ ").endswith(("?", "？"))
        ):
            clauses = (
                *before.reading.clauses,
                *(replace(c, hard=False) if n == 0 else c for n, c in enumerate(unit.reading.clauses)),
            )
            both = Reading(tuple(clauses), before.keys | unit.keys)
            read_units.append(Unit(before.start, end, both, lead))
        read_units.append(unit)
        lead = (
            _with(context, unit.reading) if text.rstrip("*_ ").endswith((":", "：", "?", "？")) else lead if step else context
        )
    labels = Counter(unit.label.keys for unit in read_units if unit.label is not None)
    return [replace(unit, twin=True) if unit.label is not None and labels[unit.label.keys] > 1 else unit for unit in read_units]


def _with(context: Reading, above: Reading) -> Reading:
    return Reading((*context.clauses, *above.clauses), context.keys | above.keys)


def _context(passage: Passage) -> tuple[Reading, list[str]]:
    lines = passage.context.splitlines()
    header: list[str] = []
    if lines and "|" in lines[-1] and (passage.kind == "table" or "|" in passage.text):
        header = [cell.strip() for cell in _CELLS.split(lines.pop())]
    above = read("\n".join(dict.fromkeys([passage.title, *passage.section, *lines])).replace("›", "\n").replace("\n", " ; "))
    return above, header


def _spans(passage: Passage, rows: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    taken = list(rows)
    steps = [(one.start - passage.start, one.end - passage.start) for one in passage.statements if one.kind in ("step", "item")]
    spans = [(a, b) for a, b in split_sentences(passage.text) if not any(a < end and start < b for start, end in taken)]
    for start, end in sorted([*taken, *spans]):
        yield start, end, any(a <= start and end <= b for a, b in steps) or _listed(passage.text, start)


def _listed(text: str, start: int) -> bool:
    return bool(
        re.search(r"(?:^|\n)[ \t>]*(?:[-*+•]|\d{1,2}[.)、]|[（(]\d{1,2}[)）])[ \t]*$", text[max(start - 12, 0) : start])
    )


def _rows(passage: Passage) -> Iterator[tuple[int, int, list[str]]]:
    """Rows of tables, from the statements' cells where there are any, else from the text."""
    at = 0
    for line in passage.text.splitlines(keepends=True):
        start, end = at, at + len(line.rstrip())
        at += len(line)
        text = passage.text[start:end]
        if (
            text.count("|") < 1
            or _RULE.fullmatch(text)
            or (not text.startswith("|") and text.count("|") < 2 and passage.kind != "table")
        ):
            continue
        if not text.lstrip().startswith("|") and not (start == 0 and text.rstrip().endswith("|")) and passage.kind != "table":
            continue
        cells = _CELLS.split(text)
        left = 1 if not cells[0].strip() and text.lstrip().startswith("|") else 0
        right = len(cells) - 1 if not cells[-1].strip() and text.endswith("|") else len(cells)
        inner = cells[left:right]
        first = start + len(text) - len(text.lstrip(" |"))
        last = start + len(text.rstrip(" |"))
        if inner and last > first:
            yield first, last, [cell.strip() for cell in inner]


def _is_header(text: str, end: int) -> bool:
    rest = text[end:].lstrip(" |").lstrip("\n")
    line = rest.split("\n", 1)[0]
    return bool(line) and "-" in line and "|" in line and bool(_RULE.fullmatch(line))


def _row(start: int, end: int, cells: list[str], header: list[str], context: Reading) -> Unit:
    names = ["", *header] if len(header) == len(cells) - 1 else header
    names = names + [""] * (len(cells) - len(names))
    cells_read = [
        CellRead(read(name), read(_measured(cell, name)), _says(cell)) for name, cell in zip(names[1:], cells[1:], strict=False)
    ]
    label = read(cells[0])
    keys = label.keys.union(*(cell.header.keys | cell.value.keys for cell in cells_read)) if cells_read else label.keys
    every = Reading(
        (*label.clauses, *(clause for cell in cells_read for clause in (*cell.header.clauses, *cell.value.clauses))), keys
    )
    return Unit(start, end, every, context, tuple(cells_read), label, read(names[0]))


def _measured(cell: str, name: str) -> str:
    """A bare number with the unit that its column is headed by: `5–8` below `Business days`, `3` below `Weight (kg)`."""
    if not _BARE.fullmatch(cell.strip("*_` ")):
        return cell
    unit = _BRACKETED.search(name)
    measure = (unit[1] if unit else name).strip("*_` ").lower()
    return f"{cell} {measure}" if measure in UNIT else cell


def _says(text: str) -> str:
    plain = text.strip("*_` ")
    return "no" if _NOTHING.fullmatch(plain) else "yes" if _YES.fullmatch(plain) else ""
