"""A document: as its writer gives it, as the record has it, and what a write of it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.domain.kinds import DEFAULT_COLLECTION


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document as its writer gives it, before parsing. `content` is bytes of `mime_type`."""

    id: str
    content: bytes
    mime_type: str | None = None
    filename: str | None = None
    title: str | None = None
    url: str | None = None
    source: str | None = None
    collection: str = DEFAULT_COLLECTION
    metadata: Mapping[str, Any] = field(default_factory=dict)
    acl: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the record, at its current version (or its last one, when deleted)."""

    id: str
    version: int
    title: str
    url: str | None
    source: str | None
    mime_type: str | None
    collection: str
    metadata: Mapping[str, Any]
    acl: tuple[str, ...]
    content_hash: str
    passages: int
    state: Literal["live", "deleted"]
    index_version: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did. `index_version`: sequence number at which readers see it; `cleaned`: removed by each cleaning rule;
    `left_out`: what of the document is not part of its text, by kind."""

    document_id: str
    version: int
    state: Literal["added", "updated", "unchanged", "deleted"]
    index_version: int
    passages: int = 0
    embedded: int = 0
    cleaned: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
