"""Keys: made, listed and revoked by an administrator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.replies import problems
from api.reply import Json
from api.request import JsonRoute
from api.schemas import Name
from api.scopes import Admin
from api.state import Here
from rag.errors import InputError
from rag.record.keys import Allowance, CitationStyle, KeyScope, rights
from rag.record.serializers import key_json

router = APIRouter(prefix="/keys", tags=["access"], route_class=JsonRoute)

KeyId = Annotated[str, Path(max_length=64)]


class KeyBody(BaseModel):
    """A key to make. What is left out is not restricted, but the scope is `query`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Name = Field(examples=["help centre"])
    scopes: list[KeyScope] = Field(["query"], max_length=4)
    collections: list[Name] | None = Field(None, max_length=1000, description="null: all.")
    groups: list[Name] | None = Field(None, max_length=1000, description="null: every document, whatever its ACL.")
    origins: list[str] = Field([], max_length=100, description="Web origins of its widget tokens.")
    citation_style: CitationStyle | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=10**9)] | None = None
    tokens_per_day: Annotated[int, Field(ge=0, le=10**15)] | None = None
    spend_per_day: Annotated[float, Field(ge=0, le=10**12)] | None = None
    expires_at: str | None = Field(None, description="ISO 8601; null: never.", examples=["2027-01-31T00:00:00Z"])


class KeyReply(BaseModel):
    """A key without its text."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    state: str = Field(description="live, expired or revoked.")
    scopes: list[str]
    collections: list[str] | None
    groups: list[str] | None
    origins: list[str]
    citation_style: str | None
    requests_per_minute: int | None
    tokens_per_day: int | None
    spend_per_day: float | None
    made_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class NewKeyReply(KeyReply):
    """A new key; `key` is its text, which is told this once."""

    key: str


class KeysReply(BaseModel):
    """All keys, oldest first."""

    model_config = ConfigDict(extra="forbid")

    keys: list[KeyReply]


@router.post("", status_code=201, response_model=NewKeyReply, responses=problems(400, 401, 403, 415, 422, 429, 500, 503))
def create_key(body: KeyBody, here: Here, caller: Admin, request: Request) -> Response:
    """Make a key. It counts at once, everywhere; its text is in this reply and nowhere else."""
    granted = rights(
        scopes=body.scopes,
        collections=body.collections,
        groups=body.groups,
        origins=body.origins,
        citation_style=body.citation_style,
        allowance=Allowance(body.requests_per_minute, body.tokens_per_day, body.spend_per_day),
    )
    key, text = here.access.keys.create(body.name, granted, made_by=caller.name, expires_at=_seconds(body.expires_at))
    request.state.target = key.id
    return Json(key_json(key) | {"key": text}, 201)


@router.get("", response_model=KeysReply, responses=problems(401, 403, 429, 500, 503))
def list_keys(here: Here, caller: Admin) -> Response:
    """All keys, revoked and expired ones too."""
    return Json({"keys": [key_json(key) for key in here.access.keys.all()]})


@router.delete("/{id}", response_model=KeyReply, responses=problems(401, 403, 404, 422, 429, 500, 503))
def revoke_key(id: KeyId, here: Here, caller: Admin) -> Response:
    """Revoke a key: nobody gets in with it from now on, in no process."""
    return Json(key_json(here.access.keys.revoke(id)))


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError("that is no time.", field="expires_at", fix="Write it as 2027-01-31T00:00:00Z.") from exc
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
