"""winmail.dat: what Outlook packs a mail's attachments and its formatted body into (TNEF, [MS-OXTNEF])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parse.attached import File
from ingest.parse.decode import decode
from ingest.parse.normal import one_line
from rag.errors import ParseError

SIGNATURE = b"\x78\x9f\x3e\x22"
_BODY, _BEGIN, _NAME, _DATA, _PROPERTIES, _ATTACHMENT, _CODE_PAGE = 0x800C, 0x9002, 0x8010, 0x800F, 0x9003, 0x9005, 0x9007
_TEXT, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _CONTENT, _HIDDEN = 0x3707, 0x3704, 0x3001, 0x3701, 0x7FFE
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (0x1E, 0x1F, 0x102, 0x0D)
_SEEN_BEFORE = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0"
) + b"\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
"""What every packed RTF may refer to before it has said anything ([MS-OXRTFCP])."""
_RTF_LIMIT = 32 * 2**20


@dataclass(slots=True)
class _File:
    name: str = ""
    content: bytes = b""
    hidden: bool = False


@dataclass(slots=True)
class Packed:
    """`bodies` as (text, `plain` or `html`), the best one first; `files` as a mail's attachments."""

    bodies: list[tuple[str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


def is_packed(name: str, mime_type: str, content: bytes) -> bool:
    named = mime_type in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat"
    return named and content.startswith(SIGNATURE)


def unpacked(content: bytes) -> Packed:
    """What is in it, as far as it can be read: it may be cut short."""
    files: list[_File] = []
    texts: dict[int, bytes] = {}
    code_page = "cp1252"
    for name, data in _attributes(content):
        if name == _CODE_PAGE and len(data) >= 4:
            code_page = f"cp{struct.unpack_from('<I', data)[0]}"
        elif name == _BODY:
            texts[name] = data
        elif name == _PROPERTIES:
            texts |= dict(_properties(data))
        elif name == _BEGIN:
            files.append(_File())
        elif files and name == _NAME:
            files[-1].name = files[-1].name or _string(data, code_page)
        elif files and name == _DATA:
            files[-1].content = data
        elif files and name == _ATTACHMENT:
            _add(files[-1], dict(_properties(data)), code_page)
    kept: list[File] = [
        (one_line(one.name) or "attachment", one.content, None) for one in files if one.content and not one.hidden
    ]
    return Packed(list(_bodies(texts, code_page)), kept)


def _add(file: _File, attributes: dict[int, bytes], code_page: str) -> None:
    names = (_string(attributes[key], code_page) for key in (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME) if key in attributes)
    file.name = next(names, file.name)
    file.hidden = bool(attributes.get(_HIDDEN, b"").rstrip(b"\0"))
    file.content = file.content or attributes.get(_CONTENT, b"")


def _bodies(texts: dict[int, bytes], code_page: str) -> Iterator[tuple[str, str]]:
    if page := texts.get(_HTML):
        yield decode(page), "html"
    for name in (_TEXT, _BODY):
        if text := texts.get(name):
            yield _string(text, code_page), "plain"
            return
    if packed := texts.get(_RTF):
        from ingest.parse import rtf

        try:
            yield rtf.parse(unpacked_rtf(packed)).text, "plain"
        except (ParseError, ValueError, IndexError, struct.error):
            return


def _string(data: bytes, code_page: str) -> str:
    """Text in UTF-16 where it looks so, else in the code page of the sender's system."""
    if len(data) >= 2 and len(data) % 2 == 0 and data[1::2].count(0) * 3 >= len(data) // 2 and data[:2] != b"\0\0":
        return data.decode("utf-16-le", "replace").partition("\0")[0]
    try:
        return data.partition(b"\0")[0].decode(code_page)
    except (LookupError, UnicodeDecodeError):
        return decode(data.partition(b"\0")[0])


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, data) of each attribute."""
    at = 6
    while at + 9 <= len(content):
        _, number, length = struct.unpack_from("<BII", content, at)
        if at + 9 + length > len(content):
            return
        data = content[at + 9 : at + 9 + length]
        yield number & 0xFFFF, data
        at += 9 + length + 2


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, first value) of each property of a list."""
    count = struct.unpack_from("<I", data)[0] if len(data) >= 4 else 0
    at = 4
    for _ in range(min(count, 10_000)):
        if at + 4 > len(data):
            return
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:
            at = _behind_name(data, at)
        many, kind = bool(kind & 0x1000), kind & 0xFFF
        if not many and kind in _FIXED:
            yield number, data[at : at + _FIXED[kind]]
            at += _FIXED[kind]
            continue
        if at + 4 > len(data) or (kind not in _FIXED and kind not in _VARIABLE):
            return
        values = struct.unpack_from("<I", data, at)[0]
        at += 4
        if kind in _FIXED:
            at += values * _FIXED[kind]
            continue
        for place in range(min(values, 10_000)):
            if at + 4 > len(data):
                return
            length = struct.unpack_from("<I", data, at)[0]
            if place == 0:
                yield number, data[at + 4 : at + 4 + length]
            at += 4 + (length + 3) // 4 * 4


def _behind_name(data: bytes, at: int) -> int:
    """A named property begins with a GUID and its number or its name."""
    if at + 24 > len(data):
        return len(data)
    kind, value = struct.unpack_from("<II", data, at + 16)
    return at + 24 + ((value + 3) // 4 * 4 if kind else 0)


def unpacked_rtf(data: bytes) -> bytes:
    """RTF as MAPI packs it. Raises ValueError, IndexError, struct.error for what is no such data."""
    _, raw_size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:  # MELA: not packed
        return data[16 : 16 + raw_size]
    if kind != 0x75465A4C or raw_size > _RTF_LIMIT:  # LZFu
        raise ValueError("no packed RTF")
    window = bytearray(4096)
    window[: len(_SEEN_BEFORE)] = _SEEN_BEFORE
    end, at, out = len(_SEEN_BEFORE), 16, bytearray()

    def put(byte: int) -> None:
        nonlocal end
        out.append(byte)
        window[end] = byte
        end = (end + 1) % 4096

    while len(out) < raw_size:
        control = data[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                put(data[at])
                at += 1
            else:
                reference = data[at] << 8 | data[at + 1]
                at += 2
                offset, length = reference >> 4, (reference & 0xF) + 2
                if offset == end:
                    return bytes(out)
                for step in range(length):
                    put(window[(offset + step) % 4096])
            if len(out) >= raw_size:
                break
    return bytes(out)
