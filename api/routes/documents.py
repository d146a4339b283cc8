"""Documents: put, upload, list, show, delete, and the text of every version."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from api import write
from api.document_replies import AsReadReply, DeleteReply, DocumentReply, DocumentsReply, JobsReply, WriteReply
from api.replies import problems
from api.reply import Json
from api.request import DocumentId, JsonRoute, read_document, read_documents
from api.schemas import (
    MAX_INT,
    PUT_BODY,
    UPLOAD_BODY,
    CollectionParameter,
    CursorParameter,
    LimitParameter,
    WaitParameter,
    cursor_after,
    read_cursor,
)
from api.scopes import Member, Reader, Writer
from api.state import Here
from rag.record import readings
from rag.record.serializers import document_json

router = APIRouter(prefix="/documents", tags=["documents"], route_class=JsonRoute)

_WRITTEN: dict[int | str, dict[str, Any]] = {
    201: {"model": WriteReply, "description": "Added; questions see it."},
    202: {"model": WriteReply, "description": "Taken; the job goes on."},
}


@router.put(
    "/{id:document_id}",
    response_model=WriteReply,
    responses=_WRITTEN | problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    openapi_extra=PUT_BODY,
)
async def put_document(
    document_id: DocumentId, request: Request, here: Here, caller: Writer, wait: WaitParameter = "visible"
) -> Response:
    """Create or replace a document by your own id; the same content again changes nothing."""
    doc = await read_document(request, document_id)
    doc = await run_in_threadpool(write.allowed, here, caller, doc)
    status, receipt = await write.put(here, doc, visible=wait == "visible")
    return Json(receipt, status)


@router.post(
    "",
    status_code=202,
    response_model=JobsReply,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    openapi_extra=UPLOAD_BODY,
)
async def upload_documents(request: Request, here: Here, caller: Writer) -> Response:
    """Upload files; each becomes a document whose id is its filename."""
    docs = await read_documents(request)
    return Json(await run_in_threadpool(write.submit_all, here, caller, docs), 202)


@router.get("", response_model=DocumentsReply, responses=problems(401, 403, 422, 429, 500, 503))
def list_documents(
    here: Here,
    caller: Reader,
    cursor: CursorParameter = None,
    limit: LimitParameter = 50,
    collection: CollectionParameter = None,
) -> Response:
    """Documents by id, a page at a time."""
    documents = here.application.ledger.page(after=read_cursor(cursor), limit=limit + 1, scope=caller.scope(collection))
    more = cursor_after(documents[limit - 1].id) if len(documents) > limit else None
    return Json({"documents": [document_json(doc) for doc in documents[:limit]], "next_cursor": more})


@router.get(
    "/{id:document_id}/versions/{v:int}/text",
    response_class=PlainTextResponse,
    responses=problems(401, 403, 404, 422, 429, 500, 503),
)
def version_text(document_id: DocumentId, v: Annotated[int, Path(ge=1, le=MAX_INT)], here: Here, caller: Member) -> Response:
    """The text of a version, also of a superseded one: what `start` and `end` of citations point into."""
    return PlainTextResponse(here.application.ledger.text(document_id, v, scope=caller.scope()))


@router.get("/{id:document_id}/as-read", response_model=AsReadReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def document_as_read(document_id: DocumentId, here: Here, caller: Reader) -> Response:
    """The current version as it was read: its text, what it is made of, what was left out and why."""
    ledger = here.application.ledger
    doc = caller.checked(ledger.document(document_id))
    return Json(readings.as_read(ledger.engine, doc) | {"masked": ledger.masked(doc.id, doc.version)})


@router.get("/{id:document_id}", response_model=DocumentReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def show_document(document_id: DocumentId, here: Here, caller: Reader) -> Response:
    """A document at its current version, without its text."""
    return Json(document_json(caller.checked(here.application.ledger.document(document_id))))


@router.delete("/{id:document_id}", response_model=DeleteReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def delete_document(document_id: DocumentId, here: Here, caller: Writer) -> Response:
    """Delete a document; no question that starts after the reply sees it."""
    gone = here.application.ledger.delete(document_id, scope=caller.scope(), by_hand=True)
    return Json({"document_id": document_id, "versions": gone.version, "index_version": gone.index_version})
