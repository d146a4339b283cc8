"""Assistants, as OpenAI's clients list their models."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.reply import Json
from api.scopes import Asker
from api.state import Here
from api.wire.options import check_model, models
from api.wire.replies import openai_problems
from rag.settings import Settings

router = APIRouter(prefix="/models", tags=["compatible clients"])

_CREATED = 1_795_651_200  # an assistant is no file with a date; clients want some number


class ModelReply(BaseModel):
    """An assistant profile."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    description: str = ""


class ModelsReply(BaseModel):
    """All of them."""

    object: Literal["list"]
    data: list[ModelReply]


@router.get("", response_model=ModelsReply, responses=openai_problems(401, 403, 429, 503))
def list_models(here: Here, _caller: Asker) -> Response:
    """Assistants that can be asked, in OpenAI's shape."""
    settings = here.application.settings
    return Json({"object": "list", "data": [_model(settings, name) for name in models(settings)]})


@router.get("/{model}", response_model=ModelReply, responses=openai_problems(401, 403, 404, 429, 503))
def show_model(model: str, here: Here, _caller: Asker) -> Response:
    """One assistant."""
    settings = here.application.settings
    return Json(_model(settings, check_model(model, models(settings))))


def _model(settings: Settings, name: str) -> dict[str, Any]:
    about = settings.profile(name).description
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "xiansou", "description": about}
