"""A document's versions, as the record keeps them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from rag.record.schema import versions


@dataclass(frozen=True, slots=True)
class Edition:
    """One version. `length` in characters; `at` in Unix seconds; `index_version`: from which on readers saw it."""

    version: int
    title: str
    length: int
    at: float
    index_version: int


def editions(engine: Engine, document_id: str, limit: int = 50) -> list[Edition]:
    """The newest first."""
    columns = (
        versions.c.version,
        versions.c.title,
        func.length(versions.c.text),
        versions.c.created_at,
        versions.c.created_seq,
    )
    query = select(*columns).where(versions.c.document_id == document_id).order_by(versions.c.version.desc()).limit(limit)
    with engine.connect() as conn:
        return [Edition(*row) for row in conn.execute(query).tuples()]
