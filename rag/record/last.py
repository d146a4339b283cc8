"""When something of an operator's was done last, and how it ended: kept in the ledger, so that any process can tell."""

from __future__ import annotations

import time
from typing import Any, Literal

import orjson
from sqlalchemy import Engine, delete, insert, select

from rag.record.engine import writing
from rag.record.schema import meta

Event = Literal["reindex", "good reindex", "backup"]
_PREFIX = "last:"


def note(engine: Engine, event: Event, **details: Any) -> None:
    """Keeps that it was done now, with JSON values."""
    key, value = f"{_PREFIX}{event}", orjson.dumps({"at": time.time()} | details).decode()
    with writing(engine) as conn:
        conn.execute(delete(meta).where(meta.c.key == key))
        conn.execute(insert(meta).values(key=key, value=value))


def last(engine: Engine, event: Event) -> dict[str, Any] | None:
    """`at` in Unix seconds and what was told; None: never."""
    with engine.connect() as conn:
        value = conn.scalar(select(meta.c.value).where(meta.c.key == f"{_PREFIX}{event}"))
    return None if value is None else dict(orjson.loads(value))
