"""Where the record stands: its head, the generation that answers, and the change feed that a write adds to."""

from __future__ import annotations

import time

from sqlalchemy import Connection, func, select

from rag.record import writes as say
from rag.record.prepared import Conn
from rag.record.schema import changes


def now() -> float:
    """Wall clock in Unix seconds; for people, never for order."""
    return time.time()


def head(conn: Connection) -> int:
    """See Ledger.head."""
    return int(conn.scalar(select(func.coalesce(func.max(changes.c.seq), 0))) or 0)


def made_at(conn: Connection, seq: int) -> float | None:
    """When a change was made; None: there is none with this number."""
    at = conn.scalar(select(changes.c.at).where(changes.c.seq == seq))
    return None if at is None else float(at)


def live_generation(conn: Conn) -> int | None:
    """Id of the generation that answers, or None before the first."""
    value = say.GENERATION.value(conn)
    return None if value is None else int(value)


def record_change(conn: Conn, kind: str, document_id: str | None, version: int, at: float) -> int:
    """A row in the change feed; returns its sequence number, the new index version."""
    return int(say.CHANGE.value(conn, kind=kind, document_id=document_id, version=version, at=at))
