"""OpenAI's Chat Completions, for clients that people already have."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.reply import Json
from api.request import JsonRoute
from api.scopes import Asker
from api.state import Here
from api.stream import answer_while_connected, reached, ready, stream_answer
from api.wire.chat import ChatBody, ChatChunks, completion
from api.wire.citations import Rendering
from api.wire.known import shown_by
from api.wire.options import check_model, models, style_of
from api.wire.replies import ChatCompletion, openai_problems
from api.wire.tasks import answer_to

router = APIRouter(prefix="/chat", tags=["compatible clients"], route_class=JsonRoute)

_STREAM = {"description": "The completion; with `stream`, its chunks.", "content": {"text/event-stream": {}}}
_PROBLEMS = openai_problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503)


@router.post("/completions", response_model=ChatCompletion, responses={200: _STREAM, **_PROBLEMS})
async def chat_completions(body: ChatBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer the last message from the documents, as OpenAI's Chat Completions do; `model` names an assistant."""
    application = here.application
    model = check_model(body.model, models(application.settings))
    rendering = Rendering(style_of(request, body.rag, shown_by), here.access.links(request, caller))
    wants_usage = bool(body.stream_options and body.stream_options.include_usage)
    chunks = ChatChunks(model, rendering, include_usage=wants_usage, more=body.settled())
    if (order := body.order()) is not None:
        reply = answer_to(order, await run_in_threadpool(application.ledger.head), model)
        if body.stream:
            return ready(reply, chunks)
        return Json(completion(model, reply, rendering), index_version=reply.index_version)
    question = caller.within(body.to_question())
    if body.stream:
        return await stream_answer(application, question, chunks, request.state.request_id, strict=True)
    answer = reached(await answer_while_connected(application, question, request))
    return Json(completion(model, answer, rendering, body.settled()), index_version=answer.index_version)
