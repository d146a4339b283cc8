"""Chooses the parser of a document by its content, its name and its mime type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType

from ingest.parse.archive import encrypted, open_archive
from ingest.parse.decode import decode
from ingest.parse.pairs import pair
from rag.domain import Parsed
from rag.errors import ParseError

Parser = Callable[[bytes, str | None], Parsed]
"""Content and declared encoding (None when unknown) → what was read. Heavy libraries are imported when it is called."""


def _markdown(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import markdown

    return markdown.parse(decode(content, declared))


def _mdx(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import markdown

    return markdown.parse(decode(content, declared), mdx=True)


def _text(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import text

    return text.parse(decode(content, declared))


def _html(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import html

    return html.parse(content, declared)


def _pdf(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import pdf

    return pdf.parse(content)


def _docx(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import docx

    return docx.parse(content)


def _pptx(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import pptx

    return pptx.parse(content)


def _odf(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import odf

    return odf.parse(content)


def _epub(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import epub

    return epub.parse(content)


def _rtf(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import rtf

    return rtf.parse(content)


def _doc(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import doc

    return doc.parse(content)


def _xls(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import xls

    return xls.parse(content)


def _picture(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import ocr

    return ocr.parse_picture(content)


def _msg(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import msg

    return msg.parse(content)


def _mail(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import mail

    return mail.parse(content, declared)


def _xlsx(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import xlsx

    return xlsx.parse(content)


def _csv(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import sheet

    return sheet.parse_csv(decode(content, declared))


def _json(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import json as json_parser

    return json_parser.parse(decode(content, declared))


def _jsonl(content: bytes, declared: str | None) -> Parsed:
    from ingest.parse import json as json_parser

    return json_parser.parse_lines(decode(content, declared))


def _xml(content: bytes, declared: str | None) -> Parsed:
    if not decode(content, declared).lstrip().startswith("<"):
        return _text(content, declared)
    from ingest.parse import partition

    return partition.parse_xml(content)


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
_MD, _HTML = Format("text/markdown", _markdown), Format("text/html", _html)
_PLAIN = Format("text/plain", _text)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".md": _MD,
        ".markdown": _MD,
        ".mdx": Format("text/mdx", _mdx),
        ".txt": _PLAIN,
        ".text": _PLAIN,
        ".log": _PLAIN,
        ".html": _HTML,
        ".htm": _HTML,
        ".xhtml": Format("application/xhtml+xml", _html),
        ".xml": Format("application/xml", _xml),
        ".pdf": Format("application/pdf", _pdf, b"%PDF-"),
        ".docx": Format(f"{_OFFICE}wordprocessingml.document", _docx, b"PK"),
        ".pptx": Format(f"{_OFFICE}presentationml.presentation", _pptx, b"PK"),
        ".xlsx": Format(f"{_OFFICE}spreadsheetml.sheet", _xlsx, b"PK"),
        ".odt": Format(f"{_ODF}text", _odf, b"PK"),
        ".ods": Format(f"{_ODF}spreadsheet", _odf, b"PK"),
        ".odp": Format(f"{_ODF}presentation", _odf, b"PK"),
        ".epub": Format("application/epub+zip", _epub, b"PK"),
        ".rtf": Format("application/rtf", _rtf, b"{\\rtf"),
        ".doc": Format("application/msword", _doc, _OLE),
        ".xls": Format("application/vnd.ms-excel", _xls, _OLE),
        ".msg": Format("application/vnd.ms-outlook", _msg, _OLE),
        ".png": Format("image/png", _picture, b"\x89PNG"),
        ".jpg": Format("image/jpeg", _picture, b"\xff\xd8\xff"),
        ".jpeg": Format("image/jpeg", _picture, b"\xff\xd8\xff"),
        ".tif": Format("image/tiff", _picture, b"II"),
        ".tiff": Format("image/tiff", _picture, b"II"),
        ".gif": Format("image/gif", _picture, b"GIF8"),
        ".bmp": Format("image/bmp", _picture, b"BM"),
        ".webp": Format("image/webp", _picture, b"RIFF"),
        ".eml": Format("message/rfc822", _mail),
        ".mht": Format("multipart/related", _mail),
        ".mhtml": Format("application/x-mimearchive", _mail),
        ".csv": Format("text/csv", _csv),
        ".tsv": Format("text/tab-separated-values", _csv),
        ".json": Format("application/json", _json),
        ".jsonl": Format("application/jsonl", _jsonl),
        ".ndjson": Format("application/x-ndjson", _jsonl),
    }
)
"""Extension → format: the one place that knows what can be read."""

_BY_MIME = {known.mime_type: known for known in FORMATS.values()} | {"text/x-markdown": _MD}
_UNSUPPORTED = frozenset(
    ".ppt .pps .chm .mobi .azw .pages .numbers .key .wps .et .dps"
    " .zip .rar .7z .gz .tar .svg .mp3 .mp4 .avi .mov .exe .dll".split()
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
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


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
    return pair(parsed)


def _choose(content: bytes, filename: str | None, mime_type: str | None) -> Format:
    """What the content is, if its first bytes say so; else what its name, then its mime type says; else text."""
    extension = PurePath(filename or "").suffix.lower()
    extension = _TWINS.get(extension, extension)
    bare_mime = (mime_type or "").split(";")[0].strip().lower()
    if found := _by_signature(content, extension):
        return found
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
    if (found := _BY_MIME.get(mime_type)) is not None:
        return found
    for extension_of, part in (
        (".docx", "word/"),
        (".xlsx", "xl/workbook.xml"),
        (".pptx", "ppt/presentation.xml"),
        (".epub", "META-INF/container.xml"),
    ):
        if any(name.startswith(part) for name in names):
            return FORMATS[extension_of]
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
    if _HTML_START.match(start[:2000]):
        return _HTML
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
