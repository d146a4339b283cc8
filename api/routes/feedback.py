"""Feedback: a thumb, a reason, the right answer."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from api.answer_replies import FeedbackReply
from api.replies import problems
from api.reply import Json
from api.request import JsonRoute
from api.routes.answers import owner_of
from api.schemas import Body
from api.scopes import Asker
from api.state import Here
from rag.record.feedback import Feedback
from rag.record.serializers import feedback_json

router = APIRouter(prefix="/feedback", tags=["answers"], route_class=JsonRoute)

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class FeedbackBody(Body):
    """What a visitor thinks of an answer. Sent again, it replaces what the same visitor said before."""

    answer_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["ans_5f0c8a"])
    rating: Literal["up", "down", 1, -1] = Field(description="`up` or 1, `down` or -1.")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        None, examples=["outdated"], description="Short, for counting."
    )
    correction: _Text | None = Field(None, description="What the answer should have been.")
    comment: _Text | None = None
    visitor: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="Who says so, where one key asks for many people."
    )


@router.post("", response_model=FeedbackReply, responses=problems(400, 401, 403, 404, 413, 415, 422, 429, 500, 503))
def give_feedback(given: FeedbackBody, here: Here, caller: Asker) -> Response:
    """Rate an answer; the same again changes nothing. Badly rated questions appear in `GET /v1/gaps`."""
    visitor = "/".join(part for part in (caller.owner, given.visitor) if part)
    opinion = Feedback(
        given.answer_id,
        visitor,
        1 if given.rating in ("up", 1) else -1,
        given.reason or None,
        given.correction or None,
        given.comment or None,
    )
    return Json(feedback_json(here.application.memory.rate(opinion, owner_of(caller))))
