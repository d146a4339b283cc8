"""Jobs: how far a write is, lists by state and batch, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.document_replies import JobPageReply, JobReply, JobState
from api.principal import Principal
from api.replies import problems
from api.reply import Json
from api.schemas import MAX_INT, CursorParameter, LimitParameter, cursor_after, read_cursor
from api.scopes import Writer
from api.state import Here
from ingest.jobs import Job
from ingest.queue import Queue, batch_json, job_json
from rag.errors import InputError, NotFound

router = APIRouter(prefix="/jobs", tags=["documents"])

JobId = Annotated[int, Path(ge=1, le=MAX_INT)]
StateParameter = Annotated[JobState | None, Query(description="Jobs in this state only.")]
BatchParameter = Annotated[str | None, Query(max_length=64, description="Jobs of this upload or folder, and its progress.")]


@router.get("", response_model=JobPageReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def list_jobs(
    here: Here,
    caller: Writer,
    cursor: CursorParameter = None,
    limit: LimitParameter = 50,
    state: StateParameter = None,
    batch: BatchParameter = None,
) -> Response:
    """Jobs, newest first, a page at a time; with `batch`, how far the whole of it is."""
    queue = Queue(here.application.ledger.engine)
    batch_reply = batch_json(queue.batch(batch)) if batch is not None else None
    if batch is not None and caller.restricted and not _page(queue, caller, None, 1, batch=batch):
        raise NotFound(f"no batch {batch!r}", field="batch", fix="Take the id that the upload's reply gave.")
    jobs = _page(queue, caller, _before(cursor), limit + 1, state=state, batch=batch)
    more = cursor_after(str(jobs[limit - 1].id)) if len(jobs) > limit else None
    shown = [job_json(job) for job in jobs[:limit]]
    return Json({"jobs": shown, "next_cursor": more, "batch": batch_reply, "paused": queue.paused()})


@router.get("/{id}", response_model=JobReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def show_job(id: JobId, here: Here, caller: Writer) -> Response:
    """How far a write is: queued, parsing, embedding, then live, failed or dead."""
    return Json(job_json(_checked(here.jobs.get(id), caller)))


@router.delete("/{id}", response_model=JobReply, responses=problems(401, 403, 404, 409, 422, 429, 500, 503))
def cancel_job(id: JobId, here: Here, caller: Writer) -> Response:
    """Cancel a job: it ends as `failed` with code `cancelled`, at once when it waits, before it writes when it runs.

    409 when it has ended otherwise. A job that is being written when the cancel comes still ends as `live`.
    """
    _checked(here.jobs.get(id), caller)
    job = Queue(here.application.ledger.engine).cancel(id)
    if job.ended:
        here.doorbell.announce(id)
    return Json(job_json(job))


def _checked(job: Job, caller: Principal) -> Job:
    """The job. Raises the same NotFound as for one that is not there when the caller may not see its document."""
    if not caller.sees(job.collection, job.acl):
        raise NotFound(f"no job {job.id}", field="id")
    return job


def _page(queue: Queue, caller: Principal, before: int | None, limit: int, **which: Any) -> list[Job]:
    """Jobs that the caller may see, at most `limit`."""
    visible: list[Job] = []
    while len(visible) < limit:
        jobs = queue.page(before=before, limit=max(limit, 200) if caller.restricted else limit, **which)
        visible += [job for job in jobs if caller.sees(job.collection, job.acl)]
        if not jobs or not caller.restricted:
            break
        before = jobs[-1].id
    return visible[:limit]


def _before(cursor: str | None) -> int | None:
    after = read_cursor(cursor)
    if after and not (after.isascii() and after.isdigit() and int(after) <= MAX_INT):
        raise InputError("that is no cursor of ours.", field="cursor", fix="Send `next_cursor` as it came.")
    return int(after) if after else None
