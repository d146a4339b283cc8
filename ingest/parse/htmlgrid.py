"""HTML tables as grids: merged cells filled, header row found, layout tables told apart."""

from __future__ import annotations

from collections.abc import Callable

from lxml.html import HtmlElement

from ingest.parse.slots import Line, Slot, width

_SPAN_LIMIT = 200


def grid(table: HtmlElement, text: Callable[[HtmlElement], str]) -> tuple[list[Line], int] | None:
    """(rows, how many of the first ones are the header) of a data table; None when the table only lays out the page.

    The header is what stands in `<thead>` or has only `<th>`.
    """
    if (table.get("role") or "").lower() in ("presentation", "none") or next(table.iterdescendants("table"), None) is not None:
        return None
    rows = [row for row in table.iter("tr") if any(cell.tag in ("td", "th") for cell in row)]
    lines = _filled(rows, text)
    if width(lines) < 2 or (len(lines) < 2 and not any(cell.tag == "th" for row in rows for cell in row)):
        return None
    head = 0
    while head < len(rows) and (rows[head].getparent().tag == "thead" or _is_head(rows[head], head)):
        head += 1
    return lines, (min(1, head) if head == len(rows) else head)


def _is_head(row: HtmlElement, number: int) -> bool:
    """A row of `<th>` alone; below the first row a single one over the whole table is a section row."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    return all(cell.tag == "th" for cell in cells) and (number == 0 or len(cells) > 1)


def _filled(rows: list[HtmlElement], text: Callable[[HtmlElement], str]) -> list[Line]:
    """Slots by row, where a cell that spans rows stands in each of them."""
    lines: list[Line] = []
    hanging: dict[int, tuple[int, Slot]] = {}
    for row in rows:
        line: Line = []
        at = 0

        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            at = _hang(line, hanging, at)
            wide, down = _span(cell, "colspan"), _span(cell, "rowspan")
            value, head = text(cell).strip(), cell.tag == "th"
            line.append(Slot(at, value, wide, head, _is_strong(cell, value)))
            if down > 1:
                hanging[at] = (down - 1, Slot(at, value, wide, head, hung=True))
            at += wide
        while hanging and at <= max(hanging):
            after = _hang(line, hanging, at)
            at = after + (after == at)
        lines.append(line)
    return lines


def _hang(line: Line, hanging: dict[int, tuple[int, Slot]], at: int) -> int:
    """Adds the cells that hang down at this column; returns the next free one."""
    while at in hanging:
        left, slot = hanging.pop(at)
        if left > 1:
            hanging[at] = (left - 1, slot)
        line.append(slot)
        at += slot.width
    return at


def _is_strong(cell: HtmlElement, value: str) -> bool:
    if not len(cell):
        return False
    bold = "".join("".join(child.itertext()) for child in cell.iter("b", "strong"))
    return bool(value) and "".join(bold.split()) == "".join(value.split())


def _span(cell: HtmlElement, name: str) -> int:
    if (attribute := cell.get(name)) is None:
        return 1
    value = attribute.strip()
    return min(int(value), _SPAN_LIMIT) if value.isdecimal() and int(value) > 0 else 1
