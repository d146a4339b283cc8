"""Gaps: what people ask and the documents do not answer, and closing such a gap."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import write
from api.answer_replies import AcceptedReply, DismissedReply, GapReply, GapsReply
from api.replies import problems
from api.reply import Json
from api.request import JsonRoute
from api.schemas import Body
from api.scopes import Admin
from api.state import Here
from rag import gaps
from rag.wiring import Application

router = APIRouter(prefix="/gaps", tags=["answers"], route_class=JsonRoute)

GapId = Annotated[str, Path(min_length=1, max_length=100)]
_PROBLEMS = problems(401, 403, 404, 422, 429, 500, 502, 503)
_ACCEPT_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)


class AcceptBody(Body):
    """The answer to a gap's questions."""

    answer: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)] = Field(
        examples=["The showroom is open Tuesday to Saturday."]
    )


@router.get("", response_model=GapsReply, responses=_PROBLEMS)
def list_gaps(
    here: Here,
    caller: Admin,
    days: Annotated[int, Query(ge=1, le=36_500, description="Of the last so many days.")] = 90,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    decided: Annotated[bool, Query(description="Also those that were accepted or dismissed.")] = False,
) -> Response:
    """Unanswered and badly rated questions in groups, the most asked first, with the nearest documents."""
    matching = gaps.find_gaps(here.application, days=days, every_state=decided, collections=caller.collections)
    shown = [_gap_json(here.application, gap) for gap in matching[:limit]]
    return Json({"gaps": shown, "total": len(matching)})


@router.get("/{id}", response_model=GapReply, responses=_PROBLEMS)
def show_gap(id: GapId, here: Here, caller: Admin) -> Response:
    """One gap, with a draft of a FAQ entry: a visitor's correction, or what the LLM can word from the documents."""
    gap = gaps.find_gap(here.application, id, caller.collections)
    return Json(_gap_json(here.application, gap) | {"draft": gaps.draft(here.application, gap)})


@router.post("/{id}/accept", response_model=AcceptedReply, responses=_ACCEPT_PROBLEMS)
async def accept_gap(id: GapId, given: AcceptBody, here: Here, caller: Admin) -> Response:
    """Publish the answer as a FAQ document, and ask the gap's questions again: how many are answered now?"""
    application = here.application
    gap = await run_in_threadpool(gaps.find_gap, application, id, caller.collections)
    doc = await run_in_threadpool(write.allowed, here, caller, gaps.faq_document(gap, given.answer))
    _, receipt = await write.put(here, doc, visible=True)
    retried = await run_in_threadpool(gaps.accepted, application, gap, doc.id)
    published = {key: receipt[key] for key in ("document_id", "version", "index_version")}
    return Json({"gap_id": gap.id, **published, **asdict(retried)})


@router.post("/{id}/dismiss", response_model=DismissedReply, responses=problems(401, 403, 404, 409, 422, 429, 500, 503))
def dismiss_gap(id: GapId, here: Here, caller: Admin) -> Response:
    """These questions shall not be answered: do not show them again."""
    gap = gaps.find_gap(here.application, id, caller.collections)
    gaps.dismiss(here.application, gap)
    return Json({"gap_id": gap.id, "state": "dismissed"})


def _gap_json(application: Application, gap: gaps.Gap) -> dict[str, Any]:
    return gaps.gap_json(gap) | {"nearest": gaps.nearest(application, gap), "draft": None}
