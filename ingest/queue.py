"""The queue as a person looks at it and steers it: lists, batches, cancel, pause."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import orjson
from sqlalchemy import Engine, delete, func, insert, or_, select

from ingest.jobs import CANCELLED, PAUSED, Job, State, end, job_query, to_job
from rag.errors import Conflict, NotFound
from rag.record.engine import writing
from rag.record.feed import now
from rag.record.schema import jobs, meta
from rag.record.serializers import iso_time
from rag.record.tables.queue import batches, job_batches, job_cancels

# What went wrong in our own code is for the log; its text is not for callers.
OURS: Mapping[str, str] = {
    "internal": "it failed unexpectedly; the worker's log has the cause.",
    "worker_died": "the workers died on it; their log has the cause.",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """A folder or an upload: how many of its jobs are in which state. `progress` is the share (0–1) that has ended."""

    id: str
    name: str
    total: int
    states: Mapping[str, int]
    progress: float
    created_at: float


class Queue:
    """Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # -- looking -------------------------------------------------------------------------------------------------------

    def page(
        self, *, before: int | None = None, limit: int = 50, state: State | None = None, batch: str | None = None
    ) -> list[Job]:
        """Jobs, newest first, below the id `before`, at most `limit`."""
        query = job_query().order_by(jobs.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(jobs.c.id < before)
        if state is not None:
            query = query.where(jobs.c.state == state)
        if batch is not None:
            query = query.where(job_batches.c.batch == batch)
        with self._engine.connect() as conn:
            return [to_job(row) for row in conn.execute(query)]

    def counts(self) -> dict[str, int]:
        """Jobs of each state."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        with self._engine.connect() as conn:
            counts = {state: count for state, count in conn.execute(query).tuples()}
        return {state: counts.get(state, 0) for state in get_args(State)}

    def batch(self, batch_id: str) -> Batch:
        """Raises NotFound."""
        counted = (
            select(jobs.c.state, func.count())
            .join(job_batches, job_batches.c.job_id == jobs.c.id)
            .where(job_batches.c.batch == batch_id)
            .group_by(jobs.c.state)
        )
        with self._engine.connect() as conn:
            row = conn.execute(select(batches).where(batches.c.id == batch_id)).first()
            states = {state: int(count) for state, count in conn.execute(counted)}
        if row is None:
            raise NotFound(f"no batch {batch_id!r}", field="batch", fix="Take the id that the upload's reply gave.")
        total = sum(states.values())
        ended = sum(states.get(state, 0) for state in ("live", "failed", "dead"))
        return Batch(row.id, row.name, total, states, round(ended / total, 4) if total else 1.0, row.created_at)

    def paused(self) -> bool:
        """Whether workers leave the queue alone."""
        with self._engine.connect() as conn:
            return conn.scalar(select(meta.c.value).where(meta.c.key == PAUSED)) is not None

    # -- steering ------------------------------------------------------------------------------------------------------

    def open_batch(self, name: str) -> str:
        """A new batch; returns its id, for `Jobs.submit`."""
        batch_id = f"bat_{uuid.uuid4().hex}"
        with writing(self._engine) as conn:
            conn.execute(insert(batches).values(id=batch_id, name=name, created_at=now()))
        return batch_id

    def cancel(self, job_id: int) -> Job:
        """Ends a waiting job as `failed` with code `cancelled`; a running one is given up before it writes.

        A worker that is writing already finishes, so read the job's state afterwards. Raises NotFound, and Conflict when
        the job has ended otherwise.
        """
        with writing(self._engine) as conn:
            row = conn.execute(job_query().where(jobs.c.id == job_id)).first()
            if row is None:
                raise NotFound(f"no job {job_id}", field="id")
            job = to_job(row)
            if job.ended:
                if job.error is not None and job.error.get("code") == CANCELLED["code"]:
                    return job
                raise Conflict(f"job {job_id} has ended as {job.state}.", field="id", code="job_ended")
            free = or_(jobs.c.lease_owner.is_(None), jobs.c.due <= now())
            text = orjson.dumps(CANCELLED).decode()
            if not end(conn, (jobs.c.id == job_id) & free, state="failed", error=text):
                query = select(job_cancels.c.job_id).where(job_cancels.c.job_id == job_id)
                if conn.scalar(query) is None:
                    conn.execute(insert(job_cancels).values(job_id=job_id, at=now()))
            row = conn.execute(job_query().where(jobs.c.id == job_id)).one()
            return to_job(row)

    def cancel_batch(self, batch_id: str) -> int:
        """Cancels what has not ended of a batch; returns how many jobs. Raises NotFound."""
        self.batch(batch_id)
        unfinished = (
            select(jobs.c.id)
            .join(job_batches, job_batches.c.job_id == jobs.c.id)
            .where(job_batches.c.batch == batch_id, jobs.c.due.is_not(None))
        )
        with self._engine.connect() as conn:
            ids = [int(key) for key in conn.scalars(unfinished)]
        count = 0
        for job_id in ids:
            try:
                self.cancel(job_id)
                count += 1
            except Conflict:  # it ended meanwhile
                continue
        return count

    def pause(self) -> None:
        """Workers end what they hold and take nothing more, also after a restart. Jobs are still accepted."""
        with writing(self._engine) as conn:
            if conn.scalar(select(meta.c.value).where(meta.c.key == PAUSED)) is None:
                conn.execute(insert(meta).values(key=PAUSED, value=str(now())))

    def resume(self) -> None:
        """Workers go on within a second."""
        with writing(self._engine) as conn:
            conn.execute(delete(meta).where(meta.c.key == PAUSED))


def job_json(job: Job) -> dict[str, Any]:
    """A job on the wire. `error` is why it failed, or, while it is retried, why it failed last time."""
    error = job.error and {"code": job.error["code"], "detail": OURS.get(job.error["code"], job.error["detail"])}
    return {
        "job_id": job.id,
        "document_id": job.document_id,
        "state": job.state,
        "progress": job.progress,
        "version": job.result["version"] if job.result else None,
        "index_version": job.result["index_version"] if job.result else None,
        "attempts": job.attempts,
        "error": error,
        "batch": job.batch,
        "cleaned": job.result.get("cleaned", {}) if job.result else {},
        "created_at": iso_time(job.created_at),
        "updated_at": iso_time(job.updated_at),
    }


def batch_json(batch: Batch) -> dict[str, Any]:
    """A batch on the wire."""
    return {
        "batch": batch.id,
        "name": batch.name,
        "total": batch.total,
        "states": dict(batch.states),
        "progress": batch.progress,
        "created_at": iso_time(batch.created_at),
    }
