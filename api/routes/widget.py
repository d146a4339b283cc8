"""Tokens for the visitors of a chat widget."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.auth_widget import MAX_TTL_S
from api.principal import Principal
from api.replies import problems
from api.reply import Json
from api.request import JsonRoute
from api.schemas import Name
from api.scopes import requires
from api.state import Here
from rag.record.serializers import iso_time

router = APIRouter(prefix="/widget", tags=["access"], route_class=JsonRoute)


class WidgetBody(BaseModel):
    """For whom and for which pages. Call this from your server: a key must never reach a browser."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    visitor: Name = Field(description="Your own id of the visitor or session.", examples=["session-81f3"])
    origins: list[str] = Field([], max_length=100, description="Of the key's origins; default: all of them.")
    groups: list[Name] | None = Field(
        None,
        max_length=100,
        description="Groups of the visitor. Default: the key's own, else none.",
    )
    ttl_s: int = Field(MAX_TTL_S, ge=1, le=MAX_TTL_S, description="Seconds.")


class WidgetReply(BaseModel):
    """A token for `Authorization: Bearer …` from the visitor's browser."""

    model_config = ConfigDict(extra="forbid")

    token: str
    expires_at: str
    origins: list[str]


@router.post("/tokens", status_code=201, response_model=WidgetReply, responses=problems(400, 401, 403, 415, 422, 429, 500, 503))
def mint_token(body: WidgetBody, here: Here, caller: Annotated[Principal, requires("query")]) -> Response:
    """A token with which one visitor's browser may ask questions, from your pages, for at most 15 minutes."""
    minted = here.access.widget.mint(caller, body.visitor, origins=body.origins, groups=body.groups, ttl_s=body.ttl_s)
    return Json({"token": minted.token, "expires_at": iso_time(minted.expires_at), "origins": list(minted.origins)}, 201)
