"""The sources that are remembered: where documents come from, how often to look, what was seen last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, delete, insert, or_, select, update
from sqlalchemy.engine import Row

from ingest.connectors.registry import Kind
from ingest.folder import Summary
from rag.errors import Conflict, InputError, NotFound, XiansouError
from rag.record.engine import writing
from rag.record.feed import now
from rag.record.tables.sources import source_items, sources

LEASE_S = 120.0
"""A synchronisation that has not been heard of for so long is taken over."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_EVERY = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LEAST_S = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it stands. `every` in seconds, None: by hand only; `result`: counts of the last synchronisation."""

    id: str
    kind: Kind
    location: str
    collection: str
    options: Mapping[str, Any]
    every: float | None
    due: float | None
    synced_at: float | None
    result: Mapping[str, Any] | None
    error: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An item of a source that is a document."""

    document_id: str
    mark: str


class Catalogue:
    """Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def add(self, source: Source) -> None:
        """Raises Conflict when the name is taken, InputError for one that is no name."""
        if not _NAME.fullmatch(source.id):
            raise InputError(
                f"{source.id!r} is no name for a source.", field="NAME", fix="Up to 64 of a–z, 0–9, dot, dash, underscore."
            )
        with writing(self._engine) as conn:
            if conn.scalar(select(sources.c.id).where(sources.c.id == source.id)) is not None:
                raise Conflict(
                    f"there is a source {source.id!r} already.", field="NAME", fix="Remove it, or take another name."
                )
            row = asdict(source) | {
                "options": orjson.dumps(dict(source.options)).decode(),
                "lease": 0.0,
                "due": None if source.every is None else 0.0,
                "created_at": now(),
            }
            conn.execute(insert(sources).values(**row))

    def get(self, source_id: str) -> Source:
        """Raises NotFound."""
        with self._engine.connect() as conn:
            row = conn.execute(select(sources).where(sources.c.id == source_id)).first()
        if row is None:
            raise NotFound(f"no source {source_id!r}", field="NAME", fix="See `xiansou sources list`.")
        return _source(row)

    def all(self) -> list[Source]:
        """By name."""
        with self._engine.connect() as conn:
            return [_source(row) for row in conn.execute(select(sources).order_by(sources.c.id))]

    def remove(self, source_id: str) -> list[str]:
        """Forgets a source; returns the ids of its documents, which stay. Raises NotFound."""
        self.get(source_id)
        with writing(self._engine) as conn:
            ids = list(conn.scalars(select(source_items.c.document_id).where(source_items.c.source == source_id)))
            conn.execute(delete(source_items).where(source_items.c.source == source_id))
            conn.execute(delete(sources).where(sources.c.id == source_id))
        return ids

    # -- synchronising -------------------------------------------------------------------------------------------------

    def claim_due(self) -> Source | None:
        """A source whose time has come and that nobody is at; it is ours for `LEASE_S`, renewed by `keep`."""
        due = sources.c.due.is_not(None) & (sources.c.due <= now()) & (sources.c.lease < now())
        with self._engine.connect() as conn:
            if conn.execute(select(sources.c.id).where(due).limit(1)).first() is None:
                return None
        with writing(self._engine) as conn:
            row = conn.execute(select(sources).where(due).order_by(sources.c.due).limit(1)).first()
            if row is not None:
                conn.execute(update(sources).where(sources.c.id == row.id).values(lease=now() + LEASE_S))
        return None if row is None else _source(row)

    def claim(self, source_id: str) -> Source:
        """Takes this source whether it is due or not. Raises NotFound, and Conflict when somebody is at it."""
        source = self.get(source_id)
        free = (sources.c.id == source_id) & or_(sources.c.lease < now(), sources.c.lease > now() + 10 * LEASE_S)
        with writing(self._engine) as conn:
            if conn.execute(update(sources).where(free).values(lease=now() + LEASE_S)).rowcount == 0:
                raise Conflict(f"{source_id} is being synchronised.", field="NAME", code="busy", fix="Wait for it to end.")
        return source

    def keep(self, source_id: str) -> None:
        """Somebody is still at it."""
        with writing(self._engine) as conn:
            conn.execute(update(sources).where(sources.c.id == source_id).values(lease=now() + LEASE_S))

    def done(self, source: Source, outcome: Summary | XiansouError) -> None:
        """Notes how a synchronisation ended and when the next one is due."""
        values: dict[str, Any] = {"lease": 0.0, "due": None if source.every is None else now() + source.every}
        if isinstance(outcome, Summary):
            summary = outcome.as_dict() | {"failed": len(outcome.failed)}
            values |= {"synced_at": now(), "result": orjson.dumps(summary).decode(), "error": None}
        else:
            values["error"] = orjson.dumps({"code": outcome.code, "detail": str(outcome)}).decode()
        with writing(self._engine) as conn:
            conn.execute(update(sources).where(sources.c.id == source.id).values(**values))

    def items(self, source_id: str) -> dict[str, Seen]:
        """What was in the source last, by item key."""
        query = select(source_items).where(source_items.c.source == source_id)
        with self._engine.connect() as conn:
            return {row.item: Seen(row.document_id, row.mark) for row in conn.execute(query)}

    def remember(self, source_id: str, item: str, seen: Seen) -> None:
        """After its document was written: a crash between the two reads the item again, no more."""
        which = (source_items.c.source == source_id) & (source_items.c.item == item)
        with writing(self._engine) as conn:
            conn.execute(delete(source_items).where(which))
            if conn.scalar(select(sources.c.id).where(sources.c.id == source_id)) is not None:  # not removed meanwhile
                conn.execute(insert(source_items).values(source=source_id, item=item, **asdict(seen)))

    def forget(self, source_id: str, item: str) -> None:
        """After its document was deleted."""
        with writing(self._engine) as conn:
            conn.execute(delete(source_items).where(source_items.c.source == source_id, source_items.c.item == item))


def parse_every(text: str | None) -> float | None:
    """`15m` → 900.0 seconds; None and `never`: by hand only. Raises InputError."""
    if text is None or text == "never":
        return None
    match = _EVERY.fullmatch(text.strip().lower())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < _LEAST_S:
        raise InputError(f"{text!r} is no interval.", field="--every", fix="Example: 15m, 6h, 1d; at least 10s.")
    return seconds


def _source(row: Row[Any]) -> Source:
    return Source(
        id=row.id,
        kind=row.kind,
        location=row.location,
        collection=row.collection,
        options=orjson.loads(row.options),
        every=row.every,
        due=row.due,
        synced_at=row.synced_at,
        result=orjson.loads(row.result) if row.result else None,
        error=orjson.loads(row.error) if row.error else None,
    )
