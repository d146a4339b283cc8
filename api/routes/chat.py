"""OpenAI's Chat Completions, for clients that people already have."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.reply import Json
from api.request import JsonRoute
from api.scopes import Asker
from api.state import Here
from api.stream import answer_while_connected, reached, stream_answer
from api.wire.chat import ChatBody, ChatChunks, completion
from api.wire.citations import Rendering
from api.wire.options import check_model, models, style_of
from api.wire.replies import ChatCompletion, openai_problems

router = APIRouter(prefix="/chat", tags=["compatible clients"], route_class=JsonRoute)

_STREAM = {"description": "The completion; with `stream`, its chunks.", "content": {"text/event-stream": {}}}
_PROBLEMS = openai_problems(400, 401, 403, 404, 409, 413, 415, 429, 500, 502, 503)


@router.post("/completions", response_model=ChatCompletion, responses={200: _STREAM, **_PROBLEMS})
async def chat_completions(asked: ChatBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer the last message from the documents, as OpenAI's Chat Completions do; `model` names an assistant."""
    application = here.application
    model = check_model(asked.model, models(application.settings))
    question = caller.within(asked.to_question())
    rendering = Rendering(style_of(request, asked.rag), str(request.base_url))
    if asked.stream:
        wants_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        chunks = ChatChunks(model, rendering, include_usage=wants_usage)
        return await stream_answer(application, question, chunks, request.state.request_id, strict=True)
    answer = reached(await answer_while_connected(application, question, request))
    return Json(completion(model, answer, rendering), index_version=answer.index_version)
