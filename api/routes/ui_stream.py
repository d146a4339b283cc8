"""The Vercel AI SDK's chat: `useChat` with `api: "/v1/ui/chat"`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.replies import problems
from api.request import JsonRoute
from api.scopes import Asker
from api.state import Here
from api.stream import stream_answer
from api.wire.citations import Rendering
from api.wire.options import check_model, models, style_of
from api.wire.ui import HEADERS, UiChatBody, UiParts

router = APIRouter(prefix="/ui", tags=["compatible clients"], route_class=JsonRoute)

_STREAM = {"description": "The parts of the answer.", "content": {"text/event-stream": {}}}


@router.post(
    "/chat",
    response_class=StreamingResponse,
    responses={200: _STREAM, **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503)},
)
async def ui_chat(body: UiChatBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer the last message from the documents, as a UI message stream of the Vercel AI SDK."""
    if body.model is not None:
        check_model(body.model, models(here.application.settings))
    question = caller.within(body.to_question())
    parts = UiParts(Rendering(style_of(request, body.rag), here.access.links(request, caller)))
    return await stream_answer(here.application, question, parts, request.state.request_id, HEADERS)


@router.get("/chat/{id}/stream", status_code=204, responses=problems(401, 403, 429, 503))
async def resume_chat(id: str, _caller: Asker) -> Response:
    """What `useChat` with `resume` asks for when a page is loaded: an answer whose reader left has ended."""
    return Response(None, 204)
