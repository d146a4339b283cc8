"""What all compatible routes take beside their protocol: our own options under `rag`, and the style of citations."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, cast

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas import Filters, Name, Version
from api.wire.citations import STYLES, Style
from rag.domain import Language, Message, Question, Scope
from rag.domain.validation import conversation
from rag.errors import InputError, NotFound
from rag.settings import Settings

STYLE_HEADER = "X-Citation-Style"


class RagOptions(BaseModel):
    """Options of ours under `rag` in a request (with OpenAI's SDKs: `extra_body={"rag": {…}}`)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    citation_style: Style | None = Field(None, description="How citations are shown; default: the key's.")
    collection: Name | None = None
    filters: Filters | None = None
    top_k: Annotated[int, Field(ge=1, le=100)] | None = None
    language: Language | None = None
    conversation_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    min_index_version: Version | None = None
    as_of: Version | None = None

    def question(self, text: str, history: tuple[Message, ...], profile: str | None = None) -> Question:
        """As the pipeline takes it."""
        return Question(
            text,
            history=history,
            conversation_id=conversation(self.conversation_id),
            scope=Scope(self.collection, self.filters or {}),
            top_k=self.top_k,
            language=self.language,
            min_index_version=self.min_index_version,
            as_of=self.as_of,
            profile=profile,
        )


def style_of(request: Request, options: RagOptions | None, guess: Callable[[Mapping[str, str]], Style] | None = None) -> Style:
    """The request's own style, by body or header, else its key's, else by `guess`: what its client is known to show.

    Raises InputError naming the header.
    """
    if options is not None and options.citation_style is not None:
        return options.citation_style
    style = request.headers.get(STYLE_HEADER)
    if style is None:
        style = getattr(getattr(request.state, "principal", None), "citation_style", None)
        style = style or (guess(request.headers) if guess else "annotations")
    if style not in STYLES:
        raise InputError(f"unknown citation style `{style}`.", field=STYLE_HEADER, fix=f"Use one of {', '.join(STYLES)}.")
    return cast(Style, style)


def models(settings: Settings) -> tuple[str, ...]:
    """Names of the assistants: what clients choose as model."""
    return tuple(settings.profiles)


def check_model(name: str, known: Iterable[str]) -> str:
    """Raises NotFound as OpenAI's clients know it."""
    names = tuple(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4) or names[:1]
    raise NotFound(
        f"the model `{name}` does not exist.", field="model", fix=f"Did you mean `{near[0]}`?", code="model_not_found"
    )
