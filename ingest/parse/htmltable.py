"""An HTML table that stands in Markdown source, as slots with their spans in that source."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.parse.mdtable import stripped
from ingest.parse.slots import Line, Slot
from ingest.parse.tags import plain

_PIECE = re.compile(r"<(/?)(tr|td|th|table|thead|tbody|tfoot|caption)\b((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>", re.IGNORECASE)
_SPAN = {
    name: re.compile(rf"{name}\s*=\s*[\"'{{]*\s*(\d{{1,4}})", re.IGNORECASE) for name in ("rowspan", "colspan")
}  # fmt: skip
_STRONG = re.compile(r"\s*(?:<(?:b|strong)\b[^>]*>.*</(?:b|strong)>|(\*\*|__).*\1)\s*", re.IGNORECASE | re.DOTALL)
_SPAN_LIMIT = 200


@dataclass(slots=True)
class _Cell:
    start: int
    end: int
    head: bool
    down: int
    wide: int


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """`rows` with spans; the first `heads` of them are the header. `caption`: span of its caption, if any."""

    rows: tuple[Line, ...]
    heads: int
    caption: tuple[int, int] | None


def read_table(source: str, start: int, end: int) -> HtmlTable:
    """The table between `start` and `end`. A cell that goes over several rows stands in each, with the same span."""
    cells, heads, caption = _cells(source, start, end)
    rows: list[Line] = []
    hanging: dict[int, tuple[int, Slot]] = {}
    for row in cells:
        line: Line = []
        at = 0
        for cell in row:
            at = _hang(line, hanging, at)
            text = _text(source[cell.start : cell.end])
            strong = _STRONG.fullmatch(source, cell.start, cell.end) is not None
            slot = Slot(at, text, cell.wide, cell.head, strong, False, cell.start, cell.end)
            line.append(slot)
            if cell.down > 1:
                hanging[at] = (cell.down - 1, replace(slot, hung=True))
            at += cell.wide
        while hanging and at <= max(hanging):
            after = _hang(line, hanging, at)
            at = after + (after == at)
        rows.append(line)
    count = 0
    while count < len(rows) and (count < heads or _is_head(cells[count], count)):
        count += 1
    return HtmlTable(tuple(rows), min(1, count) if count == len(rows) else count, caption)


def _is_head(row: list[_Cell], number: int) -> bool:
    return bool(row) and all(cell.head for cell in row) and (number == 0 or len(row) > 1)


def _text(source: str) -> str:
    """A cell as it is read: one line, as Markdown's own cells."""
    return plain(" ".join(source.split()))


def _hang(line: Line, hanging: dict[int, tuple[int, Slot]], at: int) -> int:
    """Adds the cells that hang down at this column; returns the next free one."""
    while at in hanging:
        left, slot = hanging.pop(at)
        if left > 1:
            hanging[at] = (left - 1, slot)
        line.append(slot)
        at += slot.width
    return at


def _cells(source: str, start: int, end: int) -> tuple[list[list[_Cell]], int, tuple[int, int] | None]:
    """(rows, how many of them stand in `<thead>`, span of the caption)."""
    rows: list[list[_Cell]] = []
    opened: _Cell | None = None
    heads, in_head = 0, False
    caption: tuple[int, int] | None = None
    captioned = -1

    def close(position: int) -> None:
        nonlocal opened
        if opened and rows:
            opened.start, opened.end = stripped(source, opened.start, position)
            rows[-1].append(opened)
        opened = None

    for match in _PIECE.finditer(source, start, end):
        name, closing = match[2].lower(), bool(match[1])
        if name == "caption":
            caption = stripped(source, captioned, match.start()) if closing and captioned >= 0 else caption
            captioned = -1 if closing else match.end()
            continue
        close(match.start())
        if name == "thead":
            in_head = not closing
        elif closing:
            continue
        elif name == "tr":
            rows.append([])
            heads += in_head
        elif name in ("td", "th"):
            down, wide = _number(match[3], "rowspan"), _number(match[3], "colspan")
            opened = _Cell(match.end(), match.end(), name == "th", down, wide)
    close(end)
    return [row for row in rows if row], heads, caption


def _number(attributes: str, name: str) -> int:
    match = _SPAN[name].search(attributes)
    return max(1, min(int(match[1]), _SPAN_LIMIT)) if match else 1
