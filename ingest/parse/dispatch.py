"""Reads a document by the parser of what it is."""

from __future__ import annotations

import re
from dataclasses import replace

from ingest import columns
from ingest.collector import seldom
from ingest.parse.pairs import pair
from ingest.parse.recognise import choose
from rag.domain import Parsed
from rag.errors import ParseError

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
    chosen = choose(content, filename, mime_type)
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


def _second_reader(content: bytes, mime_type: str) -> Parsed | None:
    from ingest.parse import partition

    return partition.again(content, mime_type)
