"""Passages of a version and their vectors: stored in a generation, and retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.record import pgvector
from rag.record import writes as say
from rag.record.prepared import Conn
from rag.record.rows import PreparedDocument, passage_hash, passage_rows
from rag.record.schema import late, vectors


def store_passages(conn: Conn, prepared: PreparedDocument, generation: int, version: int, seq: int) -> int:
    """Inserts a version's passages into a generation, and vectors that are new; returns how many vectors."""
    return counted(store(conn, prepared, generation, version, seq))


def store(conn: Conn, prepared: PreparedDocument, generation: int, version: int, seq: int) -> Any:
    """As `store_passages`; the cursor that knows how many vectors were new."""
    if not prepared.chunks:
        return None
    hashes = [passage_hash(chunk.search_text) for chunk in prepared.chunks]
    new = _store_vectors(conn, generation, prepared, hashes)
    rows = list(passage_rows(prepared, hashes, generation, version, seq))
    say.PASSAGES.run(conn, *rows)
    pgvector.store(conn, generation, prepared, [row["words"] for row in rows], version)
    return new


def counted(cursor: Any) -> int:
    """How many rows its statement added."""
    return 0 if cursor is None else max(int(cursor.rowcount), 0)


def retire(conn: Conn, document_id: str, seq: int) -> None:
    """A document's passages, and its version, are live no more from `seq` on."""
    for statement in say.RETIRES:
        statement.run(conn, {"key": document_id, "seq": seq})
    pgvector.retire(conn, document_id, seq)


def _store_vectors(conn: Conn, generation: int, prepared: PreparedDocument, hashes: Sequence[bytes]) -> Any:
    """Inserts vectors that are new, with their token bits; the cursor that knows how many."""
    rows = dict(zip(hashes, np.ascontiguousarray(prepared.vectors, "<f4"), strict=True))
    new = say.ignoring(vectors, "vector", conn.dialect.name).run(
        conn, *({"generation": generation, "hash": key, "vector": value.tobytes()} for key, value in rows.items())
    )
    if prepared.tokens:
        say.ignoring(late, "tokens", conn.dialect.name).run(
            conn, *({"generation": generation, "hash": key, "tokens": value} for key, value in prepared.tokens.items())
        )
    return new
