"""Rich Text Format (.rtf): headings by outline level, style or bold, lists, tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.parse.lines import bullet, numbered_level
from ingest.parse.normal import normalise, one_line
from ingest.parse.rtftokens import Piece, pieces
from ingest.parse.writer import Writer
from rag.domain import Parsed

_HEADING = re.compile(r"(?:heading|überschrift|titre|标题)\s*([1-9])")
_BOLD_LEVEL = 10
_BOLD_LIMIT = 60


def parse(content: bytes) -> Parsed:
    """Parses an RTF file. The title is the paragraph in style Title, else a single top heading, else the property."""
    parts, named = pieces(content)
    headings = [piece for piece in parts if _level(piece) == 1]
    titles = [piece for piece in parts if piece.style.name == "title"] or (headings if len(headings) == 1 else [])
    writer = Writer(one_line(titles[0].text) if titles else named)
    row, rows, cell = list[str](), list[list[str]](), list[str]()
    group = -1
    for number, piece in enumerate(parts):
        if piece.kind == "cell":
            row.append(normalise("\n".join([*cell, piece.text])))
            cell.clear()
        elif piece.kind == "row":
            rows.append(row)
            row = []
        elif piece.style.in_table and (row or cell or rows or _in_cell(parts, number)):
            cell.append(piece.text)
        else:
            _write_table(writer, rows)
            rows = []
            group = _paragraph(writer, piece, _follower(parts, number), group)
    _write_table(writer, [*rows, row] if row else rows)
    for text in cell:
        writer.block(normalise(text))
    return writer.parsed()


def _in_cell(parts: Sequence[Piece], number: int) -> bool:
    """Whether a cell ends later in the same table: text may be marked as a table's and stand in none."""
    later = next((piece for piece in parts[number + 1 :] if piece.kind != "paragraph" or not piece.style.in_table), None)
    return later is not None and later.kind == "cell"


def _follower(parts: Sequence[Piece], number: int) -> str:
    return parts[number + 1].text.strip() if number + 1 < len(parts) else ""


def _level(piece: Piece) -> int:
    if piece.kind != "paragraph" or piece.style.in_table:
        return 0
    match = _HEADING.match(piece.style.name)
    return piece.style.outline or (int(match[1]) if match else 1 if piece.style.name == "title" else 0)


def _paragraph(writer: Writer, piece: Piece, follower: str, group: int) -> int:
    """Writes a paragraph; returns the group of the list that is open then, -1 for none."""
    text = normalise(piece.text)
    if not text:
        return group
    short = len(text) <= _BOLD_LIMIT and "\n" not in text and text[-1] not in "。.!！;；:：,，、"
    level = _level(piece) or (0 if piece.mark or "\n" in text else numbered_level(text, follower))
    if not level and short and piece.style.bold and follower and not piece.mark:
        level = _BOLD_LEVEL
    if level:
        writer.heading(text, level)
        return -1
    length = bullet(text)
    if not piece.mark and not length:
        writer.block(text)
        return -1
    tight, group = group >= 0, group if group >= 0 else writer.group()
    if piece.mark:
        mark = f"{piece.mark} " if any(char.isalnum() for char in piece.mark) else "- "
        writer.block(text, "list", mark=mark, tight=tight, group=group)
    else:
        writer.block(text[length:], "list", mark=text[:length], tight=tight, group=group)
    return group


def _write_table(writer: Writer, rows: list[list[str]]) -> None:
    filled = [row for row in rows if any(row)]
    if not filled:
        return
    if max(map(len, filled)) < 2:
        for row in filled:
            writer.block(row[0])
        return
    width = max(map(len, filled))
    writer.plain_table([[*row, *[""] * (width - len(row))] for row in filled])
