"""The audit's chain: rows are added under the write lock, each over the hash of the one before, and can be verified.

A changed, missing, added or moved row breaks the chain at its place. Rows cut off at the end are told by the head that
stands in `meta`; against someone who can rewrite the whole ledger, keep a head elsewhere and pass it to `verify`.
"""

from __future__ import annotations

import atexit
import getpass
import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError

from rag.record.engine import loose, writing
from rag.record.schema import meta
from rag.record.tables.audit import audit
from rag.runtime.logger import get_logger

log = get_logger()

_HEAD = "audit_head"
_PAGE = 1000
_PAUSE_S = 0.2  # in which entries are gathered for one transaction
_MOST = 10_000  # entries that wait for a ledger that cannot be written to
_LIBRARY = select(meta.c.value).where(meta.c.key == "library")
_LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened. `at` in Unix seconds; `detail` holds JSON values and no text of documents."""

    who: str
    action: str
    target: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is "SEQ:HASH" of the last row. When not ok, `fault` is the first row at which the chain breaks, and why."""

    ok: bool
    rows: int
    head: str
    fault: int | None = None
    reason: str | None = None


def record(engine: Engine, *entries: Entry) -> None:
    """Adds entries; they are durable when this returns."""
    with writing(engine) as conn:
        append(conn, entries)


def append(conn: Connection, entries: Sequence[Entry]) -> None:
    """Adds entries, inside a write transaction."""
    last = conn.execute(_LAST).first()
    seq, digest = (last.seq, bytes(last.hash)) if last is not None else (0, _origin(conn))
    rows = []
    for entry in entries:
        seq += 1
        row = {
            "seq": seq,
            "at": round(entry.at, 3),
            "who": entry.who,
            "action": entry.action,
            "target": entry.target,
            "detail": orjson.dumps(dict(entry.detail), option=orjson.OPT_SORT_KEYS).decode(),
            "previous": digest,
        }
        digest = _hash(row)
        rows.append(row | {"hash": digest})
    if rows:
        conn.execute(insert(audit), rows)
        conn.execute(delete(meta).where(meta.c.key == _HEAD))
        conn.execute(insert(meta).values(key=_HEAD, value=f"{seq}:{digest.hex()}"))


def verify(engine: Engine, expected: str | None = None) -> Verdict:
    """Walks the whole chain. `expected`: a head that was seen before and must still be part of it."""
    with engine.connect() as conn:
        digest, seq = _origin(conn), 0
        seen = expected is None
        for row in _rows(conn):
            fault = _fault(row, seq, digest)
            if fault is not None:
                return Verdict(False, seq, f"{seq}:{digest.hex()}", seq + 1, fault)
            seq, digest = row.seq, bytes(row.hash)
            seen = seen or f"{seq}:{digest.hex()}" == expected
        head = f"{seq}:{digest.hex()}"
        noted = conn.scalar(select(meta.c.value).where(meta.c.key == _HEAD))
    if noted != head and (noted is not None or seq):
        return Verdict(False, seq, head, seq + 1, "rows at the end are missing, or were added by another program")
    if not seen:
        return Verdict(False, seq, head, None, "the expected head is not part of this chain")
    return Verdict(True, seq, head)


def entries(
    engine: Engine, *, limit: int = 100, who: str | None = None, action: str | None = None, since: float | None = None
) -> list[tuple[int, Entry]]:
    """The newest first, with their sequence numbers."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    for column, value in ((audit.c.who, who), (audit.c.action, action)):
        query = query if value is None else query.where(column == value)
    query = query if since is None else query.where(audit.c.at >= since)
    with engine.connect() as conn:
        return [
            (row.seq, Entry(row.who, row.action, row.target, orjson.loads(row.detail), row.at)) for row in conn.execute(query)
        ]


def library_of(engine: Engine) -> str:
    """The ledger's own id."""
    with engine.connect() as conn:
        return str(conn.scalar(_LIBRARY))


def by_hand(engine: Engine, action: str, target: str | None = None, **detail: Any) -> None:
    """Adds what a command did, in the name of who ran it. Called by commands when `audit.enabled`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    record(engine, Entry(f"command line: {user}", action, target, detail))


class Trail:
    """Adds entries from a thread of its own, many in one transaction: for questions, which must not wait for it.

    A killed process loses those of the last fifth of a second. One a process; `close` when done.
    """

    def __init__(self, engine: Engine):
        self._engine, self._loose = engine, None if engine.url.database in (None, ":memory:") else loose(engine)
        self._waiting: deque[Entry] = deque(maxlen=_MOST)
        self._wake = threading.Event()
        self._closed = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def later(self, entry: Entry) -> None:
        """Takes microseconds; never raises for the ledger's faults."""
        self._waiting.append(entry)
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                    self._thread.start()
                    atexit.register(self.close)
        self._wake.set()

    def now(self, *told: Entry) -> None:
        """Returns when they are durable. A ledger that cannot be written to is logged, and the entries wait."""
        try:
            record(self._engine, *told)
        except DBAPIError as exc:
            log.error("the audit cannot be written", error=str(exc.orig))
            self._waiting.extend(told)

    def close(self) -> None:
        """Writes what waits."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5.0)
            atexit.unregister(self.close)
        self._write()
        if self._loose is not None:
            self._loose.dispose()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            if not self._closed:
                time.sleep(_PAUSE_S)
            self._write()

    def _write(self) -> None:
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not taken:
            return
        try:
            record(self._loose or self._engine, *taken)
        except DBAPIError as exc:
            log.error("the audit cannot be written; trying again", entries=len(taken), error=str(exc.orig))
            self._waiting.extendleft(reversed(taken))
            if not self._closed:
                time.sleep(1.0)
                self._wake.set()


def _rows(conn: Connection) -> Iterator[Row[Any]]:
    after = -1
    while rows := conn.execute(select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(_PAGE)).all():
        yield from rows
        after = rows[-1].seq


def _fault(row: Row[Any], seq: int, digest: bytes) -> str | None:
    if row.seq != seq + 1:
        return "a row is missing"
    if bytes(row.previous) != digest:
        return "it does not follow the row before it"
    told = {name: getattr(row, name) for name in ("seq", "at", "who", "action", "target", "detail")}
    if _hash(told | {"previous": bytes(row.previous)}) != bytes(row.hash):
        return "it was changed"
    return None


def _origin(conn: Connection) -> bytes:
    """What the first row follows: the ledger itself, so that no other ledger's rows can stand here."""
    library = conn.scalar(_LIBRARY)
    return hashlib.sha256(f"xiansou audit of {library}".encode()).digest()


def _hash(row: Mapping[str, Any]) -> bytes:
    told = [row["seq"], f"{row['at']:.3f}", row["who"], row["action"], row["target"], row["detail"], row["previous"].hex()]
    return hashlib.sha256(orjson.dumps(told)).digest()
