"""Documents of a SQLite ledger, read without SQLAlchemy: its import takes longer than the whole command that lists them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rag.domain import Document
from rag.record.version import SCHEMA_VERSION

_PATIENCE_S = 30.0
_SCHEMA = "SELECT value FROM meta WHERE key = 'schema'"
_FIELDS = """d.id, d.version, v.title, v.url, d.source, v.mime_type, d.collection, v.metadata, v.acl, d.content_hash,
d.passages, d.state, d.index_version, d.created_at, d.updated_at"""
_PAGE = f"""SELECT {_FIELDS} FROM documents d JOIN versions v ON v.document_id = d.id AND v.version = d.version
WHERE d.state = 'live' AND d.id > :after AND (:collection IS NULL OR d.collection = :collection) ORDER BY d.id LIMIT :limit"""
_COUNT = "SELECT count(*) FROM documents WHERE state = 'live' AND (:collection IS NULL OR collection = :collection)"


def browse(ledger: Path, *, after: str, limit: int, collection: str | None) -> tuple[Sequence[Document], int] | None:
    """Live documents by id, after the id `after`, at most `limit`; and how many there are in all.

    None: the ledger is of another release, so it has to be opened as a whole. Raises sqlite3.DatabaseError, FileNotFoundError.
    """
    if not ledger.exists():
        raise FileNotFoundError(ledger)
    # rw: a log that a killed process left must be applied. It makes no file that is not there.
    with closing(sqlite3.connect(f"{ledger.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_S)) as conn:
        try:
            row = conn.execute(_SCHEMA).fetchone()
        except sqlite3.OperationalError as exc:
            if "no such table" in str(exc):  # made a moment ago, and empty
                return None
            raise
        if row is None or row[0] != str(SCHEMA_VERSION):
            return None
        conn.execute("BEGIN")  # both statements tell of one moment
        where = {"after": after, "limit": limit, "collection": collection}
        rows = conn.execute(_PAGE, where).fetchall()
        total = int(conn.execute(_COUNT, where).fetchone()[0])
    return [Document(*_read(row)) for row in rows], total


def _read(row: Sequence[Any]) -> list[Any]:
    return [*row[:7], json.loads(row[7]), tuple(json.loads(row[8])), *row[9:]]
