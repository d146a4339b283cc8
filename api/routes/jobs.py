"""Jobs: how far a write is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.auth import Writer
from api.replies import JobReply, problems
from api.reply import Json
from api.schemas import MAX_INT
from api.state import Here
from api.write import checked_job, job_json

router = APIRouter(prefix="/jobs", tags=["documents"])


@router.get("/{id}", response_model=JobReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def show_job(id: Annotated[int, Path(ge=1, le=MAX_INT)], here: Here, caller: Writer) -> Response:
    """How far a write is: queued, parsing, embedding, then live, failed or dead."""
    return Json(job_json(checked_job(here.jobs.get(id), caller)))
