"""The formats that can be read, and the parser of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any

from ingest.parse.decode import decode
from rag.domain import Parsed

Parser = Callable[[bytes, str | None], Parsed]
"""Content and declared encoding (None when unknown) → what was read. Heavy libraries are imported when it is called."""


def _of_bytes(module: str, function: str = "parse") -> Parser:
    """The parser of a module beside this one that reads bytes whose encoding is their format's own."""
    return lambda content, _declared: _call(module, function, content)


def _of_text(module: str, function: str = "parse", **options: Any) -> Parser:
    """One that reads decoded text."""
    return lambda content, declared: _call(module, function, decode(content, declared), **options)


def _of_marked_up(module: str) -> Parser:
    """One that weighs the declared encoding against what the document itself declares."""
    return lambda content, declared: _call(module, "parse", content, declared)


def _call(module: str, function: str, *given: Any, **options: Any) -> Parsed:
    parsed: Parsed = getattr(import_module(f"ingest.parse.{module}"), function)(*given, **options)
    return parsed


def _xml(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import confluence, mediawiki

    if confluence.SPACE.match(content[:1000]):
        return confluence.parse_space(content)
    if mediawiki.START.match(content[:1000]):
        return mediawiki.parse(content)
    if re.match(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<opml\b", content[:2000], re.DOTALL):
        return _call("outline", "parse_opml", content)
    source = decode(content, declared)
    if not source.lstrip().startswith("<"):
        return PLAIN.parser(content, declared)
    if confluence.STORAGE.search(source):
        return confluence.parse_storage(source)
    return _call("xmltext", "parse", content)


@dataclass(frozen=True, slots=True)
class Format:
    """A format we read. `signature`: its first bytes, for formats that are not text."""

    mime_type: str
    parser: Parser
    signature: bytes = b""


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MD, HTML = Format("text/markdown", _of_text("markdown")), Format("text/html", _of_marked_up("html"))
PLAIN = Format("text/plain", _of_text("text"))
_WIKI = Format("text/x-wiki", _of_text("wikitext"))
_ADOC = Format("text/asciidoc", _of_text("asciidoc"))

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".md": _MD,
        ".markdown": _MD,
        ".rst": Format("text/x-rst", _of_text("rst")),
        ".rest": Format("text/x-rst", _of_text("rst")),
        ".wiki": _WIKI,
        ".mediawiki": _WIKI,
        ".textile": Format("text/x-textile", _of_text("textile")),
        ".org": Format("text/org", _of_text("org")),
        ".adoc": _ADOC,
        ".asciidoc": _ADOC,
        ".asc": _ADOC,
        ".mdx": Format("text/mdx", _of_text("markdown", mdx=True)),
        ".txt": PLAIN,
        ".text": PLAIN,
        ".log": PLAIN,
        ".html": HTML,
        ".htm": HTML,
        ".xhtml": Format("application/xhtml+xml", _of_marked_up("html")),
        ".xml": Format("application/xml", _xml),
        ".pdf": Format("application/pdf", _of_bytes("pdf"), b"%PDF-"),
        ".docx": Format(f"{_OFFICE}wordprocessingml.document", _of_bytes("docx"), b"PK"),
        ".pptx": Format(f"{_OFFICE}presentationml.presentation", _of_bytes("pptx"), b"PK"),
        ".xlsx": Format(f"{_OFFICE}spreadsheetml.sheet", _of_bytes("xlsx"), b"PK"),
        ".odt": Format(f"{_ODF}text", _of_bytes("odf"), b"PK"),
        ".ods": Format(f"{_ODF}spreadsheet", _of_bytes("odf"), b"PK"),
        ".odp": Format(f"{_ODF}presentation", _of_bytes("odf"), b"PK"),
        ".epub": Format("application/epub+zip", _of_bytes("epub"), b"PK"),
        ".rtf": Format("application/rtf", _of_bytes("rtf"), b"{\\rtf"),
        ".doc": Format("application/msword", _of_bytes("doc"), OLE),
        ".xls": Format("application/vnd.ms-excel", _of_bytes("xls"), OLE),
        ".msg": Format("application/vnd.ms-outlook", _of_bytes("msg"), OLE),
        ".png": Format("image/png", _of_bytes("ocr", "parse_picture"), b"\x89PNG"),
        ".jpg": Format("image/jpeg", _of_bytes("ocr", "parse_picture"), b"\xff\xd8\xff"),
        ".jpeg": Format("image/jpeg", _of_bytes("ocr", "parse_picture"), b"\xff\xd8\xff"),
        ".tif": Format("image/tiff", _of_bytes("ocr", "parse_picture"), b"II"),
        ".tiff": Format("image/tiff", _of_bytes("ocr", "parse_picture"), b"II"),
        ".gif": Format("image/gif", _of_bytes("ocr", "parse_picture"), b"GIF8"),
        ".bmp": Format("image/bmp", _of_bytes("ocr", "parse_picture"), b"BM"),
        ".webp": Format("image/webp", _of_bytes("ocr", "parse_picture"), b"RIFF"),
        ".lake": Format("text/lake", _of_text("lake")),
        ".xmind": Format("application/vnd.xmind.workbook", _of_bytes("xmind"), b"PK"),
        ".ofd": Format("application/ofd", _of_bytes("ofd"), b"PK"),
        ".chm": Format("application/vnd.ms-htmlhelp", _of_bytes("chm"), b"ITSF"),
        ".opml": Format("text/x-opml", _of_bytes("outline", "parse_opml")),
        ".mm": Format("application/x-freemind", _of_bytes("outline", "parse_freemind")),
        ".ipynb": Format("application/x-ipynb+json", _of_text("notebook")),
        ".eml": Format("message/rfc822", _of_marked_up("mail")),
        ".mbox": Format("application/mbox", _of_marked_up("mbox")),
        ".mbx": Format("application/mbox", _of_marked_up("mbox")),
        ".mht": Format("multipart/related", _of_marked_up("mail")),
        ".mhtml": Format("application/x-mimearchive", _of_marked_up("mail")),
        ".csv": Format("text/csv", _of_text("sheet", "parse_csv")),
        ".tsv": Format("text/tab-separated-values", _of_text("sheet", "parse_csv")),
        ".json": Format("application/json", _of_text("json")),
        ".jsonl": Format("application/jsonl", _of_text("json", "parse_lines")),
        ".ndjson": Format("application/x-ndjson", _of_text("json", "parse_lines")),
    }
)
"""Extension → format: the one place that knows what can be read."""

BY_MIME: Mapping[str, Format] = {known.mime_type: known for known in FORMATS.values()} | {"text/x-markdown": _MD}
