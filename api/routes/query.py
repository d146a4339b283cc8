"""Questions: a cited answer, or hits only."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.replies import AnswerReply, HitsReply, problems
from api.reply import Json
from api.request import JsonRoute
from api.schemas import ExplainedBody, QueryBody
from api.scopes import Asker, Searcher
from api.state import Here
from api.stream import EXAMPLE, answer_events, answer_while_connected
from rag.record.serializers import answer_json, hits_json

router = APIRouter(tags=["questions"], route_class=JsonRoute)

_PROBLEMS = problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 502, 503)
_STREAM = {
    "description": "The answer; with `stream`, as server-sent events: `answer.start`, then `answer.sentence` for each that "
    "passed the checks, `answer.status` while the LLM is silent, last `answer.end` with the whole answer, or `error` with a "
    "problem. A comment (`: ping`) every five seconds. A stream that ends without one of the last two was cut.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "examples": {"an answer": {"value": EXAMPLE}}}},
}


@router.post("/query", response_model=AnswerReply, responses={200: _STREAM, **_PROBLEMS})
async def query(body: QueryBody, here: Here, caller: Asker, request: Request) -> Response:
    """Answer a question from the documents, with citations that can be checked, or say that they do not answer it."""
    question = caller.within(body.to_question())
    if body.stream:
        return await answer_events(here.application, question, request.state.request_id)
    answer = await answer_while_connected(here.application, question, request)
    return Json(answer_json(answer), index_version=answer.index_version)


@router.post("/retrieve", response_model=HitsReply, responses=_PROBLEMS)
def retrieve(body: ExplainedBody, here: Here, caller: Searcher) -> Response:
    """The passages that match a question, best first."""
    explain = bool(body.explain)
    retrieved = here.application.answerer.retrieve(caller.within(body.to_question()), explain=explain)
    return Json(hits_json(retrieved, explain=explain), index_version=retrieved.version)
