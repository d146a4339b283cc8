"""RTF as a stream of what it says: text, ends of paragraphs, cells and rows, with each paragraph's style.

Follows the Rich Text Format Specification 1.9.1 as far as text goes: code pages by font, `\\u` with its fallback, `\\bin`,
destinations. striprtf was tried: it loses headings and fails on double-byte characters whose second byte is a letter.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.parse.visible import lowered, raised

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S)
_SKIPPED = frozenset(
    b"colortbl info pict fldinst objdata objclass objname"
    b" nonshppict shprslt sp sn sv xe tc tcn rxe bkmkstart bkmkend themedata colorschememapping latentstyles datastore"
    b" listtable listoverridetable revtbl rsidtbl generator annotation atnid atnauthor filetbl xmlnstbl mmathPr pgdsctbl"
    b" ftnsep ftnsepc aftnsep aftnsepc blipuid picprop htmltag mhtmltag passwordhash userprops".split()
)
_HEADERS = frozenset(b"header headerl headerr headerf footer footerl footerr footerf".split())
_SKIPPED |= _HEADERS
_KEPT = frozenset(b"shpinst shptxt ud shppict listtext pntext".split())  # ignorable destinations that hold text
_CHARS = {
    b"tab": " ", b"emdash": "—", b"endash": "–", b"emspace": " ", b"enspace": " ", b"qmspace": " ", b"bullet": "•",
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"line": "\n",
}  # fmt: skip
_SYMBOLS = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
_CHARSETS = {
    77: "mac_roman", 78: "shift_jis", 80: "gbk", 81: "big5", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030",
    136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph's style: `outline` level from 1, 0 for text; whether all of it is bold; whether it is in a table."""

    name: str = ""
    outline: int = 0
    bold: bool = False
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """`paragraph`, `cell` and `row` end what stands before them; `mark` is a list's bullet or number."""

    kind: Literal["paragraph", "cell", "row"]
    text: str
    style: Style
    mark: str = ""


@dataclass(slots=True)
class _Group:
    """What a closing brace restores."""

    skip: bool = False
    place: str = ""  # `fonttbl`, `stylesheet`, `mark`, `title`; '' in the text
    font: int = -1
    fallback: int = 1
    bold: bool = False
    out: frozenset[bytes] = frozenset()  # `v`, `deleted`, `strike`: what keeps its text from the reader
    place_of_digits: str = ""  # `super`, `sub`


@dataclass(slots=True)
class _Reader:
    content: bytes
    skipped: frozenset[bytes] = _SKIPPED
    encoding: str = "cp1252"
    group: _Group = field(default_factory=_Group)
    stack: list[_Group] = field(default_factory=list)
    fonts: dict[int, str] = field(default_factory=dict)
    styles: dict[int, Style] = field(default_factory=dict)
    title: str = ""
    bytes_: bytearray = field(default_factory=bytearray)
    text: list[str] = field(default_factory=list)
    side: list[str] = field(default_factory=list)
    mark: str = ""
    number: int = 0
    style: Style = Style()
    outline: int = 0
    in_table: bool = False
    bold_all: bool = True
    left: int = 0  # characters of a fallback still to be skipped
    ignorable: bool = False


def pieces(content: bytes) -> tuple[list[Piece], str]:
    """The text of an RTF file in order, and the title that its properties give ('' for none)."""
    reader = _Reader(content)
    parts = list(_run(reader))
    if not parts:  # some programs write letters of a header alone
        reader = _Reader(content, skipped=_SKIPPED - _HEADERS)
        parts = list(_run(reader))
    return parts, reader.title.strip()


def _run(reader: _Reader) -> Iterator[Piece]:
    position, opened = 0, -1
    while (match := _TOKEN.search(reader.content, position)) is not None:
        position = match.end()
        word, argument, hexed, symbol, brace, run = match.groups()
        number = int(argument) if argument else None
        if brace:
            _brace(reader, brace)
            opened = position if brace == b"{" else opened
        elif word == b"bin":
            position += max(0, number or 0)
        elif word:
            yield from _word(reader, word, number)
        elif hexed:
            _raw(reader, bytes((int(hexed, 16),)))
        elif symbol == b"*":
            reader.ignorable = match.start() == opened
            continue
        elif symbol:
            if symbol in (b"\r", b"\n"):
                yield from _end(reader, "paragraph")
            _flush(reader)
            _say(reader, _SYMBOLS.get(symbol, ""))
        elif run:
            _raw(reader, run)
        if word is None:
            reader.ignorable = False
    yield from _end(reader, "paragraph")


def _brace(reader: _Reader, brace: bytes) -> None:
    _flush(reader)
    reader.left = 0
    if brace == b"{":
        reader.stack.append(reader.group)
        reader.group = replace(reader.group)
        return
    closing, reader.group = reader.group, reader.stack.pop() if reader.stack else _Group()
    if closing.place == reader.group.place:
        return
    said = "".join(reader.side).strip()
    reader.side.clear()
    if closing.place == "mark":
        reader.mark = said
    elif closing.place == "title":
        reader.title = said


def _word(reader: _Reader, word: bytes, number: int | None) -> Iterator[Piece]:
    group, ignorable = reader.group, reader.ignorable
    reader.ignorable = False
    if word != b"u":
        _flush(reader)
        reader.left = 0
    if word in reader.skipped or (ignorable and word not in _KEPT):
        group.skip = word != b"info"  # for its title
        group.place = "info" if word == b"info" else group.place
    elif word in (b"fonttbl", b"stylesheet"):
        group.place = word.decode()
    elif word in (b"listtext", b"pntext"):
        group.place = "mark"
    elif word == b"title" and group.place == "info":
        group.place = "title"
    elif word == b"ud":
        group.skip = False
    elif word == b"upr":
        group.skip = True  # the copy for old readers; `\ud` holds the text
    elif not group.skip:
        _format(reader, word, number)
        if not group.place:
            yield from _structure(reader, word)


def _format(reader: _Reader, word: bytes, number: int | None) -> None:
    group = reader.group
    if word == b"ansicpg" and number:
        reader.encoding = _known(f"cp{number}") or reader.encoding
    elif word == b"mac":
        reader.encoding = "mac_roman"
    elif word == b"f" and number is not None:
        group.font = number
    elif word == b"fcharset" and number is not None and group.place == "fonttbl":
        reader.fonts[group.font] = _CHARSETS.get(number, "")
    elif word == b"uc" and number is not None:
        group.fallback = number
    elif word == b"u" and number is not None:
        _flush(reader)
        _say(reader, chr(number % 0x10000))
        reader.left = group.fallback
    elif word in (b"super", b"sub", b"nosupersub"):
        _flush(reader)
        group.place_of_digits = "" if word == b"nosupersub" or number == 0 else word.decode()
    elif word in (b"v", b"deleted", b"strike", b"striked") or word == b"plain":
        _flush(reader)
        group.out = (group.out - {word}) if number == 0 or word == b"plain" else group.out | {word}
        group.out = frozenset() if word == b"plain" else group.out
        group.place_of_digits = "" if word == b"plain" else group.place_of_digits
        group.bold = group.bold and word != b"plain"
    elif word == b"b":
        group.bold = number != 0
    elif word in _CHARS:
        _say(reader, _CHARS[word])
    elif number is not None:
        _paragraph_format(reader, word, number)


def _paragraph_format(reader: _Reader, word: bytes, number: int) -> None:
    if word == b"s":
        reader.number = number
        if reader.group.place != "stylesheet":
            reader.style = reader.styles.get(number, Style())
    elif word == b"outlinelevel":
        reader.outline = number + 1 if number < 9 else 0


def _structure(reader: _Reader, word: bytes) -> Iterator[Piece]:
    if word in (b"par", b"sect", b"page", b"softpage"):
        yield from _end(reader, "paragraph")
    elif word in (b"cell", b"nestcell"):
        yield from _end(reader, "cell")
    elif word in (b"row", b"nestrow"):
        yield from _end(reader, "row")
    elif word == b"intbl":
        reader.in_table = True
    elif word == b"pard":
        reader.style, reader.outline, reader.in_table = Style(), 0, False


def _end(reader: _Reader, kind: Literal["paragraph", "cell", "row"]) -> Iterator[Piece]:
    _flush(reader)
    text = "".join(reader.text)
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # `\u` gives halves of pairs
    style = replace(
        reader.style, outline=reader.outline or reader.style.outline, bold=reader.bold_all, in_table=reader.in_table
    )
    if text.strip() or kind != "paragraph":
        yield Piece(kind, text, style, reader.mark)
        reader.mark = ""
    reader.text.clear()
    reader.bold_all = True


def _raw(reader: _Reader, data: bytes) -> None:
    """Bytes in the code page of their font; those that stand for a `\\u` character before them are skipped."""
    if reader.left:
        skipped = min(reader.left, len(data))
        reader.left -= skipped
        data = data[skipped:]
    if not reader.group.skip:
        reader.bytes_ += data


def _flush(reader: _Reader) -> None:
    if reader.bytes_:
        encoding = reader.fonts.get(reader.group.font) or reader.encoding
        data, text = bytes(reader.bytes_), ""
        reader.bytes_.clear()
        text = data.decode(encoding, "replace")
        _say(reader, text)


def _say(reader: _Reader, text: str) -> None:
    group = reader.group
    if group.skip or not text:
        return
    if group.place == "stylesheet":
        name = text.partition(";")[0].strip()
        if name:
            reader.styles[reader.number] = Style(name.lower(), reader.outline)
        if ";" in text:
            reader.number = reader.outline = 0
    elif group.place in ("mark", "title"):
        reader.side.append(text)
    elif not group.place and not group.out:
        text = raised(text) if group.place_of_digits == "super" else lowered(text) if group.place_of_digits else text
        reader.text.append(text)
        reader.bold_all &= group.bold or not text.strip()


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "utf-8" if encoding == "cp65001" else ""
