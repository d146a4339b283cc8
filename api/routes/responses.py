"""OpenAI's Responses."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.reply import Json
from api.request import JsonRoute
from api.scopes import Asker
from api.state import Here
from api.stream import answer_while_connected, reached, ready, stream_answer
from api.wire.citations import Rendering
from api.wire.known import shown_in_responses
from api.wire.options import check_model, models, style_of
from api.wire.replies import openai_problems
from api.wire.responses import ResponsesBody, ResponseWriter
from api.wire.responses_stream import ResponseEvents
from api.wire.tasks import ORDERED, answer_to
from rag.domain import Question

router = APIRouter(prefix="/responses", tags=["compatible clients"], route_class=JsonRoute)

_STREAM = {"description": "The response; with `stream`, its events.", "content": {"text/event-stream": {}}}
_PROBLEMS = openai_problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503)


class ResponseReply(BaseModel):
    """OpenAI's `response`: a `message`, after a `file_search_call` for who gave that tool; `rag` holds what else is told."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["response"]
    status: Literal["completed"]
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any]
    rag: dict[str, Any]


@router.post("", response_model=ResponseReply, responses={200: _STREAM, **_PROBLEMS})
async def create_response(body: ResponsesBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer from the documents, as OpenAI's Responses do; citations are `url_citation` annotations."""
    application = here.application
    check_model(body.model, models(application.settings))
    order = body.order()
    question = Question(ORDERED, profile=body.model) if order else caller.within(body.to_question())
    rendering = Rendering(style_of(request, body.rag, shown_in_responses), here.access.links(request, caller))
    writer = ResponseWriter(body, question, rendering)
    if order is not None:
        reply = answer_to(order, await run_in_threadpool(application.ledger.head), body.model)
        return ready(reply, ResponseEvents(writer)) if body.stream else Json(writer.complete(reply))
    if body.stream:
        return await stream_answer(application, question, ResponseEvents(writer), request.state.request_id, strict=True)
    answer = reached(await answer_while_connected(application, question, request))
    return Json(writer.complete(answer), index_version=answer.index_version)
