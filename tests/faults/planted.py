"""Bugs on purpose: each breaks one rule of the record in the process that is tested. The harness must notice all of them.

A plant is applied once, in a child process of its own; the oracle never runs under one.
"""

# mypy: disable-error-code="assignment,attr-defined,method-assign"
from __future__ import annotations

import dataclasses
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import update

from rag.index import mirror, snapshot
from rag.index.candidates import Candidates
from rag.index.mirror import Mirror
from rag.record import backup, changes, engine, erase, ledger, passage_writes, rebuild, schema
from rag.record.engine import drafting, writing
from rag.record.ledger import Ledger
from rag.record.prepared import Conn, Driver, plain
from rag.record.schema import meta


def ack_before_commit() -> None:
    """The commit follows the acknowledgement a moment later."""

    @contextmanager
    def later(engine: Any) -> Iterator[Driver]:
        transaction = drafting(engine)
        yield transaction.__enter__()
        threading.Timer(0.3, transaction.__exit__, (None, None, None)).start()

    ledger.drafting = later


def no_sync() -> None:
    """SQLite does not wait for the disk."""
    connect = engine._sqlite_connect

    def lazily(connection: sqlite3.Connection, record: object) -> None:
        connect(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    engine._sqlite_connect = lazily


def two_transactions() -> None:
    """A document is committed before its passages are."""
    store = passage_writes.store

    def after_a_commit(conn: Conn, *told: Any) -> Any:
        plain(conn, "COMMIT")
        plain(conn, "BEGIN IMMEDIATE")
        return store(conn, *told)

    passage_writes.store = after_a_commit


def swap_before_complete() -> None:
    """A generation goes live before the last edits are in it."""
    swap = rebuild.swap

    def early(engine: Any, generation: int, prepare: Any) -> int | None:
        with writing(engine) as conn:
            conn.execute(update(meta).where(meta.c.key == "generation").values(value=str(generation)))
        return swap(engine, generation, prepare)

    rebuild.swap = early


def deletes_not_in_feed() -> None:
    """A deletion has no sequence number of its own: running processes do not hear of it."""
    record = ledger.record_change

    def silent(conn: Conn, kind: str, document_id: str | None, version: int, at: float) -> int:
        if kind == "delete":
            return int(plain(conn, "SELECT MAX(seq) FROM changes").fetchone()[0])
        return record(conn, kind, document_id, version, at)

    ledger.record_change = silent


def mirror_keeps_removed() -> None:
    """No plant but a fault: a mirror that is wrong. The join to the record must keep it from doing harm."""
    between = changes.between

    def without_removals(*told: Any, **named: Any) -> Any:
        delta = between(*told, **named)
        return dataclasses.replace(delta, removed=delta.removed[:0])

    mirror.between = without_removals


def no_join() -> None:
    """Hits are not joined to what is live at their version (and the mirror is wrong)."""
    mirror_keeps_removed()
    live = Ledger.passages_at

    def whatever_is_there(self: Ledger, ids: Any, version: int) -> Any:
        ids = list(ids)
        found: dict[int, Any] = {}
        for at in range(version + 1):
            found.update(live(self, ids, at) if ids else {})
        return found

    Ledger.passages_at = whatever_is_there


def ids_reused() -> None:
    """Passage ids of what was erased are given out again."""
    for table in schema.metadata.tables.values():
        table.dialect_options["sqlite"]["autoincrement"] = False


def version_outside_lock() -> None:
    """Hits of one version are said to be of another."""
    search = Mirror.search

    def then_version(self: Mirror, *told: Any) -> Candidates:
        found = search(self, *told)
        end = time.monotonic() + random.uniform(0.0, 0.8)  # no beat in which all threads sleep at once
        while self._version < found.version + 6 and time.monotonic() < end:
            time.sleep(0.01)
        return dataclasses.replace(found, version=self._version)

    Mirror.search = then_version


def stale_job_overwrites() -> None:
    """The order in which jobs were submitted is ignored."""
    put = Ledger.put

    def unordered(self: Ledger, prepared: Any, generation: int, order: int | None = None) -> Any:
        return put(self, prepared, generation)

    Ledger.put = unordered


def snapshot_without_hashes() -> None:
    """The files of a snapshot are taken as they are."""

    class Trusting:
        @staticmethod
        def sha256(_: bytes) -> Any:
            return Trusting()

        @staticmethod
        def file_digest(_: object, __: str) -> Any:
            return Trusting()

        def hexdigest(self) -> str:
            return "0" * 64

    snapshot.hashlib = Trusting


def foreign_snapshot() -> None:
    """Whose snapshot it is is not asked."""
    read = snapshot._read

    class Anybody(snapshot.Identity):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = snapshot.Identity.__hash__

    class Whenever:
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    def anybodys(place: Any, whose: Any, now: int, _made: Any) -> Any:
        return read(place, Anybody(whose.library, whose.epoch, whose.generation), now, lambda _: Whenever())

    snapshot._read = anybodys


def no_tombstone() -> None:
    """An erasure is not written down outside of the ledger."""
    erase.append = lambda *_: None


def snapshots_survive_erasure() -> None:
    """An erasure leaves the copies of the text in snapshots."""
    erase.drop_snapshots = lambda *_: None


def rename_without_sync() -> None:
    """A finished backup is renamed to its place and never synced."""
    backup.sync = lambda *_: None


PLANTED: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        ack_before_commit,
        no_sync,
        two_transactions,
        swap_before_complete,
        deletes_not_in_feed,
        mirror_keeps_removed,
        no_join,
        ids_reused,
        version_outside_lock,
        stale_job_overwrites,
        snapshot_without_hashes,
        foreign_snapshot,
        no_tombstone,
        snapshots_survive_erasure,
        rename_without_sync,
    )
}
