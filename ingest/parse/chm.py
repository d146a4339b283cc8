"""Compiled help (.chm): the topics in the order of its table of contents, then those that it does not name."""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pylibmspack import ChmArchive, ChmError

from ingest.parse import html
from ingest.parse.decode import decode
from ingest.parse.normal import one_line
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_CODE_PAGES = {
    0x04: "gb18030", 0x404: "big5", 0xC04: "big5", 0x1404: "big5", 0x11: "cp932", 0x12: "cp949", 0x19: "cp1251",
    0x22: "cp1251", 0x02: "cp1251", 0x08: "cp1253", 0x1F: "cp1254", 0x05: "cp1250", 0x0E: "cp1250", 0x15: "cp1250",
    0x18: "cp1250", 0x1E: "cp874", 0x0D: "cp1255", 0x01: "cp1256", 0x2A: "cp1258",
}  # fmt: skip
"""By language, whole or its lower ten bits; others are Western."""
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=|<\?xml[^>]*encoding=", re.IGNORECASE)
_PAGES = (".htm", ".html", ".xhtml")
_MEMBER_LIMIT = 32 * 2**20
_TOTAL_LIMIT = 300 * 2**20
_DEPTH_LIMIT = 6
_GUID_AT, _GUID_FIRST_BYTE = 0x28, b"\x11"


def parse(content: bytes) -> Parsed:
    """Parses compiled help. Raises ParseError `broken`, `too_large`, `unpublished` never: a compiled book is out."""
    book = _opened(content)
    writer = Writer(book.title)
    read: set[str] = set()
    for name, path, level in book.contents():
        _topic(writer, book, name, path, level, read)
    for path in book.pages:
        if path.lower() not in read:
            _topic(writer, book, "", path, 1, read)
    return writer.parsed({"language": book.language} if book.language else None)


def _opened(content: bytes) -> _Book:
    try:
        return _Book(ChmArchive.from_bytes(content))
    except ChmError:
        # Free Pascal's compiler writes another second GUID than Microsoft's, which libmspack takes for damage.
        mended = content[:_GUID_AT] + _GUID_FIRST_BYTE + content[_GUID_AT + 1 :]
    try:
        return _Book(ChmArchive.from_bytes(mended))
    except ChmError as exc:
        raise ParseError("The help file is damaged or incomplete.", code="broken", fix="Export it as HTML or PDF.") from exc


def _topic(writer: Writer, book: _Book, name: str, path: str, level: int, read: set[str]) -> None:
    """A page under the name that the contents give it; one that is named twice is read once."""
    page = book.page(path) if path else None
    if page is None or path.lower() in read:
        writer.heading(name, level)
        return
    read.add(path.lower())
    try:
        parsed = html.parse(page, None if _CHARSET.search(page[:4096]) else book.encoding)
    except ParseError:
        writer.leave_out("pages", [name or path])
        return
    writer.heading(name or parsed.title or posixpath.splitext(posixpath.basename(path))[0], level)
    writer.embed(parsed)


@dataclass
class _Book:
    """A book's members; `encoding` is that of all that names none."""

    archive: Any
    names: dict[str, str] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    title: str = ""
    toc: str = ""
    encoding: str = "cp1252"
    language: str = ""
    left: int = _TOTAL_LIMIT

    def __post_init__(self) -> None:
        for entry in self.archive.files(include_system=False):
            name = str(entry["name"])
            self.names.setdefault(name.lstrip("/").lower(), name)
            if name.lower().endswith(_PAGES) and not name.lstrip("/").startswith(("#", "$", "::", "_#")):
                self.pages.append(name.lstrip("/"))
        self._read_system()

    def page(self, path: str) -> bytes | None:
        name = self.names.get(path.lstrip("/").lower())
        if name is None:
            return None
        try:
            content = bytes(self.archive.read(name, max_size=_MEMBER_LIMIT))
        except ChmError:
            return None
        self.left -= len(content)
        if self.left < 0:
            raise ParseError("The help file inflates to over 300 MiB.", code="too_large", fix="Split it.")
        return content

    def contents(self) -> Iterator[tuple[str, str, int]]:
        """(name, path of the page or '', level) in the order of the table of contents."""
        path = self.toc or next((name for name in self.names if name.endswith(".hhc")), "")
        raw = self.page(path) if path else None
        if raw is None:
            return
        root = html.tree(decode(raw, self.encoding))
        folder = posixpath.dirname(path)
        for entry in root.iter("object"):
            params = {(one.get("name") or "").lower(): one.get("value") or "" for one in entry.iter("param")}
            if (entry.get("type") or "").lower() != "text/sitemap" or not params.get("name"):
                continue
            level = min(sum(1 for _ in entry.iterancestors("ul")) or 1, _DEPTH_LIMIT)
            yield one_line(params["name"]), _local(folder, params.get("local", "")), level

    def _read_system(self) -> None:
        """`#SYSTEM`: a version, then entries of a code, a length and that many bytes."""
        raw = self.page("#SYSTEM") or b""
        records: dict[int, bytes] = {}
        at = 4
        while at + 4 <= len(raw):
            code, length = struct.unpack_from("<HH", raw, at)
            records.setdefault(code, raw[at + 4 : at + 4 + length])
            at += 4 + length
        if len(records.get(4, b"")) >= 4:
            lcid = struct.unpack_from("<I", records[4])[0] & 0xFFFF
            self.encoding = _CODE_PAGES.get(lcid) or _CODE_PAGES.get(lcid & 0x3FF, "cp1252")
            self.language = {0x04: "zh", 0x09: "en"}.get(lcid & 0x3FF, "")
        self.toc = self._text(records.get(0, b""))
        self.title = one_line(self._text(records.get(3, b"")))

    def _text(self, raw: bytes) -> str:
        return raw.partition(b"\x00")[0].decode(self.encoding, "replace")


def _local(folder: str, path: str) -> str:
    path = unquote(path.partition("#")[0].rpartition("::")[2]).replace("\\", "/").lstrip("/")
    return posixpath.normpath(posixpath.join(folder, path)) if path else ""
