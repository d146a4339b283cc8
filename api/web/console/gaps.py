"""Questions that found no answer, in groups; writing the answer publishes it and asks them again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.routing import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import write
from api.scopes import Admin
from api.state import Here
from api.web.console.shown import Lang, show
from rag import gaps

router = APIRouter(prefix="/console")


@router.get("/gaps")
def gaps_page(
    request: Request,
    here: Here,
    caller: Admin,
    lang: Lang = None,
    days: Annotated[int, Query(ge=1, le=36_500)] = 90,
    decided: Annotated[bool, Query()] = False,
) -> Response:
    """The most asked first."""
    matching = gaps.find_gaps(here.application, days=days, every_state=decided, collections=caller.collections)
    return show(request, "gaps.html", caller, gaps=matching[:100], total=len(matching), days=days, decided=decided)


@router.get("/gaps/{id}")
def gap_part(id: str, request: Request, here: Here, caller: Admin) -> Response:
    """One group: its questions, documents that come near, and a draft where there is one."""
    gap = gaps.find_gap(here.application, id, caller.collections)
    draft = gaps.draft(here.application, gap)
    return show(
        request,
        "gap.html",
        caller,
        gap=gap,
        nearest=gaps.nearest(here.application, gap),
        draft=(draft or {}).get("answer") or "",
    )


@router.post("/gaps/{id}/accept", name="accept_gap")
async def accept(
    id: str, request: Request, here: Here, caller: Admin, answer: Annotated[str, Form(min_length=1, max_length=20_000)]
) -> Response:
    """Publishes the answer as a FAQ entry and asks the group's questions again."""
    gap = await run_in_threadpool(gaps.find_gap, here.application, id, caller.collections)
    doc = await run_in_threadpool(write.allowed, here, caller, gaps.faq_document(gap, answer))
    await write.put(here, doc, visible=True)
    retried = await run_in_threadpool(gaps.accepted, here.application, gap, doc.id)
    return show(request, "gap_done.html", caller, gap=gap, asked=retried, document_id=doc.id)


@router.post("/gaps/{id}/dismiss", name="dismiss_gap")
def dismiss(id: str, request: Request, here: Here, caller: Admin) -> Response:
    """These questions shall not be answered."""
    gap = gaps.find_gap(here.application, id, caller.collections)
    gaps.dismiss(here.application, gap)
    return show(request, "gap_done.html", caller, gap=gap, asked=None, document_id=None)
