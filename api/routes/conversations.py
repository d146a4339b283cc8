"""A visitor's own conversation, for a page that is loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.replies import CitationReply, ClarificationReply, problems
from api.reply import Json
from api.routes.answers import owner_of
from api.routes.handoffs import ConversationId
from api.scopes import Asker
from api.state import Here
from rag.domain import Intent, Question, Reason, Status
from rag.errors import NotFound
from rag.record.answers import Stored
from rag.record.reload import cited_documents, open_versions, turns
from rag.record.serializers import iso_time

router = APIRouter(prefix="/conversations", tags=["answers"])


class TurnReply(BaseModel):
    """A question and what was answered. `withheld`: a document behind it was deleted or closed, so the answer is not shown;
    `changed`: one has been edited since."""

    model_config = ConfigDict(extra="forbid")
    answer_id: str
    created_at: str
    question: str
    status: Status
    reason: Reason | None
    intent: Intent | None
    answer: str
    citations: list[CitationReply]
    clarification: ClarificationReply | None
    complete: bool
    withheld: bool
    changed: bool
    rating: Literal["up", "down"] | None


class ConversationReply(BaseModel):
    """Turns, oldest first. `state` `agent`: a person has taken over, and the assistant is silent."""

    model_config = ConfigDict(extra="forbid")
    conversation_id: str
    state: Literal["assistant", "agent"]
    agent: str | None
    turns: list[TurnReply]
    more: bool = Field(description="Whether there are older turns than these.")


@router.get("/{id}", response_model=ConversationReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def show_conversation(
    id: ConversationId, here: Here, caller: Asker, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """The caller's own conversation, as long as answers are kept (`answers.keep_days`). 404 for another's."""
    application = here.application
    application.memory.flush()
    answer_ids = turns(application.ledger.engine, id, owner_of(caller), limit + 1)
    kept = [application.memory.find(one) for one in answer_ids[-limit:]]
    taken = here.desk.taken(Question("", conversation_id=id, owner=caller.owner))
    if not kept and taken is None:
        raise NotFound(f"no conversation {id!r}", field="id")
    cited = [cited_documents(one) for one in kept]
    now = open_versions(application.ledger.engine, {key for one in cited for key in one}, caller.scope())
    reply = {"turns": [_turn(one, its, now) for one, its in zip(kept, cited, strict=True)], "more": len(answer_ids) > limit}
    state = {"state": "agent" if taken else "assistant", "agent": taken.agent if taken else None}
    return Json({"conversation_id": id, **state, **reply}, index_version=application.ledger.head())


def _turn(stored: Stored, cited: Mapping[str, int], now: Mapping[str, int]) -> dict[str, Any]:
    answer = stored.record["answer"]
    withheld = any(document not in now for document in cited)
    ratings = stored.ratings
    return {
        "answer_id": stored.id,
        "created_at": iso_time(stored.at),
        "question": stored.question,
        "status": answer["status"],
        "reason": answer["reason"],
        "intent": answer.get("intent"),
        "answer": "" if withheld else answer["answer"],
        "citations": [] if withheld else answer["citations"],
        "clarification": answer.get("clarification"),
        "complete": answer.get("complete", True),
        "withheld": withheld,
        "changed": not withheld and any(now[document] != version for document, version in cited.items()),
        "rating": None if not ratings else "up" if ratings[-1] > 0 else "down",
    }
