"""HTML tables as grids: merged cells filled, header row found, layout tables told apart."""

from __future__ import annotations

from collections.abc import Callable

from lxml.html import HtmlElement

_SPAN_LIMIT = 200


def grid(table: HtmlElement, text: Callable[[HtmlElement], str]) -> tuple[list[str], list[list[str]]] | None:
    """(header, rows) of a data table; None when the table only lays out the page.

    The header is the first row when it stands in `<thead>` or has only `<th>`; without one it is empty.
    """
    if (table.get("role") or "").lower() in ("presentation", "none") or next(table.iterdescendants("table"), None) is not None:
        return None
    rows = [row for row in table.iter("tr") if any(cell.tag in ("td", "th") for cell in row)]
    filled = _filled(rows, text)
    width = max((len(cells) for cells in filled), default=0)
    if width < 2 or (len(filled) < 2 and not any(cell.tag == "th" for row in rows for cell in row)):
        return None
    head = 0
    while head < len(rows) and (rows[head].getparent().tag == "thead" or all(cell.tag == "th" for cell in rows[head])):
        head += 1
    if head == len(rows):
        head = min(1, head)
    return _merged(filled[:head], width), filled[head:]


def _filled(rows: list[HtmlElement], text: Callable[[HtmlElement], str]) -> list[list[str]]:
    """Cell texts by row, where a cell that spans rows or columns stands in each of them."""
    filled: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for row in rows:
        cells: list[str] = []

        def hang(cells: list[str] = cells) -> None:
            while len(cells) in hanging:
                left, value = hanging.pop(len(cells))
                if left > 1:
                    hanging[len(cells)] = (left - 1, value)
                cells.append(value)

        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            hang()
            value = text(cell)
            for _ in range(_span(cell, "colspan")):
                if (down := _span(cell, "rowspan")) > 1:
                    hanging[len(cells)] = (down - 1, value)
                cells.append(value)
        hang()
        filled.append(cells)
    return filled


def _span(cell: HtmlElement, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(int(value), _SPAN_LIMIT) if value.isdecimal() and int(value) > 0 else 1


def _merged(heads: list[list[str]], width: int) -> list[str]:
    """Several header rows as one: `Size Width`, `Size Height`."""
    merged: list[str] = []
    for column in range(width if heads else 0):
        names = [" ".join(head[column].split()) for head in heads if column < len(head)]
        merged.append(" ".join(dict.fromkeys(filter(None, names))))
    return merged
