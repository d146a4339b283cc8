"""The library: its documents, what is on its way, upload by drag and drop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Request
from fastapi.routing import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import write
from api.principal import Principal
from api.request import read_documents
from api.schemas import cursor_after, read_cursor
from api.scopes import Admin
from api.state import Here, State
from api.web.console.shown import Lang, show
from ingest.catalogue import Catalogue
from ingest.queue import Queue, job_json
from ingest.sync import source_json
from rag.domain import Document

router = APIRouter(prefix="/console")

_PAGE = 50
_LOOKED_AT = 5_000  # documents that are looked through for a search
_JOBS = 8
_ENDED = ("live", "failed", "dead")


@router.get("")
def start(request: Request, here: Here, caller: Admin, lang: Lang = None) -> Response:
    """The first page."""
    return library(request, here, caller)


@router.get("/library")
def library(
    request: Request,
    here: Here,
    caller: Admin,
    lang: Lang = None,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """Documents by id, a page at a time; `q` is part of an id or title."""
    documents, more = _page(here, caller, q.strip().casefold(), read_cursor(cursor))
    htmx = "hx-request" in request.headers
    context = {"documents": documents, "next": more, "q": q, "counts": here.application.ledger.counts()}
    if htmx:
        return show(request, "library_list.html", caller, **context)
    return show(request, "library.html", caller, **context, **_jobs(here, caller), sources=_sources(here, caller))


@router.post("/upload", name="upload_documents")
async def upload(request: Request, here: Here, caller: Admin) -> Response:
    """Takes files; each becomes a document whose id is its name."""
    docs = await read_documents(request)
    await run_in_threadpool(write.submit_all, here, caller, docs)
    return show(request, "jobs.html", caller, **await run_in_threadpool(_jobs, here, caller))


@router.get("/jobs")
def jobs(request: Request, here: Here, caller: Admin) -> Response:
    """The newest jobs; the page asks again while one is on its way."""
    return show(request, "jobs.html", caller, **_jobs(here, caller))


def _jobs(here: State, caller: Principal) -> dict[str, object]:
    queue = Queue(here.application.ledger.engine)
    shown = [job_json(job) for job in queue.page(limit=_JOBS * 5) if caller.sees(job.collection, job.acl)][:_JOBS]
    return {"jobs": shown, "busy": any(job["state"] not in _ENDED for job in shown), "paused": queue.paused()}


def _sources(here: State, caller: Principal) -> list[Mapping[str, object]]:
    """What documents are taken from by themselves, as far as the caller may see its collection."""
    sources = Catalogue(here.application.ledger.engine).all()
    return [source_json(one) for one in sources if caller.sees(one.collection, ())]


def _page(here: State, caller: Principal, wanted: str, after: str) -> tuple[list[Document], str | None]:
    ledger, scope = here.application.ledger, caller.scope()
    documents: list[Document] = []
    looked = 0
    while len(documents) <= _PAGE and looked < _LOOKED_AT:
        page = ledger.page(after=after, limit=200 if wanted else _PAGE + 1, scope=scope)
        if not page:
            return documents, None
        documents += [doc for doc in page if wanted in doc.id.casefold() or wanted in doc.title.casefold()]
        after, looked = page[-1].id, looked + len(page)
    return documents[:_PAGE], cursor_after(documents[_PAGE - 1].id) if len(documents) > _PAGE else None
