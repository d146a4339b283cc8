"""Jobs: documents that wait to be written, in the ledger. A submitted job is as durable as the record itself.

A worker holds a job by a lease. Whoever lost it cannot end the job any more, and its write is harmless: `Ledger.put`
orders writes by job id. Times are wall clock, since leases outlive processes; a clock set back cannot block the queue.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Engine, Select, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError

from rag.domain import DocumentInput, WriteResult
from rag.errors import NotFound, UpstreamError
from rag.record.damage import explained
from rag.record.engine import writing
from rag.record.ledger import now
from rag.record.schema import job_contents, jobs, meta
from rag.record.tables.queue import job_batches, job_cancels
from rag.runtime.remote import Doorbell

State = Literal["queued", "parsing", "embedding", "live", "failed", "dead"]

MAX_ATTEMPTS = 3
LEASE_S = 30.0

_ENDED = ("live", "failed", "dead")
PAUSED = "queue_paused"  # key in `meta`: nobody claims a job
CANCELLED = {"code": "cancelled", "detail": "it was cancelled before it was written."}
_AT_ONCE, _IN_TURN = -1.0, 0.0  # `due` of a new job: a single write goes before the files of a batch
_PROGRESS = {"queued": 0.0, "parsing": 0.1, "embedding": 0.4}
_PAUSES_S = (2.0, 15.0)  # before the second and the third attempt
_LONGEST_PAUSE_S = 600.0  # what is due later than this was written before the clock was set back
_LEDGER_UNAVAILABLE = "ledger_unavailable"
_UNAVAILABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EROFS, errno.ENOMEM}


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `progress` is 0–1; `error` has `code` and `detail`; `result` the fields of a WriteResult.

    `collection` and `acl` are those that the document was sent with: they say who may see the job.
    """

    id: int
    state: State
    document_id: str
    attempts: int
    progress: float
    error: Mapping[str, str] | None
    result: Mapping[str, Any] | None
    created_at: float
    updated_at: float
    collection: str
    acl: tuple[str, ...]
    batch: str | None = None

    @property
    def ended(self) -> bool:
        return self.state in _ENDED


class Jobs:
    """The queue. Safe for any mix of threads and processes. Raises UpstreamError when the ledger cannot be used."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # -- for writers ---------------------------------------------------------------------------------------------------

    def submit(self, doc: DocumentInput, batch: str | None = None) -> int:
        """Queues a document; returns the job's id. When this returns the job survives any crash.

        A job of a `batch` (see `ingest.queue`) waits for those without one, so that an edit never waits for a folder.
        """
        return self.submit_many([doc], batch)[0]

    def submit_many(self, docs: Sequence[DocumentInput], batch: str | None = None) -> list[int]:
        """As `submit`, all or none of them: one wait for the disk instead of many."""
        due, at = _AT_ONCE if batch is None else _IN_TURN, now()
        with self._writing() as conn:
            ids = [_insert(conn, doc, due, at) for doc in docs]
            if batch is not None and ids:
                conn.execute(insert(job_batches), [{"job_id": key, "batch": batch} for key in ids])
            return ids

    def get(self, job_id: int) -> Job:
        """Raises NotFound."""
        with _translated(), self._engine.connect() as conn:
            row = conn.execute(job_query().where(jobs.c.id == job_id)).first()
        if row is None:
            raise NotFound(f"no job {job_id}", field="id")
        return to_job(row)

    def wait(self, job_id: int, bell: Doorbell, timeout: float) -> Job:
        """The job as soon as it has ended, else as it stands after `timeout` seconds. Raises NotFound."""
        deadline = time.monotonic() + timeout
        while True:
            job = self.get(job_id)
            left = deadline - time.monotonic()
            if job.ended or left <= 0:
                return job
            bell.wait_for(job_id, left)

    def unfinished(self) -> int:
        """Jobs that have not ended."""
        with _translated(), self._engine.connect() as conn:
            return int(conn.scalar(select(func.count()).where(jobs.c.due.is_not(None))) or 0)

    # -- for workers ---------------------------------------------------------------------------------------------------

    def claim(self, owner: str, lease_s: float = LEASE_S) -> tuple[int, DocumentInput] | None:
        """Leases the oldest job that is due and whose document no older unfinished job is for; None if there is none.

        None too while the queue is paused. A job whose workers died on it `MAX_ATTEMPTS` times ends as `dead` here, one
        that was cancelled while a worker that died held it as `failed`.
        """
        with _translated(), self._engine.connect() as conn:
            if _next(conn) is None:  # an idle worker takes no write lock
                return None
        with self._writing() as conn:
            while (row := _next(conn)) is not None:
                if _cancelled(conn, row.id):
                    end(conn, jobs.c.id == row.id, state="failed", error=orjson.dumps(CANCELLED).decode())
                    continue
                if row.attempts < MAX_ATTEMPTS:
                    return self._lease(conn, row, owner, lease_s)
                lost = {"code": "worker_died", "detail": f"{row.attempts} workers died or hung working on it."}
                end(conn, jobs.c.id == row.id, state="dead", error=orjson.dumps(lost).decode())
            return None

    def _lease(self, conn: Connection, row: Row[Any], owner: str, lease_s: float) -> tuple[int, DocumentInput]:
        content = conn.scalar(select(job_contents.c.content).where(job_contents.c.job_id == row.id))
        due = now() + lease_s
        _change(conn, jobs.c.id == row.id, state="parsing", attempts=row.attempts + 1, lease_owner=owner, due=due)
        given = orjson.loads(row.input)
        return row.id, DocumentInput(**given | {"acl": tuple(given["acl"]), "content": content})

    def renew(self, job_id: int, owner: str, lease_s: float = LEASE_S) -> bool:
        """Prolongs a lease. False: another worker has the job, or it has ended."""
        with self._writing() as conn:
            return _change(conn, _held(job_id, owner), due=now() + lease_s)

    def progress(self, job_id: int, owner: str, state: Literal["parsing", "embedding"]) -> bool:
        """Notes how far the work is. False: the lease is lost."""
        with self._writing() as conn:
            return _change(conn, _held(job_id, owner), state=state)

    def cancelled(self, job_id: int) -> bool:
        """Whether a job that a worker holds is to be given up."""
        with _translated(), self._engine.connect() as conn:
            return _cancelled(conn, job_id)

    def finish(self, job_id: int, owner: str, result: WriteResult) -> bool:
        """Ends a job as `live`. False: the lease is lost, nothing is changed."""
        text = orjson.dumps(asdict(result)).decode()
        with self._writing() as conn:
            return end(conn, _held(job_id, owner), state="live", result=text, error=None)

    def fail(self, job_id: int, owner: str, error: Mapping[str, str], *, retry: bool) -> bool:
        """Ends a job as `failed`; with `retry` it is queued again after a pause, or `dead` after its last attempt.

        `error` has `code` and `detail`. False: the lease is lost, nothing is changed.
        """
        text = orjson.dumps(dict(error)).decode()
        held = _held(job_id, owner)
        with self._writing() as conn:
            attempts = conn.scalar(select(jobs.c.attempts).where(held))
            if attempts is None:
                return False
            if retry and attempts < MAX_ATTEMPTS:
                due = now() + _PAUSES_S[attempts - 1]
                return _change(conn, held, state="queued", lease_owner=None, due=due, error=text)
            return end(conn, held, state="dead" if retry else "failed", error=text)

    def release(self, job_id: int, owner: str, pause_s: float = 0.0) -> bool:
        """Gives a job back to the queue as if this attempt had not been. False: the lease is lost."""
        with self._writing() as conn:
            return _change(
                conn,
                _held(job_id, owner),
                state="queued",
                lease_owner=None,
                attempts=jobs.c.attempts - 1,
                due=now() + pause_s if pause_s else 0.0,
            )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _translated(), writing(self._engine) as conn:
            yield conn


def unavailable(exc: BaseException) -> bool:
    """Whether the database or the disk failed (full, locked, gone) rather than what was asked of it."""
    if isinstance(exc, DBAPIError):
        code = getattr(exc.orig, "sqlite_errorcode", None)
        told = explained(exc)
        away = told is not None and told.code in (_LEDGER_UNAVAILABLE, "disk_full")
        return away or exc.connection_invalidated or (code is not None and code & 0xFF in _UNAVAILABLE)
    if isinstance(exc, UpstreamError):
        return exc.code == _LEDGER_UNAVAILABLE
    return isinstance(exc, OSError) and exc.errno in _EXHAUSTED


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as exc:
        if not unavailable(exc):
            raise
        told = explained(exc)
        detail = "the ledger cannot be used." if told is None else told.detail
        raise UpstreamError(detail, fix=None if told is None else told.fix, code=_LEDGER_UNAVAILABLE) from exc


def _insert(conn: Connection, doc: DocumentInput, due: float, at: float) -> int:
    given = {name: value for name, value in asdict(doc).items() if name != "content"}
    row = {"state": "queued", "document_id": doc.id, "input": orjson.dumps(given).decode(), "attempts": 0, "due": due}
    key = conn.execute(insert(jobs).values(**row, created_at=at, updated_at=at)).inserted_primary_key
    assert key is not None
    conn.execute(insert(job_contents).values(job_id=key[0], content=doc.content))
    return int(key[0])


def _next(conn: Connection) -> Row[Any] | None:
    if conn.scalar(select(meta.c.value).where(meta.c.key == PAUSED)) is not None:
        return None
    at = now()
    return conn.execute(_claimable(at).where(jobs.c.due < _IN_TURN)).first() or conn.execute(_claimable(at)).first()


def _cancelled(conn: Connection, job_id: int) -> bool:
    return conn.scalar(select(job_cancels.c.job_id).where(job_cancels.c.job_id == job_id)) is not None


def _claimable(at: float) -> Select[Any]:
    older = jobs.alias("older")
    waits = select(older.c.id).where(
        older.c.document_id == jobs.c.document_id, older.c.id < jobs.c.id, older.c.due.is_not(None)
    )
    return (
        select(jobs.c.id, jobs.c.attempts, jobs.c.input)
        .where(jobs.c.due.is_not(None), or_(jobs.c.due <= at, jobs.c.due > at + _LONGEST_PAUSE_S), ~waits.exists())
        .order_by(jobs.c.id)
        .limit(1)
    )


def _held(job_id: int, owner: str) -> Any:
    return (jobs.c.id == job_id) & (jobs.c.lease_owner == owner) & jobs.c.due.is_not(None)


def _change(conn: Connection, which: Any, **values: Any) -> bool:
    return conn.execute(update(jobs).where(which).values(updated_at=now(), **values)).rowcount == 1


def end(conn: Connection, which: Any, **values: Any) -> bool:
    """Ends the job that `which` names; False when there is none."""
    ids = select(jobs.c.id).where(which)
    for table in (job_contents, job_cancels):
        conn.execute(delete(table).where(table.c.job_id.in_(ids)))
    return _change(conn, which, due=None, lease_owner=None, **values)


def job_query() -> Select[Any]:
    """Rows for `to_job`."""
    return select(jobs, job_batches.c.batch).outerjoin(job_batches, job_batches.c.job_id == jobs.c.id)


def to_job(row: Row[Any]) -> Job:
    given = orjson.loads(row.input)
    return Job(
        id=row.id,
        state=row.state,
        document_id=row.document_id,
        attempts=row.attempts,
        progress=_PROGRESS.get(row.state, 1.0),
        error=orjson.loads(row.error) if row.error else None,
        result=orjson.loads(row.result) if row.result else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        collection=given["collection"],
        acl=tuple(given["acl"]),
        batch=row.batch,
    )
