"""A document on its way in: parsed and cleaned in a child process, masked, cut into passages with their statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from ingest import mask
from ingest.address import address
from ingest.chunk import chunk
from ingest.columns import mapping_of
from ingest.in_force import with_validity
from ingest.rules import reading_rules
from ingest.sandbox import parse_safely
from ingest.statements import with_statements
from ingest.token_spans import with_tokens
from rag.domain import Chunk, DocumentInput, Parsed
from rag.errors import ParseError
from rag.index.views import IndexView
from rag.settings import Settings

_NOTED = ("left_out", "columns", "computed", "attachments_not_read", "pages_without_text", "pages_by_ocr")


@dataclass(frozen=True, slots=True)
class Read:
    """A document that is parsed and chunked. `cleaned`: what each cleaning rule removed; `report`: what its reader noted."""

    input: DocumentInput
    title: str
    text: str
    chunks: tuple[Chunk, ...]
    cleaned: Mapping[str, int] = field(default_factory=dict)
    kept: bytes | None = None
    masked: Mapping[str, int] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None

    @property
    def left_out(self) -> Mapping[str, Sequence[str]]:
        left_out: Mapping[str, Sequence[str]] = self.report.get("left_out", {})
        return left_out


def read_document(doc: DocumentInput, view: IndexView, settings: Settings) -> Read:
    """Parses and cleans in a child process, then chunks. Raises ParseError, UpstreamError (no process to be had)."""
    if len(doc.content) > settings.ingest.max_bytes:
        raise ParseError(
            f"{len(doc.content):,} bytes are over the limit of {settings.ingest.max_bytes:,}.",
            code="too_large",
            fix="Split the file, or raise `ingest.max_bytes`.",
        )
    options = {
        "columns": mapping_of(doc.metadata),
        "folder_columns": doc.metadata.get("folder_columns", ()),
        "clean_off": settings.ingest.clean_off,
    }
    parsed, cleaned = parse_safely(
        doc.content, filename=doc.filename or doc.id, mime_type=doc.mime_type, settings=settings, options=options
    )
    title = doc.title or parsed.title or PurePosixPath(doc.id).stem
    noted = {name: parsed.metadata[name] for name in _NOTED if parsed.metadata.get(name)}
    rules = {"rules": active} if (active := reading_rules(settings)) else {}
    if not settings.ingest.mask:
        return replace(_chunked(doc, title, parsed, view, cleaned), report=noted | rules, url=_address(doc, parsed))
    noted = mask.clean(noted, settings.ingest.mask)
    hidden = mask.mask(parsed, title, settings.ingest.mask, settings.ingest.mask_key.get_secret_value())
    read = _chunked(doc, hidden.title, hidden.parsed, view, cleaned)
    kept = mask.pack(hidden)
    return replace(read, kept=kept, masked=hidden.counts, report=noted | rules, url=_address(doc, parsed))


def _address(doc: DocumentInput, parsed: Parsed) -> str | None:
    base, path = (str(doc.metadata.get(name) or "") for name in ("base_url", "base_path"))
    return address(parsed.metadata, base, path) or None


def read_again(doc: DocumentInput, view: IndexView, settings: Settings) -> Read:
    """As `read_document`, for a re-index: `doc` is of the record, its text stays what its version says."""
    hidden = mask.unpack(doc.content)
    if hidden is not None:
        return _chunked(doc, hidden[1], hidden[0], view, {})
    plain = settings.ingest.model_copy(update={"mask": []})  # a version that was stored unmasked: its citations hold
    return read_document(doc, view, settings.model_copy(update={"ingest": plain}))


def _chunked(doc: DocumentInput, title: str, parsed: Parsed, view: IndexView, cleaned: Mapping[str, int]) -> Read:
    chunks = chunk(parsed, count_tokens=view.embedder.count_tokens, max_tokens=view.chunk_tokens, title=title)
    if not chunks:
        raise ParseError("there is no text in it.", code="empty", fix="Leave it out, or give its text.")
    complete = with_tokens(with_statements(parsed, with_validity(parsed, tuple(chunks), title, doc.id)), view.embedder)
    return Read(doc, title, parsed.text, complete, cleaned)
