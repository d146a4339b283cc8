"""Files inside a document: a mail's attachments, a chunk of HTML in a Word document."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import PurePath

from ingest import columns
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DEPTH_LIMIT = 3
_FILES_LIMIT = 100
_depth: ContextVar[int] = ContextVar("depth", default=0)

File = tuple[str, bytes, str | None]
"""Name, content, mime type."""


def write_files(writer: Writer, files: Sequence[File], *, chinese: bool, level: int = 1) -> list[str]:
    """Writes each file that can be read as a section named after it. Returns why the others were left out."""
    skipped: list[str] = []
    word = "附件" if chinese else "Attachment"
    for number, (name, content, mime_type) in enumerate(files):
        if number >= _FILES_LIMIT:
            skipped.append(f"{name}: too_many")
        elif reason := _write(writer, f"{columns.label(word)}{name}", level, (name, content, mime_type)):
            skipped.append(f"{name}: {reason}")
    return skipped


def embed(writer: Writer, content: bytes, name: str, mime_type: str | None = None) -> str:
    """Writes a file's text in place, without a heading. Returns the code of what went wrong, '' for nothing."""
    inner = _read(content, name, mime_type)
    if isinstance(inner, str):
        return inner
    writer.embed(inner)
    return ""


def _write(writer: Writer, heading: str, level: int, file: File) -> str:
    name, content, mime_type = file
    generic = PurePath(name).suffix and mime_type in ("application/octet-stream", "binary/octet-stream")
    inner = _read(content, name, None if generic else mime_type)
    if isinstance(inner, str):
        return inner
    writer.heading(heading, level)
    writer.embed(inner)
    writer.close(level)
    return ""


def _read(content: bytes, name: str, mime_type: str | None) -> Parsed | str:
    """What stands in the file, or the code of what went wrong."""
    from ingest.parse.dispatch import parse  # it knows this module through the parsers

    if _depth.get() >= _DEPTH_LIMIT:
        return "too_deep"
    mark = _depth.set(_depth.get() + 1)
    try:
        return parse(content, filename=name, mime_type=mime_type)
    except ParseError as exc:
        return exc.code
    finally:
        _depth.reset(mark)
