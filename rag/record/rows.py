"""Rows of the ledger to records and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Row

from rag.domain import Chunk, Document, DocumentInput, Passage, statement
from rag.ports import Vectors
from rag.record.queries import PassageRow
from rag.record.schema import documents, versions
from rag.text.tokens import words

_PAGE = 4000  # bytes of a row that SQLite keeps in one page


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A parsed, chunked and embedded document, ready to commit.

    `vectors` (len(chunks), dim); `tokens`: bits of the token vectors of those passages that the record has none of;
    `words`: each passage's words with a space between, cut by the ledger itself when they are not given; `kept`: what is
    stored for a re-index in the place of the input's content; `masked`: how much personal data of each kind was replaced;
    `report`: what its reader noted, JSON values; `url`: its address, where the input names none.
    """

    input: DocumentInput
    title: str
    text: str
    chunks: Sequence[Chunk]
    vectors: Vectors
    tokens: Mapping[bytes, bytes] = field(default_factory=dict)
    words: Sequence[str] = ()
    kept: bytes | None = None
    masked: Mapping[str, int] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the record for a document, in short."""

    id: str
    source: str | None
    content_hash: str
    index_version: int


def passage_hash(search_text: str) -> bytes:
    """Key of a passage's vector: equal search texts share one embedding."""
    return sha256(search_text.encode()).digest()


def content_hash(doc: DocumentInput, rules: Mapping[str, Any] | None = None) -> str:
    """Identity of everything a writer gave, and of the rules it is read by (`ingest.rules`); equal means `unchanged`."""
    given = [doc.title, doc.url, doc.mime_type, doc.collection, sorted(doc.acl), doc.metadata]
    given += [dict(rules)] if rules else []
    return sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS) + b"\0" + doc.content).hexdigest()


def packed(content: bytes) -> bytes:
    """A zlib stream. What fits into a page of the database is only framed: smaller, it would take as long to write."""
    return zlib.compress(content, 1 if len(content) > _PAGE else 0)


def version_row(prepared: PreparedDocument, version: int, seq: int, at: float) -> dict[str, Any]:
    doc = prepared.input
    return {
        "document_id": doc.id,
        "version": version,
        "title": prepared.title,
        "given_title": doc.title,
        "url": doc.url or prepared.url,
        "source": doc.source,
        "mime_type": doc.mime_type,
        "metadata": orjson.dumps(dict(doc.metadata)).decode(),
        "acl": orjson.dumps(list(doc.acl)).decode(),
        "collection": doc.collection,
        "text": prepared.text,
        "created_seq": seq,
        "created_at": at,
    }


def passage_rows(
    prepared: PreparedDocument, hashes: Sequence[bytes], generation: int, version: int, seq: int
) -> Iterable[dict[str, Any]]:
    for ordinal, chunk in enumerate(prepared.chunks):
        yield {
            "generation": generation,
            "document_id": prepared.input.id,
            "version": version,
            "ordinal": ordinal,
            "kind": chunk.kind,
            "section": orjson.dumps(list(chunk.section)).decode(),
            "context": chunk.context,
            "text": chunk.text,
            "start": chunk.start,
            "end": chunk.end,
            "words": prepared.words[ordinal] if prepared.words else " ".join(words(chunk.search_text)),
            "fields": orjson.dumps(dict(chunk.fields)).decode(),
            "statements": statement.dump(chunk.statements),
            "hash": hashes[ordinal],
            "created_seq": seq,
        }


def document_query() -> Any:
    return (
        select(documents, versions.c.title, versions.c.url, versions.c.mime_type, versions.c.metadata, versions.c.acl)
        .join(versions, (versions.c.document_id == documents.c.id) & (versions.c.version == documents.c.version))
        .where(documents.c.state == "live")
    )


def to_document(row: Row[Any]) -> Document:
    return Document(
        id=row.id,
        version=row.version,
        title=row.title,
        url=row.url,
        source=row.source,
        mime_type=row.mime_type,
        collection=row.collection,
        metadata=orjson.loads(row.metadata),
        acl=tuple(orjson.loads(row.acl)),
        content_hash=row.content_hash,
        passages=row.passages,
        state=row.state,
        index_version=row.index_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_passage(row: PassageRow) -> Passage:
    return Passage(
        id=row.id,
        document_id=row.document_id,
        version=row.version,
        title=row.title,
        url=row.url,
        source=row.source,
        collection=row.collection,
        section=tuple(orjson.loads(row.section)),
        kind=row.kind,
        text=row.text,
        context=row.context,
        start=row.start,
        end=row.end,
        fields=orjson.loads(row.fields),
        metadata=orjson.loads(row.metadata),
        statements=statement.load(row.statements),
    )
