"""What `xiansou doctor` says of what should happen by itself: re-index, sources, backups; and of the machine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, func, select

from rag.check import Check
from rag.index.engines.pgvector import GRAPH_FROM, PgVectors
from rag.index.mirror import Mirror
from rag.record.durability import durability
from rag.record.last import last
from rag.record.pgvector_tables import drift
from rag.record.schema import documents
from rag.record.tables.sources import sources
from rag.runtime.disk import FULL, LITTLE, free_bytes
from rag.runtime.machine import memory_by_process
from rag.runtime.service import holder
from rag.settings import Settings

DAY_S = 86_400.0
_OLD_REINDEX_S = 2.5 * DAY_S  # of one that was run before: a nightly one has failed twice
_OLD_BACKUP_S = 8 * DAY_S
_SHOWN = 3
_PASSWORD = re.compile(r"(?<=://)([^@/\s]*)@")


def hidden(url: str) -> str:
    """An address without the name and password in it."""
    return _PASSWORD.sub("***@", url)


def disk(settings: Settings) -> Iterator[Check]:
    """Room where `data_dir` is, and whether others may read the ledger."""
    folder, free = settings.data_dir.resolve(), free_bytes(settings.data_dir)
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    if free < FULL:
        yield Check("data_dir", "fail", f"{detail}: the disk is full; questions are answered, writes fail", "Free some space.")
    else:
        yield Check("data_dir", "ok" if free >= LITTLE else "warn", detail, None if free >= LITTLE else "Free some space.")
    file = settings.ledger_file
    if file is not None and file.exists() and file.stat().st_mode & 0o077:
        fix = f"It holds all documents: `chmod 600 {file}*`, unless a group of yours is meant to read it."
        yield Check("permissions", "warn", f"{file} can be read by others than its owner", fix)


def reindex(settings: Settings, engine: Engine) -> Iterator[Check]:
    """The last re-index and the last good one; the suite of its gate."""
    if settings.reindex.suite and not Path(settings.reindex.suite).is_file():
        detail = f"`reindex.suite` names {settings.reindex.suite}, which is not there: the next re-index will fail"
        yield Check("reindex", "warn", detail, "Correct `reindex.suite`, or put the file there.")
        return
    newest, good = last(engine, "reindex"), last(engine, "good reindex")
    if newest is None:
        yield Check("reindex", "ok", "none was run; it is needed after a change of model, dictionary or settings of passages")
        return
    known = f"last good one {ago(good['at'])} ago" if good else "none has been good"
    if newest["state"] in ("refused", "failed"):
        why = "; ".join(newest.get("reasons", [])[:_SHOWN]) or "see its log"
        detail = f"the last one, {ago(newest['at'])} ago, was {newest['state']}: {why}; {known}"
        yield Check("reindex", "warn", detail, "The index in use is as it was. Run `xiansou reindex` to see it again.")
    elif good and time.time() - good["at"] > _OLD_REINDEX_S:
        fix = "Look at its timer, cron or CronJob; or, if it is not meant to run every night, run it now and then."
        yield Check("reindex", "warn", known, fix)
    else:
        yield Check("reindex", "ok", known)


def followed(engine: Engine) -> Iterator[Check]:
    """The sources that are synchronised."""
    with engine.connect() as conn:
        rows = conn.execute(select(sources.c.id, sources.c.error, sources.c.synced_at).order_by(sources.c.id)).all()
    failing = [row.id for row in rows if row.error]
    if failing:
        shown = ", ".join(failing[:_SHOWN]) + (f" and {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else "")
        detail = f"{len(failing)} of {len(rows)} could not be synchronised: {shown}"
        yield Check("sources", "warn", detail, "See `xiansou sources list`; what was read before stays in the library.")
    elif rows:
        yield Check("sources", "ok", f"{len(rows)}, none failing")


def backups(settings: Settings, engine: Engine) -> Iterator[Check]:
    """The last backup that this ledger knows of; a server's are made by its own tools."""
    if settings.ledger_file is None:
        return
    newest = last(engine, "backup")
    with engine.connect() as conn:
        held = conn.scalar(select(func.count()).select_from(documents).where(documents.c.state == "live")) or 0
    fix = "Run `xiansou backup FOLDER --keep 7` every night, best to another disk: see deploy/README.md."
    if newest is None:
        yield Check("backup", "ok", "none was made yet", fix if held else None)
    elif time.time() - newest["at"] > _OLD_BACKUP_S:
        yield Check("backup", "warn", f"the last one is {ago(newest['at'])} old: {newest['file']}", fix)
    else:
        yield Check("backup", "ok", f"the last one {ago(newest['at'])} ago: {newest['file']}")


def acknowledged(engine: Engine) -> Iterator[Check]:
    """What an acknowledgement is worth when a server is lost; nothing for SQLite."""
    state = durability(engine)
    if state is not None:
        yield Check("durability", "warn" if state.fix else "ok", state.detail, state.fix)


def memory(settings: Settings) -> Iterator[Check]:
    """Of the service that runs on this library, by process."""
    pid = holder(settings.data_dir)
    if pid is None:
        return
    processes = memory_by_process(pid)
    each = ", ".join(f"{kind} {resident / 1e6:.0f} MB" for kind, _, resident in processes)
    yield Check("memory", "ok", f"{sum(resident for *_, resident in processes) / 1e9:.1f} GB: {each}")


def ago(at: float) -> str:
    """How long ago, in one unit."""
    passed = max(0.0, time.time() - at)
    for name, unit in (("days", DAY_S), ("hours", 3600.0), ("minutes", 60.0)):
        if passed >= 2 * unit:
            return f"{passed / unit:.0f} {name}"
    return f"{passed:.0f} s"


def vectors(mirror: Mirror) -> Iterator[Check]:
    """Whether PostgreSQL has a row for each live passage and no other; nothing where vectors are in memory."""
    index = mirror.index
    if not isinstance(index, PgVectors):
        return
    state = drift(mirror.engine, index.table)
    detail = f"{state.rows} rows in `{index.table.name}`, {'with' if state.graph else 'without'} a graph"
    if state.lacking or state.foreign:
        wrong = f"{detail}; {state.lacking} passages have no row, {state.foreign} rows have no live passage"
        fix = f"Drop the table `{index.table.name}` and restart: it is built anew from the ledger."
        yield Check("vectors", "fail", wrong, fix)
    elif state.rows >= GRAPH_FROM and not state.graph:
        yield Check(
            "vectors", "warn", f"{detail}: all are read for every question", "The service builds it; look into its log."
        )
    else:
        yield Check("vectors", "ok", detail)
