"""Writes: a job is submitted, the bell is rung, and the writer waits until questions see the document."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from anyio import to_thread
from starlette.concurrency import run_in_threadpool

from api.principal import Principal
from api.state import State
from ingest.jobs import Job
from rag.domain import DocumentInput
from rag.errors import Conflict, NotFound, ParseError, XiansouError
from rag.wire import iso_time

# What went wrong in our own code is for the log; its text is not for callers.
_OURS = {
    "internal": "it failed unexpectedly; the worker's log has the cause.",
    "worker_died": "the workers died on it; their log has the cause.",
}


async def put(here: State, doc: DocumentInput, *, visible: bool) -> tuple[int, dict[str, Any]]:
    """Submits a document; with `visible`, waits up to `ingest.wait_s` for it. Raises the error its job ended with.

    Returns status and receipt: 201 added, 200 updated or unchanged, 202 not visible yet.
    """
    job_id = await run_in_threadpool(_submit, here, doc)
    if not visible:
        return 202, _receipt(doc.id, job_id, "queued", None)
    deadline = time.monotonic() + here.house.settings.ingest.wait_s  # also while waiting for a thread to wait in

    def wait() -> Job:
        return here.jobs.wait(job_id, here.doorbell, deadline - time.monotonic())

    job = await to_thread.run_sync(wait, limiter=here.waiting)
    if job.state in ("failed", "dead"):
        raise _error_of(job, "file" if doc.filename else "text")
    status = 202 if job.result is None else 201 if job.result["state"] == "added" else 200
    return status, _receipt(job.document_id, job.id, job.state, job.result)


def submit_all(here: State, caller: Principal, docs: Sequence[DocumentInput]) -> list[dict[str, Any]]:
    """One job a document; the job and document ids, in order. Raises as `allowed`, and then nothing is submitted."""
    checked = [allowed(here, caller, doc) for doc in docs]
    return [{"job_id": _submit(here, doc), "document_id": doc.id, "state": "queued"} for doc in checked]


def allowed(here: State, caller: Principal, doc: DocumentInput) -> DocumentInput:
    """The document as the caller may write it: see `Principal.writes`. Raises Forbidden, Conflict, InputError."""
    doc = caller.writes(doc)
    if caller.restricted:
        with suppress(NotFound):
            caller.may_replace(here.house.ledger.document(doc.id))
    return doc


def checked_job(job: Job, caller: Principal) -> Job:
    """The job. Raises the same NotFound as for one that is not there when the caller may not see its document."""
    if not caller.sees(job.collection, job.acl):
        raise NotFound(f"no job {job.id}", field="id")
    return job


def job_json(job: Job) -> dict[str, Any]:
    """The reply of `GET /v1/jobs/{id}`. `error` is why it failed, or, while it is retried, why it failed last time."""
    return _receipt(job.document_id, job.id, job.state, job.result) | {
        "progress": job.progress,
        "attempts": job.attempts,
        "error": _told(job),
        "created_at": iso_time(job.created_at),
        "updated_at": iso_time(job.updated_at),
    }


def _submit(here: State, doc: DocumentInput) -> int:
    job_id = here.jobs.submit(doc)
    here.doorbell.ring()
    return job_id


def _receipt(document_id: str, job_id: int, state: str, result: Mapping[str, Any] | None) -> dict[str, Any]:
    """The reply of a PUT; the versions are null until it is live."""
    return {
        "document_id": document_id,
        "version": result["version"] if result else None,
        "state": state,
        "index_version": result["index_version"] if result else None,
        "job_id": job_id,
    }


def _told(job: Job) -> dict[str, str] | None:
    if job.error is None:
        return None
    code = job.error["code"]
    return {"code": code, "detail": _OURS.get(code, job.error["detail"])}


def _error_of(job: Job, content_field: str) -> XiansouError:
    told = _told(job) or {"code": "internal", "detail": _OURS["internal"]}
    if told["code"] == "conflict":
        return Conflict(told["detail"], field="collection")
    if job.state == "dead":
        return XiansouError(told["detail"], code=told["code"])
    return ParseError(told["detail"], field=content_field, code=told["code"])
