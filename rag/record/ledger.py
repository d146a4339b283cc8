"""The record. An acknowledgement is a COMMIT; everything else is a mirror of what stands here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import orjson
from sqlalchemy import Engine, func, select

from rag.domain import Document, Passage, Scope, WriteResult
from rag.errors import Conflict, NotFound
from rag.ports import Vectors
from rag.record import passage_writes, queries
from rag.record import writes as say
from rag.record.engine import drafting, open_engine
from rag.record.feed import head, now, record_change
from rag.record.prepared import Conn, Driver, pipelined
from rag.record.rows import (
    PreparedDocument,
    Standing,
    content_hash,
    document_query,
    packed,
    to_document,
    to_passage,
    version_row,
)
from rag.record.schema import documents, meta, passages, vectors, versions
from rag.record.tables.masks import masked

_REMOVED = "removed:"
"""Before a document's id, key in `meta` of what was removed by hand: its content hash."""


class Ledger:
    """Documents, versions and passages over one SQL database. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Ledger:
        """Raises ConfigError when the database cannot be opened."""
        return cls(open_engine(url))

    def close(self) -> None:
        self.engine.dispose()

    # -- writing -------------------------------------------------------------------------------------------------------

    def put(self, prepared: PreparedDocument, generation: int, order: int | None = None) -> WriteResult:
        """Replaces a document in one transaction: readers see all of it or none of it.

        `order` is the id of the job that carries the write; None: this write comes after all jobs submitted so far. A
        write older than what stands changes nothing. Raises Conflict when the id belongs to another collection or the
        live generation is not `generation` any more.
        """
        doc = prepared.input
        digest = content_hash(doc, prepared.report.get("rules"))
        with drafting(self.engine) as conn:
            live, last_job = say.GENERATION_AND_LAST_JOB.first(conn)
            if live is None or int(live) != generation:
                raise Conflict("the index was swapped while this document was embedded", code="generation_changed")
            row = say.BY_ID.first(conn, key=doc.id)
            # An erasure removes jobs: without them the newest write known may be the document's own.
            newest = max(last_job, row.write_order if row is not None else 0)
            last = newest if order is None else order - 1  # a job's own earlier try stands as done
            order = newest if order is None else order
            if row is not None:
                if row.state == "live" and row.collection != doc.collection:
                    raise Conflict(
                        f"document {doc.id!r} belongs to collection {row.collection!r}.",
                        field="collection",
                        fix="Use another id.",
                    )
                if row.write_order > last or (row.state == "live" and row.content_hash == digest):
                    if order > row.write_order:  # an older job must not overwrite what this one confirms
                        say.CONFIRM.run(conn, {"key": doc.id, "write_order": order})
                    return WriteResult(doc.id, row.version, "unchanged", row.index_version, row.passages)
            return self._replace(conn, prepared, digest, generation, order, row)

    def _replace(
        self, conn: Driver, prepared: PreparedDocument, digest: str, generation: int, order: int, row: Any
    ) -> WriteResult:
        doc, at = prepared.input, now()
        version = 1 if row is None else row.version + 1
        seq = record_change(conn, "put", doc.id, version, at)
        count = len({(c.start, c.end) for c in prepared.chunks})  # phrasings of one entry are one passage
        values = {
            "collection": doc.collection,
            "version": version,
            "state": "live",
            "source": doc.source,
            "content_hash": digest,
            "passages": count,
            "index_version": seq,
            "write_order": order,
            "updated_at": at,
        }
        with pipelined(conn):
            if row is None:
                say.ADD.run(conn, {"id": doc.id, "created_at": at, **values})
            else:
                passage_writes.retire(conn, doc.id, seq)
                say.DROP_CONTENT.run(conn, {"key": doc.id})
                say.REPLACE.run(conn, {"key": doc.id, **values})
            say.VERSION.run(conn, version_row(prepared, version, seq, at))
            kept = doc.content if prepared.kept is None else prepared.kept
            say.CONTENT.run(conn, {"document_id": doc.id, "filename": doc.filename, "content": packed(kept)})
            if prepared.report:
                say.READING.run(
                    conn, {"document_id": doc.id, "version": version, "told": orjson.dumps(dict(prepared.report)).decode()}
                )
            for kind, number in prepared.masked.items():
                say.MASKED.run(conn, {"document_id": doc.id, "version": version, "kind": kind, "count": number})
            new = passage_writes.store(conn, prepared, generation, version, seq)
        state: Literal["added", "updated"] = "updated" if row is not None and row.state == "live" else "added"
        return WriteResult(doc.id, version, state, seq, count, passage_writes.counted(new))

    def delete(self, document_id: str, scope: Scope | None = None, *, by_hand: bool = False) -> WriteResult:
        """Retires a document and its passages. Raises NotFound, also for one that `scope` does not permit.

        `by_hand`: somebody wants it gone, so that a folder that still has it does not bring it back unchanged.
        """
        with drafting(self.engine) as conn:
            row = say.STANDING.first(conn, key=document_id)
            if row is None or not _permits(scope, row):
                raise NotFound(f"no document {document_id!r}", field="id")
            at = now()
            seq = record_change(conn, "delete", document_id, row.version, at)
            passage_writes.retire(conn, document_id, seq)
            say.DROP_CONTENT.run(conn, {"key": document_id})
            say.FORGET.run(conn, {"key": f"{_REMOVED}{document_id}"})
            if by_hand:
                say.REMEMBER.run(conn, {"key": f"{_REMOVED}{document_id}", "value": row.content_hash})
            values = {"state": "deleted", "index_version": seq, "updated_at": at, "passages": 0, "write_order": _order(conn)}
            say.DELETE.run(conn, {"key": document_id, **values})
            return WriteResult(document_id, row.version, "deleted", seq, row.passages)

    # -- reading -------------------------------------------------------------------------------------------------------

    def head(self) -> int:
        """The index version: sequence number of the last commit, 0 for an empty ledger."""
        return queries.head(self.engine)

    def document(self, document_id: str) -> Document:
        """Raises NotFound for an unknown or deleted document."""
        with self.engine.connect() as conn:
            row = conn.execute(document_query().where(documents.c.id == document_id)).first()
        if row is None:
            raise NotFound(f"no document {document_id!r}", field="id")
        return to_document(row)

    def page(
        self,
        *,
        after: str = "",
        limit: int = 50,
        collection: str | None = None,
        source_prefix: str | None = None,
        scope: Scope | None = None,
    ) -> list[Document]:
        """Live documents by id, after the id `after`, at most `limit`, of those that `scope` permits."""
        scope = scope or Scope(collection)
        query = document_query().order_by(documents.c.id).limit(max(limit, 200) if scope.groups is not None else limit)
        if scope.collection is not None:
            query = query.where(documents.c.collection == scope.collection)
        if scope.collections is not None:
            query = query.where(documents.c.collection.in_(scope.collections))
        if source_prefix is not None:
            query = query.where(documents.c.source.startswith(source_prefix, autoescape=True))
        kept: list[Document] = []
        with self.engine.connect() as conn:
            while len(kept) < limit:
                rows = [to_document(row) for row in conn.execute(query.where(documents.c.id > after))]
                kept += [doc for doc in rows if scope.permits(doc.collection, doc.acl)]
                if scope.groups is None or not rows:  # else a page may hold less than was asked for
                    break
                after = rows[-1].id
        return kept[:limit]

    def total(self, collection: str | None = None) -> int:
        """How many live documents there are, in a collection or at all."""
        query = select(func.count()).select_from(documents).where(documents.c.state == "live")
        if collection is not None:
            query = query.where(documents.c.collection == collection)
        with self.engine.connect() as conn:
            return int(conn.scalar(query) or 0)

    def text(self, document_id: str, version: int, scope: Scope | None = None) -> str:
        """Text of one version, also of a superseded one. Raises NotFound, also when the document was deleted.

        `scope` must permit that version and the current one: what is closed now is closed in all its versions.
        """
        query = select(versions.c.text, versions.c.collection, versions.c.acl).where(
            versions.c.document_id == document_id, versions.c.version == version
        )
        with self.engine.connect() as conn:
            live, row = conn.execute(say.LIVE, {"key": document_id}).first(), conn.execute(query).first()
        if live is None or row is None or not (_permits(scope, live) and _permits(scope, row)):
            raise NotFound(f"no version {version} of document {document_id!r}", field="version")
        return str(row.text)

    def masked(self, document_id: str, version: int) -> dict[str, int]:
        """How much personal data of each kind was replaced in a version."""
        query = select(masked.c.kind, masked.c.count).where(masked.c.document_id == document_id, masked.c.version == version)
        with self.engine.connect() as conn:
            return {kind: int(count) for kind, count in conn.execute(query)}

    def standing(self, column: Literal["id", "source"], values: Sequence[str]) -> list[Standing]:
        """Live documents whose id (or source) is one of `values`."""
        states: list[Standing] = []
        key = documents.c[column]
        with self.engine.connect() as conn:
            for at in range(0, len(values), 500):
                query = select(documents.c.id, documents.c.source, documents.c.content_hash, documents.c.index_version)
                rows = conn.execute(query.where(key.in_(values[at : at + 500]), documents.c.state == "live"))
                states += [Standing(*row) for row in rows]
        return states

    def removed(self, document_ids: Sequence[str]) -> dict[str, str]:
        """Content hashes of those of the documents that were removed by hand, as they stood then."""
        hashes: dict[str, str] = {}
        with self.engine.connect() as conn:
            for at in range(0, len(document_ids), 500):
                keys = [f"{_REMOVED}{one}" for one in document_ids[at : at + 500]]
                rows = conn.execute(select(meta.c.key, meta.c.value).where(meta.c.key.in_(keys)))
                hashes |= {str(row.key).removeprefix(_REMOVED): str(row.value) for row in rows}
        return hashes

    def known_vectors(self, generation: int, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Vectors that are in the record already, by passage hash."""
        known: dict[bytes, Vectors] = {}
        with self.engine.connect() as conn:
            for at in range(0, len(hashes), 500):
                query = select(vectors.c.hash, vectors.c.vector).where(
                    vectors.c.generation == generation, vectors.c.hash.in_(hashes[at : at + 500])
                )
                known.update({row.hash: np.frombuffer(row.vector, np.float32) for row in conn.execute(query)})
        return known

    def known_words(self, generation: int, document_ids: Sequence[str]) -> dict[bytes, str]:
        """Words of the passages that stand of these documents in a generation, by passage hash."""
        known: dict[bytes, str] = {}
        with self.engine.connect() as conn:
            for at in range(0, len(document_ids), 500):
                query = select(passages.c.hash, passages.c.words).where(
                    passages.c.document_id.in_(document_ids[at : at + 500]),
                    passages.c.generation == generation,
                    passages.c.retired_seq.is_(None),
                )
                known.update({row.hash: row.words for row in conn.execute(query)})
        return known

    def passages_at(self, ids: Iterable[int], version: int) -> dict[int, Passage]:
        """Those of the passages that were live at index version `version`, joined to their document's version."""
        return {row.id: to_passage(row) for row in queries.passages_at(self.engine, ids, version)}

    def tokens(self, ids: Sequence[int]) -> list[bytes]:
        """Bits of the passages' token vectors, in the order of `ids`; empty where there are none."""
        bits = queries.tokens(self.engine, ids)
        return [bits.get(key, b"") for key in ids]

    def counts(self) -> dict[str, int]:
        """Live documents and passages, and the head."""
        with self.engine.connect() as conn:
            live = select(func.count(), func.coalesce(func.sum(documents.c.passages), 0)).where(documents.c.state == "live")
            docs, passages_ = conn.execute(live).one()
            return {"documents": docs, "passages": int(passages_), "index_version": head(conn)}


def _permits(scope: Scope | None, row: Any) -> bool:
    return scope is None or scope.permits(row.collection, orjson.loads(row.acl))


def _order(conn: Conn) -> int:
    return int(say.LAST_JOB.value(conn) or 0)
