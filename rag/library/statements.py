"""What a write says to the database."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, func, insert, select, update

from rag.library.mask_tables import masked
from rag.library.reading_tables import readings
from rag.library.rows import document_query
from rag.library.schema import changes, contents, documents, jobs, meta, passages, versions
from rag.library.worded import Worded


def _insert(table: Table, *but: str) -> Worded:
    return Worded(insert(table), *(column.name for column in table.columns if column.name not in but))


KEY: BindParameter[Any] = bindparam("key")
BY_ID = Worded(select(documents).where(documents.c.id == KEY))
LIVE = document_query().where(documents.c.id == KEY)
STANDING = Worded(LIVE)
_GENERATION = select(meta.c.value).where(meta.c.key == "generation")
_LAST_JOB = select(func.coalesce(func.max(jobs.c.id), 0))
GENERATION, LAST_JOB = Worded(_GENERATION), Worded(_LAST_JOB)
GENERATION_AND_LAST_JOB = Worded(select(_GENERATION.scalar_subquery(), _LAST_JOB.scalar_subquery()))
DROP_CONTENT = Worded(delete(contents).where(contents.c.document_id == KEY))
CHANGE = Worded(insert(changes).returning(changes.c.seq), "kind", "document_id", "version", "at")
ADD = _insert(documents)
REPLACE, DELETE, CONFIRM = (
    Worded(update(documents).where(documents.c.id == KEY).values({name: bindparam(name) for name in names}))
    for names in (
        [column.name for column in documents.columns if column.name not in ("id", "created_at")],
        ["state", "index_version", "updated_at", "passages", "write_order"],
        ["write_order"],
    )
)
VERSION, CONTENT, MASKED = _insert(versions, "retired_seq"), _insert(contents), _insert(masked)
READING, REMEMBER = _insert(readings), _insert(meta)
FORGET = Worded(delete(meta).where(meta.c.key == KEY))
PASSAGES = _insert(passages, "id", "retired_seq")
RETIRES = [
    Worded(update(table).where(table.c.document_id == KEY, table.c.retired_seq.is_(None)).values(retired_seq=bindparam("seq")))
    for table in (passages, versions)
]


@cache
def ignoring(table: Table, column: str, database: str) -> Worded:
    """An INSERT of a row of `generation`, `hash` and `column` that may be there already; loads the dialect."""
    made = import_module(f"sqlalchemy.dialects.{database}")
    return Worded(made.insert(table).on_conflict_do_nothing(), "generation", "hash", column)
