"""Building a generation beside the live one, and the swap: the ledger's side of a re-index.

A passage of the next generation carries the sequence number of the document version it belongs to, and replacing or
deleting a document retires its passages in every generation. So what the next generation lacks is one query, whatever was
edited meanwhile, and an interrupted build goes on where it stopped.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Engine, delete, exists, func, insert, select, update
from sqlalchemy.engine import Connection

from rag.domain import Chunk, DocumentInput, statement
from rag.errors import Conflict
from rag.record import pgvector
from rag.record.engine import writing
from rag.record.feed import live_generation, now, record_change
from rag.record.generations import Fingerprint, begin
from rag.record.passage_writes import store_passages
from rag.record.rows import PreparedDocument
from rag.record.schema import contents, documents, generations, late, meta, passages, vectors, versions

_LOCK = "reindex"
_FEW = 8  # documents that may be caught up inside the swap, while writers wait


@contextmanager
def locked(engine: Engine, owner: str, lease_s: float = 60.0) -> Iterator[Callable[[], None]]:
    """Holds the re-index lock; yields `renew`, to be called at least once a lease. Raises Conflict naming the holder."""

    def take() -> None:
        with writing(engine) as conn:
            lock = conn.scalar(select(meta.c.value).where(meta.c.key == _LOCK))
            holder = orjson.loads(lock) if lock else None
            if holder and holder["owner"] != owner and holder["until"] > time.time():
                left = holder["until"] - time.time()
                raise Conflict(
                    f"a re-index is running already: {holder['owner']} holds the lock, for {left:.0f} s more at least.",
                    code="locked",
                    fix="Wait for it, or stop it.",
                )
            conn.execute(delete(meta).where(meta.c.key == _LOCK))
            value = orjson.dumps({"owner": owner, "until": time.time() + lease_s}).decode()
            conn.execute(insert(meta).values(key=_LOCK, value=value))

    take()
    try:
        yield take
    finally:
        with writing(engine) as conn:
            lock = conn.scalar(select(meta.c.value).where(meta.c.key == _LOCK))
            if lock and orjson.loads(lock)["owner"] == owner:
                conn.execute(delete(meta).where(meta.c.key == _LOCK))


def start(engine: Engine, fingerprint: Fingerprint) -> int:
    """The generation being built with this fingerprint: one that was interrupted or is the former one, else a new one."""
    text = orjson.dumps(fingerprint, option=orjson.OPT_SORT_KEYS).decode()
    with writing(engine) as conn:
        query = select(generations.c.id).where(
            generations.c.fingerprint == text, generations.c.state.not_in(("live", "pruned"))
        )
        generation = conn.scalar(query.order_by(generations.c.id.desc()).limit(1))
        if generation is None:
            return begin(conn, fingerprint, "building")
        conn.execute(update(generations).where(generations.c.id == generation).values(state="building"))
        return int(generation)


def former(engine: Engine) -> int | None:
    """The generation that was live before this one, if it is still there."""
    with engine.connect() as conn:
        query = select(func.max(generations.c.id)).where(generations.c.state == "former")
        generation = conn.scalar(query)
        return None if generation is None else int(generation)


def lacking(conn: Connection, generation: int, limit: int) -> list[str]:
    """Ids of live documents whose current version has no passages in the generation."""
    there = exists().where(
        passages.c.document_id == documents.c.id,
        passages.c.version == documents.c.version,
        passages.c.generation == generation,
    )
    return list(
        conn.scalars(select(documents.c.id).where(documents.c.state == "live", ~there).order_by(documents.c.id).limit(limit))
    )


def given(engine: Engine, ids: Sequence[str]) -> list[tuple[int, DocumentInput]]:
    """(version, what the writer sent) of those documents that are live."""
    query = (
        select(documents.c.version, versions, contents.c.filename, contents.c.content)
        .join(versions, (versions.c.document_id == documents.c.id) & (versions.c.version == documents.c.version))
        .join(contents, contents.c.document_id == documents.c.id)
        .where(documents.c.id.in_(ids), documents.c.state == "live")
    )
    with engine.connect() as conn:
        return [(row.version, _input(row)) for row in conn.execute(query)]


def cut_before(engine: Engine, document_id: str, version: int) -> list[Chunk]:
    """The passages that a version was cut into in the newest generation that has it, to be embedded once more."""
    mine = (passages.c.document_id == document_id) & (passages.c.version == version)
    newest = select(func.max(passages.c.generation)).where(mine).scalar_subquery()
    query = select(passages).where(mine, passages.c.generation == newest).order_by(passages.c.ordinal)
    with engine.connect() as conn:
        rows = conn.execute(query).all()
    return [
        Chunk(
            row.start,
            row.end,
            row.text,
            row.kind,
            tuple(orjson.loads(row.section)),
            row.context,
            orjson.loads(row.fields),
            statements=statement.load(row.statements),
        )
        for row in rows
    ]


def store(engine: Engine, generation: int, ready: Sequence[tuple[int, PreparedDocument]]) -> int:
    """Adds passages of document versions that are still current; returns how many vectors were new."""
    with writing(engine) as conn:
        return _store(conn, generation, ready)


def _store(conn: Connection, generation: int, ready: Sequence[tuple[int, PreparedDocument]]) -> int:
    embedded = 0
    for version, prepared in ready:
        seq = conn.scalar(
            select(versions.c.created_seq).where(
                versions.c.document_id == prepared.input.id,
                versions.c.version == version,
                versions.c.retired_seq.is_(None),
            )
        )
        if seq is not None:
            embedded += store_passages(conn, prepared, generation, version, seq)
    return embedded


def swap(engine: Engine, generation: int, prepare: Callable[[Sequence[str]], list[tuple[int, PreparedDocument]]]) -> int | None:
    """Makes a generation the live one, complete, by one row update; returns the new index version.

    At most a few documents that were written in the last moment are prepared inside the transaction. When there are more,
    nothing is changed and None is returned: catch up, then call again.
    """
    with writing(engine) as conn:
        late = lacking(conn, generation, _FEW + 1)
        if len(late) > _FEW:
            return None
        if late:
            _store(conn, generation, prepare(late))
        live = live_generation(conn)
        conn.execute(update(generations).where(generations.c.state == "former").values(state="failed"))
        conn.execute(update(generations).where(generations.c.id == live).values(state="former"))
        conn.execute(update(generations).where(generations.c.id == generation).values(state="live"))
        conn.execute(update(meta).where(meta.c.key == "generation").values(value=str(generation)))
        return record_change(conn, "generation", None, generation, now())


def fail(engine: Engine, generation: int) -> None:
    """Marks a generation that the gate refused; the next clean-up removes it."""
    with writing(engine) as conn:
        conn.execute(update(generations).where(generations.c.id == generation).values(state="failed"))


def prune(engine: Engine) -> int:
    """Removes failed generations with their passages and vectors; returns how many."""
    with engine.connect() as conn:
        gone = list(conn.scalars(select(generations.c.id).where(generations.c.state == "failed")))
    for generation in gone:
        with writing(engine) as conn:
            pgvector.drop(conn, generation)
            conn.execute(delete(passages).where(passages.c.generation == generation))
            conn.execute(delete(vectors).where(vectors.c.generation == generation))
            conn.execute(delete(late).where(late.c.generation == generation))
            conn.execute(update(generations).where(generations.c.id == generation).values(state="pruned"))
    return len(gone)


def _input(row: Any) -> DocumentInput:
    return DocumentInput(
        id=row.document_id,
        content=zlib.decompress(row.content),
        mime_type=row.mime_type,
        filename=row.filename,
        title=row.given_title,
        url=row.url,
        source=row.source,
        collection=row.collection,
        metadata=orjson.loads(row.metadata),
        acl=tuple(orjson.loads(row.acl)),
    )
