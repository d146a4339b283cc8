"""The Vercel AI SDK's UI messages: what `useChat` sends, and the stream of parts that it reads."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import ServerSentEvent

from api.stream import Events
from api.wire.chat import DONE, rag_extras
from api.wire.citations import Rendering
from api.wire.dialects import sentence
from api.wire.messages import question_of
from api.wire.options import RagOptions
from rag.domain import Answer, Citation, Question, Sentence
from rag.errors import InputError

HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
_TEXT_ID = "answer"


class UiChatBody(BaseModel):
    """What `useChat` posts; `model` and `rag` go into its transport's `body`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    messages: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=2000)] = Field(
        examples=[[{"id": "1", "role": "user", "parts": [{"type": "text", "text": "How do I change the Wi-Fi?"}]}]]
    )
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(None, description="Default: `xiansou`.")
    rag: RagOptions | None = None

    def to_question(self) -> Question:
        """Raises InputError naming the part that is no text."""
        messages = [_plain(message, f"messages.{number}") for number, message in enumerate(self.messages)]
        text, history = question_of(messages)
        return (self.rag or RagOptions()).question(text, history, self.model)


def _plain(message: Mapping[str, Any], field: str) -> dict[str, Any]:
    """role and content; of an assistant's message only the text counts, its sources and steps are our own."""
    parts = message.get("parts")
    if not isinstance(parts, list):
        raise InputError("a message needs `parts`.", field=f"{field}.parts", fix="Send UI messages of the AI SDK.")
    if message.get("role") == "assistant":
        parts = [part for part in parts if isinstance(part, Mapping) and part.get("type") == "text"]
    else:
        parts = [part for part in parts if not (isinstance(part, Mapping) and str(part.get("type")).startswith("data-"))]
    return {"role": message.get("role"), "content": parts}


class UiParts:
    """start → text in deltas, a source for each new citation → `data-rag` → finish → [DONE]."""

    def __init__(self, rendering: Rendering):
        self._rendering = rendering
        self._shown = set[int]()

    def start(self) -> Events:
        yield _part("start", messageId=f"msg_{uuid.uuid4().hex}")
        yield _part("start-step")
        yield _part("text-start", id=_TEXT_ID)

    def sentence(self, said: Sentence) -> Events:
        yield _part("text-delta", id=_TEXT_ID, delta=self._rendering.add(said.text, said.citations))
        if self._rendering.style == "none":
            return
        for citation in said.citations:
            if citation.n not in self._shown:
                self._shown.add(citation.n)
                yield self._source(citation)

    def end(self, answer: Answer) -> Events:
        if not self._rendering.text:
            yield from self.sentence(Sentence(answer.answer, answer.citations))
        yield _part("text-end", id=_TEXT_ID)
        yield _part("data-rag", data=rag_extras(answer))
        yield _part("finish-step")
        yield _part("finish", finishReason="stop")
        yield DONE

    def failed(self, problem: Mapping[str, Any]) -> Events:
        yield _part(
            "data-problem", data={name: problem.get(name) for name in ("code", "detail", "fix", "status")}, transient=True
        )
        yield _part("error", errorText=sentence(problem))
        yield DONE

    def waiting(self) -> Events:
        return ()

    def _source(self, citation: Citation) -> ServerSentEvent:
        """A link: chat windows show no others."""
        url = self._rendering.links.of(citation)
        about = {
            "n": citation.n,
            "documentId": citation.document_id,
            "version": citation.version,
            "section": list(citation.section),
            "citedText": citation.cited_text,
            "start": citation.start,
            "end": citation.end,
            "url": url,
        }
        shared = {"title": citation.title, "providerMetadata": {"xiansou": about}}
        return _part("source-url", sourceId=str(citation.n), url=url, **shared)


def _part(kind: str, **fields: Any) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps({"type": kind, **fields}).decode())
