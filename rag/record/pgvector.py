"""Vectors of live passages as rows of PostgreSQL with pgvector, written in the document's own transaction.

One table a generation, which holds what is live at the newest index version: nothing lags behind the record, because it is
part of it. `meta` says which generations have a table, so every process writes into it, whatever its own settings say. What
was retired is deleted in the same transaction; a reader of an older version finds it through `passages` and `vectors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from rag.ports import Vectors
from rag.record.prepared import Conn, plain
from rag.record.rows import PreparedDocument
from rag.record.schema import meta
from rag.text.sides import counted, sides

OTHER, CHINESE, NEITHER = 1, 2, 0  # values of the column `side`: the passage's language
_KEY = "pgvector:"  # before a generation's number, in `meta`: dimensions and state of its table, as JSON

_INSERT = """INSERT INTO {table} (id, embedding, created_seq, collection, acl, side)
SELECT p.id, t.embedding::vector({dim}), p.created_seq, %s, %s::text[], t.side
FROM unnest(%s::int[], %s::text[], %s::int[]) AS t(ordinal, embedding, side)
JOIN passages p ON p.document_id = %s AND p.version = %s AND p.generation = %s AND p.ordinal = t.ordinal"""
_RETIRE = """DELETE FROM {table} t USING passages p
WHERE p.document_id = %s AND p.generation = %s AND p.retired_seq = %s AND t.id = p.id"""
_WIPE = "DELETE FROM {table} t USING passages p WHERE p.document_id = %s AND p.generation = %s AND t.id = p.id"


@dataclass(frozen=True, slots=True)
class VectorTable:
    """A generation's table: its name, dimensions, and whether every live passage has its row."""

    generation: int
    dim: int
    ready: bool

    @property
    def name(self) -> str:
        return f"pgvector_{self.generation}"


def tables(conn: Conn) -> list[VectorTable]:
    """Of all generations that have one; none on SQLite."""
    if conn.dialect.name != "postgresql":
        return []
    rows = plain(conn, f"SELECT key, value FROM meta WHERE key LIKE '{_KEY}%'").fetchall()
    return [VectorTable(int(key.removeprefix(_KEY)), **orjson.loads(value)) for key, value in rows]


def table_of(conn: Conn, generation: int) -> VectorTable | None:
    """Of one generation."""
    return next((table for table in tables(conn) if table.generation == generation), None)


def note(conn: Any, table: VectorTable) -> None:
    """Writes down that the table is there, and its state. In a write transaction of SQLAlchemy's."""
    key = f"{_KEY}{table.generation}"
    conn.execute(delete(meta).where(meta.c.key == key))
    conn.execute(meta.insert().values(key=key, value=orjson.dumps({"dim": table.dim, "ready": table.ready}).decode()))


def literal(vector: Vectors) -> str:
    """float32 (dim,) as pgvector reads it: the shortest digits that give the same numbers again."""
    return orjson.dumps(np.ascontiguousarray(vector), option=orjson.OPT_SERIALIZE_NUMPY).decode()


def side_values(words: Sequence[str]) -> list[int]:
    """The column `side` of all passages of one document, of their words."""
    languages = sides({at: counted(text) for at, text in enumerate(words)})
    return [NEITHER if languages[at] is None else CHINESE if languages[at] else OTHER for at in range(len(words))]


def store(conn: Conn, generation: int, prepared: PreparedDocument, words: Sequence[str], version: int) -> None:
    """The rows of a version's passages, which are in `passages` already, where the generation has a table."""
    table = table_of(conn, generation)
    if table is None:
        return
    doc, rows = prepared.input, np.ascontiguousarray(prepared.vectors, np.float32)
    values = (
        doc.collection,
        list(doc.acl),
        list(range(len(rows))),
        [literal(row) for row in rows],
        side_values(words),
        doc.id,
        version,
        generation,
    )
    say(conn, _INSERT.format(table=table.name, dim=table.dim), values)


def retire(conn: Conn, document_id: str, seq: int) -> None:
    """Deletes the rows of what was retired at `seq`, in every generation."""
    for table in tables(conn):
        say(conn, _RETIRE.format(table=table.name), (document_id, table.generation, seq))


def wipe(conn: Conn, document_id: str) -> None:
    """Deletes all rows of a document, while its passages are still there."""
    for table in tables(conn):
        say(conn, _WIPE.format(table=table.name), (document_id, table.generation))


def drop(conn: Any, generation: int) -> None:
    """Removes a generation's table. In a write transaction of SQLAlchemy's."""
    table = table_of(conn, generation)
    if table is not None:
        conn.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        conn.execute(delete(meta).where(meta.c.key == f"{_KEY}{generation}"))


def library(conn: Any) -> str:
    """The ledger's own id, which its tables carry as a comment."""
    return str(conn.scalar(select(meta.c.value).where(meta.c.key == "library")))


def say(conn: Conn, text: str, values: Sequence[Any]) -> Any:
    """A statement with values, never prepared: a generic plan does not know how few rows a value has. The driver's cursor.

    Raises DBAPIError.
    """
    cursor: Any = conn.connection.cursor()
    errors = conn.dialect.loaded_dbapi.Error
    try:
        cursor.execute(text, values, prepare=False)
    except errors as exc:
        raise DBAPIError.instance(text, None, exc, errors, dialect=conn.dialect) from exc
    return cursor
