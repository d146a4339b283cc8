"""A ledger as release 0.1.0 left it, filled: two versions of a document, a deleted and an erased one, a waiting job.

Its schema is revision 0001, which was written from that release's tables (commit e1fc8e3).
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, text

from rag.fakes import HashEmbedder
from rag.record import migrations
from rag.record.rows import passage_hash
from rag.text.tokens import words

LIBRARY = "1f" * 16
TEXTS = {1: "The lamp blinks red when the battery is low.", 2: "The lamp blinks blue when the battery is low."}
ANSWERS_TO = ("How does the lamp blink?", TEXTS[2])


def build(conn: Connection, fingerprint: dict[str, Any]) -> None:
    """Into an empty database, inside a write transaction. `fingerprint`: of the live generation."""
    migrations.upgrade(conn, 0, "0001")
    conn.execute(text("DROP TABLE alembic_version"))  # that release knew no alembic
    for key, value in {"schema": "1", "library": LIBRARY, "epoch": "2e" * 16, "generation": "1"}.items():
        _insert(conn, "meta", key=key, value=value)
    _insert(conn, "generations", id=1, fingerprint=json.dumps(fingerprint, sort_keys=True), state="live", created_at=1.0)
    told = ((1, "put", "lamp.md", 1), (2, "put", "gone.md", 1), (3, "put", "lamp.md", 2), (4, "delete", "gone.md", 1))
    for seq, kind, document, version in (*told, (5, "erase", "wiped.md", 1)):
        _insert(conn, "changes", seq=seq, kind=kind, document_id=document, version=version, at=float(seq))
    for name, version, state, seq in (("lamp.md", 2, "live", 3), ("gone.md", 1, "deleted", 4), ("wiped.md", 1, "erased", 5)):
        _insert(
            conn, "documents", id=name, collection="default", version=version, state=state, source=None,
            content_hash=f"h{name}", passages=int(state == "live"), index_version=seq, write_order=0,
            created_at=1.0, updated_at=float(seq),
        )  # fmt: skip
    _version(conn, "lamp.md", 1, TEXTS[1], created=1, retired=3)
    _version(conn, "lamp.md", 2, TEXTS[2], created=3, retired=None)
    _version(conn, "gone.md", 1, "The hedgehog sleeps.", created=2, retired=4)
    _insert(conn, "erased", passage_id=4, generation=1, created_seq=1, seq=5)
    _insert(conn, "contents", document_id="lamp.md", filename="lamp.md", content=zlib.compress(TEXTS[2].encode()))
    doc = {"id": "new.md", "mime_type": "text/markdown", "filename": None, "title": None, "url": None, "source": None}
    told = orjson.dumps(doc | {"collection": "default", "metadata": {}, "acl": []}).decode()
    _insert(
        conn, "jobs", id=7, state="queued", document_id="new.md", input=told, attempts=0, due=0.0, created_at=6.0,
        updated_at=6.0,
    )  # fmt: skip
    _insert(conn, "job_contents", job_id=7, content=b"The kettle whistles.")
    if conn.dialect.name == "postgresql":  # numbers that were given by hand count as used
        for table, column in (("changes", "seq"), ("generations", "id"), ("jobs", "id")):
            conn.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))")
            )


def _version(conn: Connection, name: str, version: int, body: str, *, created: int, retired: int | None) -> None:
    _insert(
        conn, "versions", document_id=name, version=version, title=name, mime_type="text/markdown", metadata="{}", acl="[]",
        collection="default", text=body, created_seq=created, retired_seq=retired, created_at=float(created),
    )  # fmt: skip
    key = passage_hash(body)
    vector = HashEmbedder().embed_passages([body])[0].astype("<f4")
    _insert(conn, "vectors", generation=1, hash=key, vector=np.ascontiguousarray(vector).tobytes())
    _insert(
        conn, "passages", generation=1, document_id=name, version=version, ordinal=0, kind="text", section="[]", context="",
        text=body, start=0, end=len(body), words=" ".join(words(body)), fields="{}", hash=key, created_seq=created,
        retired_seq=retired,
    )  # fmt: skip


def _insert(conn: Connection, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"), values)
