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
from ingest.queue import OURS, Queue, job_json
from rag.domain import DocumentInput
from rag.errors import Conflict, NotFound, ParseError, XiansouError


async def put(here: State, doc: DocumentInput, *, visible: bool) -> tuple[int, dict[str, Any]]:
    """Submits a document; with `visible`, waits up to `ingest.wait_s` for it. Raises the error its job ended with.

    Returns status and receipt: 201 added, 200 updated or unchanged, 202 not visible yet.
    """
    job_id = await run_in_threadpool(_submit, here, doc)
    if not visible:
        return 202, _receipt(doc.id, job_id, "queued", None)
    deadline = time.monotonic() + here.application.settings.ingest.wait_s  # also while waiting for a thread to wait in

    def wait() -> Job:
        return here.jobs.wait(job_id, here.doorbell, deadline - time.monotonic())

    job = await to_thread.run_sync(wait, limiter=here.waiting)
    if job.state in ("failed", "dead"):
        raise _error_of(job, "file" if doc.filename else "text")
    status = 202 if job.result is None else 201 if job.result["state"] == "added" else 200
    return status, _receipt(job.document_id, job.id, job.state, job.result)


def submit_all(here: State, caller: Principal, docs: Sequence[DocumentInput]) -> dict[str, Any]:
    """One job a document, in order, and the batch that shows how far all of them are.

    Raises as `allowed`, and then nothing is submitted.
    """
    docs = [allowed(here, caller, doc) for doc in docs]
    name = docs[0].id if len(docs) == 1 else f"{docs[0].id} and {len(docs) - 1} more"
    batch = Queue(here.application.ledger.engine).open_batch(name)
    jobs = [{"job_id": _submit(here, doc, batch), "document_id": doc.id, "state": "queued"} for doc in docs]
    return {"batch": batch, "jobs": jobs}


def allowed(here: State, caller: Principal, doc: DocumentInput) -> DocumentInput:
    """The document as the caller may write it: see `Principal.writes`. Raises Forbidden, Conflict."""
    doc = caller.writes(doc)
    if caller.restricted:
        with suppress(NotFound):
            caller.may_replace(here.application.ledger.document(doc.id))
    return doc


def _submit(here: State, doc: DocumentInput, batch: str | None = None) -> int:
    job_id = here.jobs.submit(doc, batch)
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


def _error_of(job: Job, content_field: str) -> XiansouError:
    error = job_json(job)["error"] or {"code": "internal", "detail": OURS["internal"]}
    if error["code"] == "conflict":
        return Conflict(error["detail"], field="collection")
    if job.state == "dead":
        return XiansouError(error["detail"], code=error["code"])
    return ParseError(error["detail"], field=content_field, code=error["code"])
