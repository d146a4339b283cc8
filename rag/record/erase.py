"""Erasing a document: its text, vectors and uploads leave the ledger and the disk; only its id stays, as a tombstone.

The tombstone also goes to `erased.jsonl` beside the ledger and beside the backups, before the commit: restoring an older
backup reads it and erases again, so that a backup never brings an erased document back.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Engine, delete, exists, func, insert, select, update
from sqlalchemy.engine import Connection

from rag.errors import NotFound
from rag.record import pgvector
from rag.record.answers import forget_document
from rag.record.engine import writing
from rag.record.feed import head, now, record_change
from rag.record.schema import contents, documents, erased, job_contents, jobs, late, meta, passages, vectors, versions
from rag.record.tables.readings import readings
from rag.record.tombstones import Tombstone, append
from rag.runtime.fsync import sync

_FOLDERS = "backup folders"  # in `meta`, as JSON


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, and the index version from which nobody can find it."""

    document_id: str
    versions: int
    passages: int
    vectors: int
    index_version: int
    disk_clean: bool  # False: a reader kept the log open, so old pages stay in it until the next checkpoint


def erase(engine: Engine, data_dir: Path, document_id: str) -> Receipt:
    """Raises NotFound for an id that the ledger has never seen or has erased already."""
    with writing(engine) as conn:
        row = conn.execute(select(documents).where(documents.c.id == document_id)).first()
        if row is None or row.state == "erased":
            raise NotFound(f"no document {document_id!r}", field="id")
        library = str(conn.scalar(select(meta.c.value).where(meta.c.key == "library")))
        tombstone = Tombstone(library, document_id, head(conn) + 1, now())
        append(data_dir, tombstone)
        for folder in _backup_folders(conn, data_dir):
            with suppress(OSError):  # a disk that is not there now: the next backup holds the tombstone
                append(folder, tombstone)
        seq, counts = _wipe(conn, document_id, row.version)
    drop_snapshots(data_dir / "snapshots")
    drop_interrupted_restores(data_dir)
    return Receipt(document_id, counts[0], counts[1], counts[2], seq, clean_log(engine))


def drop_snapshots(folder: Path) -> None:
    """Removes every snapshot of the mirrors (`rag/index/snapshot.py`), after its writer has ended."""
    if not folder.is_dir():
        return
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for place in folder.iterdir():
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
        sync(folder)  # or a power cut could bring the erased text back


def drop_interrupted_restores(data_dir: Path) -> None:
    """What a killed restore left: a copy of a backup, perhaps with what has been erased since."""
    for left in data_dir.glob(".restore-*"):
        shutil.rmtree(left, ignore_errors=True)


def again(engine: Engine, known: Sequence[Tombstone]) -> list[str]:
    """After a restore: erases what was erased after the backup was made. Returns the ids."""
    with engine.connect() as conn:
        there, library = head(conn), conn.scalar(select(meta.c.value).where(meta.c.key == "library"))
    done = []
    for tombstone in (one for one in known if one.library == library):
        with writing(engine) as conn:
            row = conn.execute(select(documents).where(documents.c.id == tombstone.document_id)).first()
            if tombstone.seq > there and row is not None and row.state != "erased":
                _wipe(conn, tombstone.document_id, row.version)
                done.append(tombstone.document_id)
    if done:
        clean_log(engine)
    return done


def remember_backup(engine: Engine, data_dir: Path, folder: Path) -> None:
    """From now on, what is erased is noted in this folder too, if it is there then."""
    with writing(engine) as conn:
        known = {str(one) for one in _backup_folders(conn, data_dir)} | {str(folder.resolve())}
        value = {"of": str(data_dir.resolve()), "folders": sorted(known)}
        conn.execute(delete(meta).where(meta.c.key == _FOLDERS))
        conn.execute(insert(meta).values(key=_FOLDERS, value=orjson.dumps(value).decode()))


def _backup_folders(conn: Connection, data_dir: Path) -> list[Path]:
    """Those of this library: of a copy whose original still stands, only its own, or each would erase from the other's."""
    stored = orjson.loads(conn.scalar(select(meta.c.value).where(meta.c.key == _FOLDERS)) or "[]")
    if isinstance(stored, dict):  # before 2026-12 only the folders were kept
        home = Path(stored["of"])
        if home != data_dir.resolve() and (home / "ledger.db").exists():
            return []
        stored = stored["folders"]
    return [folder for name in stored if (folder := Path(name)).is_dir()]


def _wipe(conn: Connection, document_id: str, version: int) -> tuple[int, tuple[int, int, int]]:
    seq = record_change(conn, "erase", document_id, version, now())
    forget_document(conn, document_id)
    mine = select(passages.c.id, passages.c.generation, passages.c.created_seq).where(passages.c.document_id == document_id)
    rows = conn.execute(mine).all()
    hashes = conn.execute(
        select(passages.c.generation, passages.c.hash).where(passages.c.document_id == document_id).distinct()
    ).all()
    if rows:
        tombstones = [{"passage_id": r.id, "generation": r.generation, "created_seq": r.created_seq, "seq": seq} for r in rows]
        conn.execute(insert(erased), tombstones)
    pgvector.wipe(conn, document_id)
    conn.execute(delete(passages).where(passages.c.document_id == document_id))
    unused = sum(_drop_vector(conn, row.generation, row.hash) for row in hashes)
    gone = conn.execute(delete(versions).where(versions.c.document_id == document_id)).rowcount
    conn.execute(delete(contents).where(contents.c.document_id == document_id))
    conn.execute(delete(readings).where(readings.c.document_id == document_id))
    # Higher than any job that a worker may still have in hand: its late write must not bring the document back.
    newest = conn.scalar(select(func.max(jobs.c.id))) or 0
    order = max(newest, conn.scalar(select(documents.c.write_order).where(documents.c.id == document_id)) or 0)
    submitted = select(jobs.c.id).where(jobs.c.document_id == document_id)
    conn.execute(delete(job_contents).where(job_contents.c.job_id.in_(submitted)))
    conn.execute(delete(jobs).where(jobs.c.document_id == document_id))
    values = {"state": "erased", "source": None, "content_hash": "", "passages": 0, "index_version": seq, "updated_at": now()}
    conn.execute(update(documents).where(documents.c.id == document_id).values(write_order=order, **values))
    return seq, (gone, len(rows), unused)


def _drop_vector(conn: Connection, generation: int, key: bytes) -> int:
    """Removes a vector, and its token bits, that no other document's passage shares; returns how many."""
    shared = exists().where(passages.c.generation == generation, passages.c.hash == key)
    conn.execute(delete(late).where(late.c.generation == generation, late.c.hash == key, ~shared))
    return conn.execute(delete(vectors).where(vectors.c.generation == generation, vectors.c.hash == key, ~shared)).rowcount


def clean_log(engine: Engine) -> bool:
    """Moves SQLite's log into the database and empties it; the deleted pages in the database are zeros already."""
    if engine.dialect.name != "sqlite":
        return True
    raw = engine.raw_connection()
    try:
        busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        raw.close()
    log = Path(f"{engine.url.database}-wal")
    if log.exists():  # SQLite does not sync the truncation: a power cut could bring the old pages back
        sync(log)
    return bool(busy == 0)
