"""What a write says to the database."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, func, insert, select, update

from rag.record.prepared import PreparedStatement
from rag.record.rows import document_query
from rag.record.schema import changes, contents, documents, jobs, meta, passages, versions
from rag.record.tables.masks import masked
from rag.record.tables.readings import readings


def _insert(table: Table, *but: str) -> PreparedStatement:
    return PreparedStatement(insert(table), *(column.name for column in table.columns if column.name not in but))


KEY: BindParameter[Any] = bindparam("key")
BY_ID = PreparedStatement(select(documents).where(documents.c.id == KEY))
LIVE = document_query().where(documents.c.id == KEY)
STANDING = PreparedStatement(LIVE)
_GENERATION = select(meta.c.value).where(meta.c.key == "generation")
_LAST_JOB = select(func.coalesce(func.max(jobs.c.id), 0))
GENERATION, LAST_JOB = PreparedStatement(_GENERATION), PreparedStatement(_LAST_JOB)
GENERATION_AND_LAST_JOB = PreparedStatement(select(_GENERATION.scalar_subquery(), _LAST_JOB.scalar_subquery()))
DROP_CONTENT = PreparedStatement(delete(contents).where(contents.c.document_id == KEY))
CHANGE = PreparedStatement(insert(changes).returning(changes.c.seq), "kind", "document_id", "version", "at")
ADD = _insert(documents)
REPLACE, DELETE, CONFIRM = (
    PreparedStatement(update(documents).where(documents.c.id == KEY).values({name: bindparam(name) for name in names}))
    for names in (
        [column.name for column in documents.columns if column.name not in ("id", "created_at")],
        ["state", "index_version", "updated_at", "passages", "write_order"],
        ["write_order"],
    )
)
VERSION, CONTENT, MASKED = _insert(versions, "retired_seq"), _insert(contents), _insert(masked)
READING, REMEMBER = _insert(readings), _insert(meta)
FORGET = PreparedStatement(delete(meta).where(meta.c.key == KEY))
PASSAGES = _insert(passages, "id", "retired_seq")
RETIRES = [
    PreparedStatement(
        update(table).where(table.c.document_id == KEY, table.c.retired_seq.is_(None)).values(retired_seq=bindparam("seq"))
    )
    for table in (passages, versions)
]


@cache
def ignoring(table: Table, column: str, database: str) -> PreparedStatement:
    """An INSERT of a row of `generation`, `hash` and `column` that may be there already; loads the dialect."""
    dialect = import_module(f"sqlalchemy.dialects.{database}")
    return PreparedStatement(dialect.insert(table).on_conflict_do_nothing(), "generation", "hash", column)
