"""Chooses the parser of a document by its content, its name and its mime type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from ingest import columns
from ingest.collector import seldom
from ingest.parse.archive import encrypted, open_archive
from ingest.parse.decode import decode
from ingest.parse.pairs import pair
from rag.domain import Parsed
from rag.errors import ParseError

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
        return _PLAIN.parser(content, declared)
    if confluence.STORAGE.search(source):
        return confluence.parse_storage(source)
    return _call("xmltext", "parse", content)


def _second_reader(content: bytes, mime_type: str) -> Parsed | None:
    from ingest.parse import partition

    return partition.again(content, mime_type)


@dataclass(frozen=True, slots=True)
class Format:
    """A format we read. `signature`: its first bytes, for formats that are not text."""

    mime_type: str
    parser: Parser
    signature: bytes = b""


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MD, _HTML = Format("text/markdown", _of_text("markdown")), Format("text/html", _of_marked_up("html"))
_PLAIN = Format("text/plain", _of_text("text"))
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
        ".txt": _PLAIN,
        ".text": _PLAIN,
        ".log": _PLAIN,
        ".html": _HTML,
        ".htm": _HTML,
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
        ".doc": Format("application/msword", _of_bytes("doc"), _OLE),
        ".xls": Format("application/vnd.ms-excel", _of_bytes("xls"), _OLE),
        ".msg": Format("application/vnd.ms-outlook", _of_bytes("msg"), _OLE),
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

_BY_MIME = {known.mime_type: known for known in FORMATS.values()} | {"text/x-markdown": _MD}
_UNSUPPORTED = frozenset(
    ".ppt .pps .mobi .azw .pages .numbers .key .wps .et .dps .zip .rar .7z .gz .tar .svg .mp3 .mp4 .avi .mov .exe .dll".split()
)
_ADVICE = {".ppt": ".pptx", ".pps": ".pptx", ".et": ".xlsx", ".numbers": ".xlsx", ".dps": ".pptx", ".key": ".pptx"}
_TWINS = {
    ".docm": ".docx", ".dotx": ".docx", ".dotm": ".docx", ".xlsm": ".xlsx", ".xltx": ".xlsx", ".xltm": ".xlsx",
    ".pptm": ".pptx", ".ppsx": ".pptx", ".potx": ".pptx", ".ott": ".odt", ".ots": ".ods", ".otp": ".odp",
    ".fodt": ".odt", ".dot": ".doc", ".xlt": ".xls",
}  # fmt: skip
_IMAGES = tuple(map(bytes.fromhex, ("89504e47", "ffd8ff", "47494638", "49492a00", "4d4d002a")))  # PNG, JPEG, GIF, TIFF
_BINARY = tuple(map(bytes.fromhex, ("52494646", "1f8b", "377abcaf", "52617221", "7f454c46")))  # RIFF, gzip, 7z, RAR, ELF
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_LAKE_START = re.compile(r"\s*<!doctype lake\b", re.IGNORECASE)
_MAILBOX_START = re.compile(r"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d[^\n]*\n[\w-]+:[ \t]")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@seldom()
def parse(content: bytes, *, filename: str | None, mime_type: str | None) -> Parsed:
    """Reads a document.

    Args:
        content: the file's bytes.
        filename: its name, of which the extension counts; None when unknown.
        mime_type: as the sender says, with or without `charset`; None when unknown.

    Raises:
        ParseError: with a sentence that says what to do; code `empty`, `binary`, `unsupported`, `encrypted`, `broken`,
            `needs_ocr`, `too_large` or `unreadable`.
    """
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise ParseError("The document is empty.", code="empty", fix="Send a document that has text.")
    charset = _CHARSET.search(mime_type or "")
    chosen = _choose(content, filename, mime_type)
    try:
        parsed = chosen.parser(content, charset[1] if charset else None)
    except (ParseError, MemoryError):
        raise
    except Exception as exc:  # a parser that trips over one document must not stop the ingest of the others
        second = _second_reader(content, chosen.mime_type)
        if second is not None:
            return pair(second)
        raise ParseError(
            f"The document cannot be read ({type(exc).__name__}: {exc}).",
            code="broken",
            fix="Save it again, or as PDF or text.",
        ) from exc
    if not parsed.blocks:
        raise ParseError("The document has no text.", code="empty", fix="Send a document that has text.")
    return _with_missed_columns(pair(parsed))


def _with_missed_columns(parsed: Parsed) -> Parsed:
    """With the columns of a mapping that the document's tables do not have."""
    missed = columns.missed() if any(block.kind in ("table", "faq", "case") for block in parsed.blocks) else ()
    if missed:
        columns.check_missed()
    if not missed:
        return parsed
    left_out = {**parsed.metadata.get("left_out", {}), "columns of the mapping that are not there": list(missed)}
    return replace(parsed, metadata={**parsed.metadata, "left_out": left_out})


def _choose(content: bytes, filename: str | None, mime_type: str | None) -> Format:
    """What the content is, if its first bytes say so; else what its name, then its mime type says; else text."""
    extension = PurePath(filename or "").suffix.lower()
    extension = _TWINS.get(extension, extension)
    bare_mime = (mime_type or "").split(";")[0].strip().lower()
    if format_ := _by_signature(content, extension):
        return format_
    said = _BY_MIME.get(bare_mime)
    if said is not None and said.signature:
        said = None if extension else said  # the name is nearer to the sender than a generic type
    known = FORMATS.get(extension)
    if known is None or known.signature:
        known = said or known  # text sent under the id `manual.pdf` is text
    if known is not None and known.signature:
        raise ParseError(
            f"The content is not that of a {extension or bare_mime} file.", code="broken", fix="Save and send it again."
        )
    if known is None and extension in _UNSUPPORTED:
        raise _unsupported(extension)
    return known or _by_text(content)


def _by_signature(content: bytes, extension: str) -> Format | None:
    if b"%PDF-" in content[:1024]:
        return FORMATS[".pdf"]
    if content.startswith(b"PK\x03\x04"):
        return _by_members(content, extension)
    if content.startswith(_OLE):
        return _by_streams(content, extension)
    if content.startswith(b"ITSF"):
        return FORMATS[".chm"]
    if content.startswith(rb"{\rtf"):
        return FORMATS[".rtf"]
    if (
        content.startswith(_IMAGES)
        or (content.startswith(b"BM") and extension == ".bmp")
        or (content.startswith(b"RIFF") and content[8:12] == b"WEBP")
    ):
        return FORMATS[".png"]
    if content.startswith(_BINARY):
        raise ParseError(
            "The file is an archive, a recording or a program.", code="binary", fix="Send the documents themselves."
        )
    return None


def _by_members(content: bytes, extension: str) -> Format:
    """A zip archive by what is in it."""
    with open_archive(content) as archive:
        names = set(archive.namelist())
        mime_type = archive.read("mimetype").strip().decode("ascii", "replace") if "mimetype" in names else ""
    if (format_ := _BY_MIME.get(mime_type)) is not None:
        return format_
    for extension_of, part in (
        (".docx", "word/"),
        (".xlsx", "xl/workbook.xml"),
        (".pptx", "ppt/presentation.xml"),
        (".epub", "META-INF/container.xml"),
        (".xmind", "content.json"),
        (".ofd", "OFD.xml"),
    ):
        if any(name.startswith(part) for name in names):
            return FORMATS[extension_of]
    if extension == ".xmind":
        return FORMATS[".xmind"]
    if "content.xml" in names:
        return FORMATS[extension if extension in (".ods", ".odp") else ".odt"]
    raise _unsupported(extension or ".zip")


def _by_streams(content: bytes, extension: str) -> Format:
    """An OLE container, which old Office files are, by what is in it."""
    import olefile

    if "EncryptedPackage".encode("utf-16-le") in content:
        raise encrypted()
    try:
        with olefile.OleFileIO(content) as file:
            names = {entry[0] for entry in file.listdir()}
    except Exception as exc:  # olefile raises OSError, struct.error, IndexError, … on damaged files
        raise ParseError("The file is damaged or incomplete.", code="broken", fix="Save and send it again.") from exc
    for extension_of, stream in (
        (".doc", "WordDocument"),
        (".xls", "Workbook"),
        (".xls", "Book"),
        (".msg", "__properties_version1.0"),
    ):
        if stream in names:
            return FORMATS[extension_of]
    raise _unsupported(".ppt" if "PowerPoint Document" in names else extension or ".doc")


def _by_text(content: bytes) -> Format:
    start = decode(content)
    if start.lstrip("\ufeff \t\r\n").startswith("<?xml") and not _HTML_START.match(start[:2000]):
        return FORMATS[".xml"]
    if _LAKE_START.match(start[:200]):
        return FORMATS[".lake"]
    if _HTML_START.match(start[:2000]):
        return _HTML
    if _MAILBOX_START.match(start[:300]):
        return FORMATS[".mbox"]
    if start.lstrip()[:1] in ("{", "["):
        try:
            json.loads(start)
        except (ValueError, RecursionError):
            return _PLAIN
        return FORMATS[".json"]
    return _PLAIN


def _unsupported(extension: str) -> ParseError:
    known = " ".join(sorted(FORMATS))
    advice = _ADVICE.get(extension, ".pdf")
    return ParseError(
        f"Files of type {extension} cannot be read.", code="unsupported", fix=f"Save it as {advice}; readable: {known}."
    )
