"""Questions that a chat may offer before anything is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.replies import problems
from api.reply import Json
from api.schemas import CollectionParameter
from api.scopes import Asker
from api.state import Here
from rag.domain import Language
from rag.record.suggested import suggested

router = APIRouter(prefix="/suggestions", tags=["questions"])


class SuggestionsReply(BaseModel):
    """Questions of the library's own FAQ entries."""

    model_config = ConfigDict(extra="forbid")

    questions: list[str] = Field(examples=[["How do I change the Wi-Fi?"]])


@router.get("", response_model=SuggestionsReply, responses=problems(401, 403, 422, 429, 500, 503))
def suggest(
    here: Here,
    caller: Asker,
    language: Annotated[Language, Query(description="Of the questions.")] = "en",
    limit: Annotated[int, Query(ge=1, le=20)] = 4,
    collection: CollectionParameter = None,
) -> Response:
    """Questions to begin with, of FAQ entries that the caller may see."""
    return Json({"questions": suggested(here.application.ledger.engine, caller.scope(collection), language, limit)})
