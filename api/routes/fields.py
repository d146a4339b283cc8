"""What filters know: names of fields and their values, and the collections."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as SchemaField
from starlette.responses import Response

from api.replies import problems
from api.reply import Json
from api.scopes import Asker
from api.state import Here
from rag.index.fields import VALUES, Field

router = APIRouter(prefix="/fields", tags=["questions"])


class ValueReply(BaseModel):
    """A value, as text, and how many documents or rows have it."""

    model_config = ConfigDict(extra="forbid")
    value: str
    count: int


class FieldReply(BaseModel):
    """A field that filters may name, in any case. `least` and `most`: of numbers and dates, as they are written."""

    model_config = ConfigDict(extra="forbid")
    name: str = SchemaField(examples=["product"])
    kind: Literal["text", "number", "date", "boolean"]
    count: int = SchemaField(description="Documents, or rows of tables, that have it.")
    values: list[ValueReply] = SchemaField(description=f"The most common {VALUES}.")
    more: bool = SchemaField(description="Whether there are other values.")
    least: Any = None
    most: Any = None


class FieldsReply(BaseModel):
    """Of the documents that the caller may see."""

    model_config = ConfigDict(extra="forbid")
    fields: list[FieldReply]
    collections: list[str]
    index_version: int


@router.get("", response_model=FieldsReply, responses=problems(401, 403, 422, 429, 500, 503))
def list_fields(here: Here, caller: Asker) -> Response:
    """Fields by name with their most common values, and the collections: what `filters` and `collection` may name."""
    fields, collections, version = here.application.answerer.fields(caller.scope())
    reply = {"fields": [_field_json(one) for one in fields], "collections": collections, "index_version": version}
    return Json(reply, index_version=version)


def _field_json(one: Field) -> dict[str, Any]:
    values = [{"value": value, "count": count} for value, count in one.values.most_common(VALUES)]
    entry = {"name": one.name, "kind": one.kind, "count": one.count, "values": values, "more": len(one.values) > VALUES}
    ordered = one.kind in ("number", "date") and one.least and one.most
    return entry | {
        "least": one.least[1] if ordered and one.least else None,
        "most": one.most[1] if ordered and one.most else None,
    }
