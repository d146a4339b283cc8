"""Old Word documents (.doc): the text of the piece table, read with olefile ([MS-DOC] 2.4.1), headings by their wording.

Styles are not read: they would need Word's property tables. Fields show their results, tables their cells.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from ingest.parse.archive import encrypted
from ingest.parse.lines import bullet, heading_level
from ingest.parse.normal import normalise, one_line
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_NO_TEXT = re.compile("[\x01\x02\x03\x04\x05\x06\x08\x0e-\x1d\x1f]")


def parse(content: bytes) -> Parsed:
    """Parses a .doc (Word 97 and later). Raises ParseError `broken`, `encrypted`, `unsupported` (Word 95 and earlier)."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            main = file.openstream("WordDocument").read()
            text = _text(file, main)
            named = _property(file)
    except ParseError:
        raise
    except Exception as exc:  # olefile raises OSError, struct.error, IndexError, …
        raise ParseError(
            f"The Word document cannot be opened ({type(exc).__name__}).", code="broken", fix="Save it again as .docx."
        ) from exc
    writer = Writer(named)
    _write(writer, text)
    return writer.parsed()


def _property(file: Any) -> str:
    title = file.get_metadata().title
    return one_line(title.decode("utf-8", "replace") if isinstance(title, bytes) else str(title or ""))


def _text(file: Any, main: bytes) -> str:
    """Body, footnotes, text boxes as stored; headers and comments left out."""
    magic, version = struct.unpack_from("<HH", main, 0)
    flags = struct.unpack_from("<H", main, 0x0A)[0]
    if magic != 0xA5EC or version < 0x00C1:
        raise ParseError("Documents of Word 95 and earlier cannot be read.", code="unsupported", fix="Save it as .docx.")
    if flags & 0x0100:
        raise encrypted()
    table = file.openstream("1Table" if flags & 0x0200 else "0Table").read()
    at, size = struct.unpack_from("<II", main, 0x01A2)
    counts = struct.unpack_from("<8I", main, 0x4C)  # body, footnotes, headers, macros, comments, endnotes, boxes, header boxes
    whole = "".join(_pieces(main, table[at : at + size]))
    starts = [sum(counts[:number]) for number in range(9)]
    wanted = (0, 1, 5, 6)
    return "\r".join(whole[starts[part] : starts[part + 1]] for part in wanted if counts[part])


def _pieces(main: bytes, clx: bytes) -> Iterator[str]:
    position = 0
    while position < len(clx) and clx[position] == 1:  # property modifiers
        position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
    size = struct.unpack_from("<I", clx, position + 1)[0]
    count = (size - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", clx, position + 5)
    for number in range(count):
        place = struct.unpack_from("<I", clx, position + 5 + 4 * (count + 1) + 8 * number + 2)[0]
        length = ends[number + 1] - ends[number]
        if place & 0x40000000:
            start = (place & 0x3FFFFFFF) // 2
            yield main[start : start + length].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * length].decode("utf-16-le", "replace").ljust(length)[:length]


def _write(writer: Writer, text: str) -> None:
    previous = ""
    while previous != text:  # fields stand in fields
        previous, text = text, _FIELD.sub(lambda match: match[1] or "", text)
    text = text.replace("\x0b", "\n").replace("\x0c", "\r").replace("\x1e", "-").replace("\xa0", " ")
    cells: list[str] = []
    *parts, rest = text.split("\x07")  # ends a cell, and once more a row
    for part in parts:
        if "\r" in part and not (cells and cells[-1]):
            before, _, part = part.rpartition("\r")
            _table(writer, cells)
            cells = []
            _paragraphs(writer, before)
        cells.append(normalise(_NO_TEXT.sub("", part.replace("\r", "\n"))))
    _table(writer, cells)
    _paragraphs(writer, rest)


def _paragraphs(writer: Writer, text: str) -> None:
    paragraphs = [cleaned for part in text.split("\r") if (cleaned := normalise(_NO_TEXT.sub("", part)))]
    for paragraph, follower in zip(paragraphs, [*paragraphs[1:], ""], strict=True):
        _paragraph(writer, paragraph, follower)


def _paragraph(writer: Writer, text: str, follower: str) -> None:
    if level := heading_level(text, alone=False, follower=follower) if text and "\n" not in text else 0:
        writer.heading(text, level)
    elif length := bullet(text):
        writer.block(text[length:], "list", mark=text[:length])
    else:
        writer.block(text)


def _table(writer: Writer, cells: list[str]) -> None:
    """Cells with the ends of rows among them as empty ones: the narrowest table in which each row ends in one."""
    if not any(cells):
        return
    widths = [n for n in range(1, len(cells)) if len(cells) % (n + 1) == 0 and not any(cells[n :: n + 1])]
    width = widths[0] if widths else len(cells)
    rows = [row for at in range(0, len(cells), width + 1) if any(row := cells[at : at + width])]
    if width < 2:
        for row in rows:
            writer.block(row[0])
    else:
        writer.plain_table(rows)
