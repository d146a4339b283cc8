"""OpenAI's Responses."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.reply import Json
from api.request import JsonRoute
from api.scopes import Asker
from api.state import Here
from api.stream import answer_while_connected, reached, stream_answer
from api.wire.citations import Rendering
from api.wire.options import check_model, models, style_of
from api.wire.replies import openai_problems
from api.wire.responses import ResponsesBody, ResponseWriter
from api.wire.responses_stream import ResponseEvents

router = APIRouter(prefix="/responses", tags=["compatible clients"], route_class=JsonRoute)

_STREAM = {"description": "The response; with `stream`, its events.", "content": {"text/event-stream": {}}}
_PROBLEMS = openai_problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503)


class ResponseReply(BaseModel):
    """OpenAI's `response`: a `file_search_call` and a `message`; `rag` holds what has no place there."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["response"]
    status: Literal["completed"]
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any]
    rag: dict[str, Any]


@router.post("", response_model=ResponseReply, responses={200: _STREAM, **_PROBLEMS})
async def create_response(asked: ResponsesBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer from the documents, as OpenAI's Responses do; citations are `file_citation` annotations."""
    application = here.application
    check_model(asked.model, models(application.settings))
    question = caller.within(asked.to_question())
    rendering = Rendering(style_of(request, asked.rag), str(request.base_url))
    writer = ResponseWriter(asked, question, rendering)
    if asked.stream:
        return await stream_answer(application, question, ResponseEvents(writer), request.state.request_id, strict=True)
    answer = reached(await answer_while_connected(application, question, request))
    return Json(writer.complete(answer), index_version=answer.index_version)
