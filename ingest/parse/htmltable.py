"""Rows of an HTML table that stands in Markdown source, as spans of that source."""

from __future__ import annotations

import re

from ingest.parse.tags import plain

_PIECE = re.compile(r"<(/?)(tr|td|th|table)\b((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>", re.IGNORECASE)
_ROWSPAN = re.compile(r"rowspan\s*=\s*[\"'{]*(\d{1,4})", re.IGNORECASE)


def table_rows(source: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """(start, end, header) of each body row between `start` and `end`; a row's span goes from its first to its last cell.

    The header is the first row of `<th>` cells as `col | col`; cells that span down from rows above are appended to it.
    """
    names, rows, spanning = "", list[tuple[int, int, str]](), list[tuple[str, int]]()
    for cells in _cells(source, start, end):
        filled = [(a, b) for a, b, _, _ in cells if a < b]
        if not filled:
            continue
        if not names and not rows and all(is_head for _, _, is_head, _ in cells):
            names = " | ".join(plain(source[a:b]) for a, b in filled)
            continue
        header = "\n".join(filter(None, (names, " · ".join(text for text, _ in spanning))))
        rows.append((filled[0][0], filled[-1][1], header))
        spanning = [(text, left - 1) for text, left in spanning if left > 1]
        spanning += [(plain(source[a:b]), down - 1) for a, b, _, down in cells if down > 1]
    return rows


def _cells(source: str, start: int, end: int) -> list[list[tuple[int, int, bool, int]]]:
    """Rows of (start, end, is a head cell, rowspan)."""
    rows: list[list[tuple[int, int, bool, int]]] = []
    opened: tuple[int, bool, int] | None = None

    def close(position: int) -> None:
        nonlocal opened
        if opened and rows:
            a, b = opened[0], position
            while a < b and source[a].isspace():
                a += 1
            while b > a and source[b - 1].isspace():
                b -= 1
            rows[-1].append((a, b, opened[1], opened[2]))
        opened = None

    for match in _PIECE.finditer(source, start, end):
        name = match[2].lower()
        close(match.start())
        if match[1]:
            continue
        if name == "tr":
            rows.append([])
        elif name in ("td", "th"):
            down = _ROWSPAN.search(match[3])
            opened = (match.end(), name == "th", int(down[1]) if down else 1)
    return rows
