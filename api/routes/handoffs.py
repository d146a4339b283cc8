"""The way to a person: ask for one, and take a conversation over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.principal import Principal
from api.replies import problems
from api.reply import Json
from api.request import JsonRoute
from api.schemas import Body, Name
from api.scopes import Admin, Asker, requires
from api.state import Here
from rag.errors import InputError, NotFound
from rag.record.handoffs import ANYBODY
from rag.record.serializers import iso_time

router = APIRouter(tags=["a person"], route_class=JsonRoute)

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
ConversationId = Annotated[str, Path(min_length=1, max_length=200, description="`conversation_id` of a reply.")]


class HandoffBody(Body):
    """Who wants a person, for what, and how to reach them."""

    conversation_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    answer_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    name: _Line | None = None
    contact: _Line | None = Field(None, examples=["kim@example.com"], description="An address or a number.")
    message: _Text | None = None
    page: Annotated[str, StringConstraints(max_length=2000)] | None = Field(None, description="Where they are.")
    language: _Line | None = None


class HandoffReply(BaseModel):
    """`told`: whether a help desk is told of it (`handoff.url`); else it waits in `GET /v1/handoffs`."""

    model_config = ConfigDict(extra="forbid")
    handoff_id: str = Field(examples=["hof_5f0c8a"])
    told: bool


class QueuedReply(BaseModel):
    """A message to the help desk."""

    model_config = ConfigDict(extra="forbid")
    handoff_id: str
    created_at: str
    kind: Literal["handoff.requested", "conversation.message"]
    state: Literal["queued", "sent", "dead", "kept"]
    attempts: int
    error: str | None
    body: dict[str, Any]


class QueueReply(BaseModel):
    """Newest first."""

    model_config = ConfigDict(extra="forbid")
    handoffs: list[QueuedReply]


class TakeoverBody(Body):
    """Who takes over. `visitor`: of whom alone, where one key asks for many people with ids of their own."""

    agent: Name = Field("agent", examples=["Mia"])
    visitor: Name | None = None


class TakeoverReply(BaseModel):
    """Who answers in a conversation; `agent` null: the assistant."""

    model_config = ConfigDict(extra="forbid")
    conversation_id: str
    state: Literal["agent", "assistant"]
    agent: str | None
    since: str | None


_PROBLEMS = problems(400, 401, 403, 404, 413, 415, 422, 429, 500, 503)
Desk = Annotated[Principal, requires("query")]  # a help desk's key: no visitor of a widget


@router.post("/handoff", status_code=202, response_model=HandoffReply, responses=_PROBLEMS)
def ask_for_a_person(given: HandoffBody, here: Here, caller: Asker) -> Response:
    """Ask for a person. It is in the record when the reply comes, and the help desk's webhook is told until it has heard it."""
    fields = given.model_dump(exclude={"conversation_id"}, exclude_none=True)
    if not fields.keys() & {"contact", "message", "answer_id"} and given.conversation_id is None:
        raise InputError(
            "nothing says who waits for what.", field="contact", fix="Send `contact`, `message` or a conversation."
        )
    key = here.desk.request(caller.owner, given.conversation_id, {"reason": "form", **fields})
    return Json({"handoff_id": key, "told": bool(here.application.settings.handoff.url)}, 202)


@router.get("/handoffs", response_model=QueueReply, responses=_PROBLEMS)
def list_handoffs(here: Here, _caller: Admin, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
    """What the help desk was told, or will be."""
    handoffs = [
        {
            "handoff_id": one.id,
            "created_at": iso_time(one.at),
            "kind": one.kind,
            "state": one.state,
            "attempts": one.attempts,
            "error": one.error,
            "body": dict(one.body),
        }
        for one in here.desk.queue.page(limit)
    ]
    return Json({"handoffs": handoffs})


@router.post("/conversations/{id}/takeover", response_model=TakeoverReply, responses=_PROBLEMS)
def take_over(id: ConversationId, given: TakeoverBody, here: Here, caller: Desk) -> Response:
    """A person answers in this conversation from now on: the assistant is silent there, and passes on what is said."""
    takeover = here.desk.queue.take(id, _whose(caller), given.visitor or "", given.agent)
    return Json({"conversation_id": id, "state": "agent", "agent": takeover.agent, "since": iso_time(takeover.at)})


@router.delete("/conversations/{id}/takeover", response_model=TakeoverReply, responses=_PROBLEMS)
def give_back(id: ConversationId, here: Here, caller: Desk) -> Response:
    """The assistant answers again."""
    if not here.desk.queue.give_back(id, _whose(caller)):
        raise NotFound("nobody has taken over this conversation.", field="id")
    return Json({"conversation_id": id, "state": "assistant", "agent": None, "since": None})


def _whose(caller: Principal) -> str:
    """A key takes over its own conversations and its visitors'; who reads all, anybody's."""
    return ANYBODY if caller.reads_all else caller.id
