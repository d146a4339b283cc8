"""What a document is: by its content, its name and its mime type."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

from ingest.parse.archive import encrypted, open_archive
from ingest.parse.decode import decode
from ingest.parse.formats import BY_MIME, FORMATS, HTML, OLE, PLAIN, Format
from rag.errors import ParseError

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


def choose(content: bytes, filename: str | None, mime_type: str | None) -> Format:
    """What the content is, if its first bytes say so; else what its name, then its mime type says; else text."""
    extension = PurePath(filename or "").suffix.lower()
    extension = _TWINS.get(extension, extension)
    bare_mime = (mime_type or "").split(";")[0].strip().lower()
    if format_ := _by_signature(content, extension):
        return format_
    said = BY_MIME.get(bare_mime)
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
    if content.startswith(OLE):
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
    if (format_ := BY_MIME.get(mime_type)) is not None:
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
        return HTML
    if _MAILBOX_START.match(start[:300]):
        return FORMATS[".mbox"]
    if start.lstrip()[:1] in ("{", "["):
        try:
            json.loads(start)
        except (ValueError, RecursionError):
            return PLAIN
        return FORMATS[".json"]
    return PLAIN


def _unsupported(extension: str) -> ParseError:
    known = " ".join(sorted(FORMATS))
    advice = _ADVICE.get(extension, ".pdf")
    return ParseError(
        f"Files of type {extension} cannot be read.", code="unsupported", fix=f"Save it as {advice}; readable: {known}."
    )
