"""The phases in which a process is killed or loses power: each a step before the faults begin and one under them."""

from __future__ import annotations

from collections.abc import Callable

from ingest.reindex import reindex, rollback
from rag.record import rebuild
from rag.record.backup import backup, restore
from tests.support.faults_ops import BACKUP, Env


def _open(env: Env) -> None:
    env.open()


def _put(env: Env) -> None:
    for n in range(3):
        env.put(f"new{n}", 1)


def _replace(env: Env) -> None:
    for version in (5, 6):
        env.put("d0", version)
        env.put("d1", version)


def _delete(env: Env) -> None:
    for key in ("d0", "d1", "j0"):
        env.delete(key)
    env.put("d1", 7)


def _erase(env: Env) -> None:
    env.erase("d0")
    env.put("d2", 8)
    env.erase("d2")
    env.put("d3", 1)
    env.job("e0", 1)
    late = env.submit("e0", 2)  # a worker has it in hand when the document is erased
    env.erase("e0")
    env.redeliver(late, "e0", 2)
    env.put("e1", 1)


def _again(env: Env) -> None:
    """Written anew after it was erased or deleted: by a job, and without one."""
    for key in ("e0", "e1", "e2"):
        env.job(key, 1)
    env.erase("e2")
    env.put("e2", 2)
    env.delete("e1")
    env.put("e1", 3)
    env.erase("e0")
    env.job("e0", 4)


def _bulk(env: Env) -> None:
    env.bulk([("b0", 1), ("d0", 9), ("b1", 1), ("b2", 2)])


def _job(env: Env) -> None:
    first = env.job("j0", 4)
    env.job("n0", 1)
    env.delete("j0")
    env.redeliver(first, "j0", 4)
    env.job("j0", 5)
    env.redeliver(first, "j0", 4)


def _snapshot(env: Env) -> None:
    env.snapshot()
    env.put("d0", 10)
    env.snapshot()


def _wide(env: Env) -> None:
    """Passages enough to train an index on."""
    env.open()
    env.bulk([(f"wide{n}", 2) for n in range(8)])


def _compaction(env: Env) -> None:
    """Index trained and written with its base; failed generation pruned; log moved into the database."""
    mirror = env.trained_mirror()
    env.snapshot(mirror)
    engine = env.opened.ledger.engine
    generation = rebuild.start(engine, {**env.opened.wanted, "build": 1})
    rebuild.fail(engine, generation)
    rebuild.prune(engine)
    env.delete("d1")
    env.snapshot(mirror)
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _reindex(env: Env) -> None:
    def edit(*_: object) -> list[str]:
        env.put("d0", 11)  # the gate runs between the build and the swap: edits are caught up
        env.delete("d1")
        return []

    with env.journal.op("swap") as told:
        outcome = reindex(env.opened, edit)
        told.update(outcome=outcome.state, generation=outcome.generation)
    env.put("d2", 11)


def _open_new_model(env: Env) -> None:
    env.open("hash-96")


def _swapped(env: Env) -> None:
    """A library whose live generation is the second one."""
    env.open("hash-96")
    reindex(env.opened, lambda *_: [])
    env.put("d0", 12)
    env.open()


def _rollback(env: Env) -> None:
    with env.journal.op("swap") as told:
        told.update(generation=rollback(env.opened).generation)
    env.put("d1", 12)


def _backup(env: Env) -> None:
    with env.journal.op("backup", "fresh.tar") as told:
        told.update(index_version=backup(env.opened.ledger.engine, env.folder / "fresh.tar").index_version)
    env.put("d0", 13)


def _nothing(env: Env) -> None:
    """The process starts under faults."""


def _restore(env: Env) -> None:
    with env.journal.op("restore", BACKUP) as told:
        told.update(index_version=restore(env.folder / BACKUP, env.folder / "data").index_version)


def _reopen(env: Env) -> None:
    """Recovery of a log that the former process left, a start from a snapshot, jobs that were left."""
    env.open()
    env.opened.views.live()
    env.drain()
    env.put("d0", 14)
    env.close()


def _serving(env: Env) -> None:
    env.open()
    env.ask("d0")


def _follow(env: Env) -> None:
    """A process that answers while it is written."""
    env.put("d0", 15)
    env.ask("d0")
    env.delete("d1")
    env.ask("d0")
    env.erase("d2")
    env.put("d4", 1)
    env.compare_mirror()


def _hold(env: Env) -> None:
    """Writes that may fail; questions that must not."""
    for version in range(16, 26):
        env.put("d0", version)
        env.ask("late")
    env.put("d4", 1)


def _create(env: Env) -> None:
    env.open()
    env.put("first", 1)


Step = Callable[[Env], None]
PHASES: dict[str, tuple[Step, Step]] = {
    "create": (_nothing, _create),
    "put": (_open, _put),
    "replace": (_open, _replace),
    "delete": (_open, _delete),
    "erase": (_open, _erase),
    "again": (_open, _again),
    "bulk": (_open, _bulk),
    "job": (_open, _job),
    "snapshot": (_open, _snapshot),
    "compaction": (_wide, _compaction),
    "reindex": (_open_new_model, _reindex),
    "rollback": (_swapped, _rollback),
    "backup": (_open, _backup),
    "restore": (_nothing, _restore),
    "reopen": (_nothing, _reopen),
    "follow": (_serving, _follow),
}
NOT_KILLED = {"hold": (_serving, _hold)}  # for faults that a process survives


def build_library(env: Env) -> None:
    """What the phases start from: documents, edits, deletions and an erasure, before and after a backup; snapshots."""
    env.open()
    for n in range(3):
        env.put(f"d{n}", 1)
    env.put("gone", 1)
    env.put("wiped", 1)
    env.put("late", 1)
    env.job("j0", 1)
    env.snapshot()
    if env.opened.ledger.engine.dialect.name == "sqlite":  # a server is backed up by its own tools
        backup(env.opened.ledger.engine, env.folder / BACKUP)
        env.journal.tell(state="backed up")
    env.put("d1", 2)
    env.delete("gone")
    env.erase("wiped")
    env.job("j0", 2)
    env.snapshot()
    env.put("d2", 3)
