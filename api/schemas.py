"""What clients may send. All validation of requests is here; JSON types are strict: `"5"` and `true` are no numbers."""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import replace
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from rag.domain import DEFAULT_COLLECTION, Language, Message, Question, Scope
from rag.domain.validation import MAX_QUESTION, check_document_id, check_question, conversation
from rag.errors import InputError
from rag.text.filters import check_filters

_DANGEROUS = ("javascript:", "data:", "vbscript:")  # a citation's url becomes a link in somebody's page
_WRAPPED = 8  # levels that a reply puts around a document's metadata, and room to spare
MAX_INT = 2**63 - 1  # of the record's ids and versions


def _one_line(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise ValueError("must not hold control characters")
    return text


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    return text


def _link(url: str) -> str:
    if _one_line(url).lower().startswith(_DANGEROUS):
        raise ValueError("must be a link that a page can show")
    return url


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    deep: Any = value
    for _ in range(_WRAPPED):
        deep = [deep]
    try:
        orjson.dumps(deep)
    except orjson.JSONEncodeError as exc:
        raise ValueError("is nested too deep") from exc
    return value


def _filters(value: dict[str, Any]) -> dict[str, Any]:
    try:
        return check_filters(value)
    except InputError as exc:
        raise ValueError(f"{exc.detail.removesuffix('.')} ({exc.fix})" if exc.fix else exc.detail) from exc


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128), AfterValidator(_one_line)]
MimeType = Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+(\s*;.*)?$", max_length=200)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_one_line)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2048), AfterValidator(_link)]
Version = Annotated[int, Field(ge=0, le=MAX_INT)]
Filters = Annotated[
    dict[str, Any],
    Field(max_length=32, examples=[{"product": ["Cam 2", "Cam 3"], "opened": {"gte": "2026-03"}}]),
    AfterValidator(_filters),
]


class Body(BaseModel):
    """Base of JSON bodies: no unknown fields, no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# -- documents ---------------------------------------------------------------------------------------------------------


class SharedFields(Body):
    """Fields that several files of one upload can share."""

    metadata: Annotated[dict[str, Any], AfterValidator(_storable)] | None = Field(None, examples=[{"product": "Cam 2"}])
    collection: Name | None = Field(None, description=f"Default: `{DEFAULT_COLLECTION}`.")
    acl: list[Name] | None = Field(None, max_length=100, description="Groups that may read it; empty: everyone.")

    def given(self) -> dict[str, Any]:
        """The fields that were sent, beside the text, as arguments of DocumentInput."""
        fields = self.model_dump(exclude={"text"}, exclude_none=True)
        return fields | {"acl": tuple(self.acl or ())}


class DocumentFields(SharedFields):
    """Fields of one document beside its content."""

    title: Title | None = Field(None, description="Default: the title that the document gives itself.")
    url: Url | None = Field(None, examples=["https://help.example.com/wifi"])
    mime_type: MimeType | None = Field(None, description="Default: by the file; for JSON by the id: `.md` is Markdown.")


class DocumentBody(DocumentFields):
    """A document as JSON."""

    text: Annotated[str, AfterValidator(_no_nul)] = Field(examples=["# Wi-Fi\n\nHold the button for 5 seconds."])


def cursor_after(document_id: str) -> str:
    """Where a list goes on: after this id; opaque to clients."""
    return base64.urlsafe_b64encode(document_id.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str:
    """The id to go on after, "" for the first page. Raises InputError naming `cursor`."""
    if cursor is None:
        return ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return check_document_id(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (ValueError, InputError) as exc:
        raise InputError("that is no cursor of ours.", field="cursor", fix="Send `next_cursor` as it came.") from exc


CursorParameter = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
LimitParameter = Annotated[int, Query(ge=1, le=200)]
CollectionParameter = Annotated[Name | None, Query(description="Documents of this collection only.")]
WaitParameter = Annotated[
    Literal["visible", "queued"], Query(description="`visible`: reply when questions see it; `queued`: reply at once.")
]


def _form_schema(model: type[BaseModel], files: dict[str, Any]) -> dict[str, Any]:
    described = model.model_json_schema()
    return {"type": "object", "properties": {**files, **described["properties"]}, "required": list(files)}


_FILE = {"type": "string", "format": "binary"}
PUT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": DocumentBody.model_json_schema()},
            "multipart/form-data": {"schema": _form_schema(DocumentFields, {"file": _FILE})},
        },
    }
}
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": _form_schema(SharedFields, {"file": {"type": "array", "items": _FILE}})}},
    }
}


# -- questions ---------------------------------------------------------------------------------------------------------


class Turn(Body):
    """A message of the conversation before the question."""

    role: Literal["user", "assistant", "system"]
    content: Annotated[str, StringConstraints(max_length=32_000)]


class RetrieveBody(Body):
    """A question, and where and how to look."""

    question: Annotated[str, AfterValidator(check_question)] = Field(
        description=f"1 to {MAX_QUESTION:,} characters.", examples=["How do I change the Wi-Fi?"]
    )
    conversation_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="Of the conversation that this goes on with; `new` begins one, and the reply has its id."
    )
    history: list[Turn] | None = Field(None, max_length=50, description="Earlier messages, oldest first.")
    collection: Name | None = None
    filters: Filters | None = Field(
        None,
        description="By a document's metadata or a case's fields; all must match. Also `gt`, `gte`, `lt`, `lte`, `ne`, `nin`.",
    )
    top_k: Annotated[int, Field(ge=1, le=100)] | None = Field(None, description="Default: `retrieval.top_k`.")
    language: Language | None = Field(None, description="Default: the question's own.")
    min_index_version: Version | None = Field(None, description="409 when the index has not reached it.")
    profile: Name | None = Field(None, description="Assistant that answers; default: `xiansou`.")
    as_of: Version | None = Field(None, description="Look into the library as it was at this index version.")

    def to_question(self) -> Question:
        """As the pipeline takes it."""
        return Question(
            self.question,
            history=tuple(Message(turn.role, turn.content) for turn in self.history or ()),
            conversation_id=conversation(self.conversation_id),
            scope=Scope(self.collection, self.filters or {}),
            top_k=self.top_k,
            language=self.language,
            min_index_version=self.min_index_version,
            as_of=self.as_of,
            profile=self.profile,
        )


class ExplainedBody(RetrieveBody):
    """The body of `POST /v1/retrieve`."""

    explain: bool | None = Field(None, description="Also how the question was understood, what was dropped, and why.")


class QueryBody(RetrieveBody):
    """The body of `POST /v1/query`."""

    generator: Literal["extractive"] | None = Field(None, description="`extractive`: quote, even where there is an LLM.")
    stream: bool | None = Field(None, description="Reply as server-sent events.")

    def to_question(self) -> Question:
        return replace(super().to_question(), generator=self.generator)
