"""What every request reads from the record, as plain statements with the numbers written into them.

SQLAlchemy takes longer to word these statements than the database to answer them: 2.5 ms a question against 0.25.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine

from rag.domain import Kind
from rag.record.prepared import borrowed, plain

_HEAD = "SELECT COALESCE(MAX(seq), 0) FROM changes"
_PLACE = "SELECT (SELECT COALESCE(MAX(seq), 0) FROM changes), (SELECT at FROM changes WHERE seq = {version})"
_PASSAGES = """SELECT p.id, p.document_id, p.version, p.section, p.kind, p.text, p.context, p.start, p."end", p.fields,
p.statements, v.title, v.url, v.source, v.collection, v.metadata
FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.version = p.version
WHERE p.id IN ({ids}) AND p.created_seq <= {version} AND (p.retired_seq IS NULL OR p.retired_seq > {version})"""
_TOKENS = """SELECT p.id, l.tokens FROM passages p JOIN late l ON l.generation = p.generation AND l.hash = p.hash
WHERE p.id IN ({ids})"""


class PassageRow(NamedTuple):
    """A passage with what its document's version says of it; JSON where the record keeps JSON."""

    id: int
    document_id: str
    version: int
    section: str
    kind: Kind
    text: str
    context: str
    start: int
    end: int
    fields: str
    statements: str | None
    title: str
    url: str | None
    source: str | None
    collection: str
    metadata: str


def head(engine: Engine) -> int:
    """Sequence number of the newest change."""
    return int(value(engine, _HEAD))


def place(engine: Engine, version: int) -> tuple[int, float | None]:
    """The head, and when the change with this number was made; None: this ledger has none.

    A number alone tells no history from another: after a fail-over that lost changes, theirs may be given once more.
    """
    newest, at = _rows(engine, _PLACE.format(version=int(version)))[0]
    return int(newest), at


def value(engine: Engine, statement: str) -> Any:
    """The one value that a statement without parameters gives."""
    return _rows(engine, statement)[0][0]


def passages_at(engine: Engine, ids: Iterable[int], version: int) -> list[PassageRow]:
    """Those of the passages that were live at index version `version`, in no order."""
    listed = _listed(ids)
    rows = _rows(engine, _PASSAGES.format(ids=listed, version=int(version))) if listed else []
    return [PassageRow(*row) for row in rows]


def tokens(engine: Engine, ids: Iterable[int]) -> dict[int, bytes]:
    """Bits of the passages' token vectors; those that have none are missing."""
    listed = _listed(ids)
    return {key: bytes(bits) for key, bits in _rows(engine, _TOKENS.format(ids=listed))} if listed else {}


def _listed(ids: Iterable[int]) -> str:
    return ",".join(str(int(key)) for key in ids)


def _rows(engine: Engine, statement: str) -> Sequence[Any]:
    """One statement, and so one moment of the record. Raises DBAPIError, as SQLAlchemy does."""
    with borrowed(engine) as conn:
        rows: Sequence[Any] = plain(conn, statement).fetchall()
        return rows
