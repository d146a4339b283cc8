"""Dify's external knowledge base: register `…/v1/dify` there; Dify appends `/retrieval`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.reply import Json
from api.request import JsonRoute
from api.scopes import Searcher
from api.state import Here
from api.wire.dify import ALL, RetrievalBody, record
from api.wire.replies import dify_problems
from rag.errors import NotFound
from rag.record.calibration import threshold
from rag.search import intent

# Dify's threshold is off unless its user has set one, and its model takes each record for true. Half of the questions that
# documents do not answer are about something else altogether: passages as far from the question as those find are no records.
_OFF_TOPIC = 0.5

router = APIRouter(prefix="/dify", tags=["compatible clients"], route_class=JsonRoute)


class Record(BaseModel):
    """A passage; `score` is the probability that it answers the question."""

    model_config = ConfigDict(extra="forbid")

    content: str
    score: float = Field(ge=0, le=1)
    title: str
    metadata: dict[str, Any]


class Records(BaseModel):
    """Passages, best first."""

    model_config = ConfigDict(extra="forbid")

    records: list[Record]


@router.post(
    "/retrieval", response_model=Records, responses=dify_problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
)
def retrieval(body: RetrievalBody, here: Here, caller: Searcher) -> Response:
    """Passages for Dify; `knowledge_id` is a collection."""
    application = here.application
    if body.knowledge_id != ALL and not application.ledger.page(limit=1, scope=caller.scope(body.knowledge_id)):
        raise NotFound(f"the collection `{body.knowledge_id}` has no documents.", field="knowledge_id", fix=f"Or use `{ALL}`.")
    if intent.of(body.query) is not None:  # a greeting finds nothing that would help Dify's model to answer it
        return Json({"records": []}, index_version=application.ledger.head())
    retrieved = application.answerer.retrieve(caller.within(body.to_question()))
    wrong_rate = application.settings.profile(None).max_wrong_rate
    least = threshold(max(wrong_rate, _OFF_TOPIC), retrieved.unanswered)
    taken = [record(hit) for hit in retrieved.hits if body.takes(hit, least)][: body.top_k]
    return Json({"records": taken}, index_version=retrieved.version)
