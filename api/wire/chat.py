"""OpenAI's Chat Completions: the request, the completion, and its stream of chunks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import ServerSentEvent

from api.schemas import MAX_INT
from api.stream import Events
from api.wire.citations import Rendering, context, open_webui_source, url_citations
from api.wire.dialects import openai_error
from api.wire.messages import question_of
from api.wire.options import RagOptions
from api.wire.sampling import Settled, sampling_of, settled
from api.wire.tasks import Order, order_of
from rag.domain import Answer, Question, Sentence
from rag.errors import InputError
from rag.record.serializers import answer_json

DONE = ServerSentEvent("[DONE]")
_IN_OPENAIS_OWN = ("answer", "citations", "usage")
_NOT_FORCED = (None, "none", "auto", {"type": "auto"}, {"type": "none"})

StopText = Annotated[str, Field(min_length=1, max_length=200)]


class StreamOptions(BaseModel):
    """OpenAI's `stream_options`."""

    include_usage: bool | None = None


class ChatBody(BaseModel):
    """The body of `POST /v1/chat/completions`.

    What would change the meaning of an answer and cannot be done is refused by name (`n` above 1, a forced tool, another
    response format, logprobs, audio); what clients send along as hints (`tools`, `user`, …) is ignored. `temperature`, `top_p`,
    `presence_penalty`, `max_tokens`, `stop` and `seed` hold for the LLM in this call; quoted answers have no use of them.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: Annotated[str, Field(min_length=1, max_length=200, examples=["xiansou"])]
    messages: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=2000)] = Field(
        examples=[[{"role": "user", "content": "How do I change the Wi-Fi?"}]]
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(None, description="0 to 1.")
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="At most the assistant's own.")
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="Goes before `max_tokens`.")
    stop: StopText | Annotated[list[StopText], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=-MAX_INT - 1, le=MAX_INT)] | None = None
    n: int | None = Field(None, description="1.")
    tool_choice: Any = Field(None, description="`none` or `auto`: no tools are called.")
    function_call: Any = None
    response_format: dict[str, Any] | None = Field(None, description='`{"type": "text"}`.')
    logprobs: bool | None = None
    modalities: list[str] | None = None
    rag: RagOptions | None = None

    def to_question(self) -> Question:
        """Raises InputError naming the field that is not possible."""
        self._check()
        rag = self.rag or RagOptions()
        text, history = question_of(self.messages)
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampling = sampling_of(
            self.temperature,
            self.top_p,
            presence_penalty=self.presence_penalty,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=stop,
            seed=self.seed,
        )
        return replace(rag.question(text, history, self.model), sampling=sampling)

    def settled(self) -> Settled:
        """What became of wishes that exclude each other."""
        return settled(self.temperature, self.top_p)

    def order(self) -> Order | None:
        """What a chat client orders for itself, instead of a question."""
        return order_of(self.messages)

    def _check(self) -> None:
        impossible = {
            "n": (self.n or 1) != 1,
            "tool_choice": self.tool_choice not in _NOT_FORCED,
            "function_call": self.function_call not in _NOT_FORCED,
            "response_format": (self.response_format or {}).get("type", "text") != "text",
            "logprobs": bool(self.logprobs),
            "modalities": set(self.modalities or ()) - {"text"} != set(),
        }
        for field, wrong in impossible.items():
            if wrong:
                raise InputError(
                    f"`{field}` of this kind is not possible here: {_WHY[field]}.", field=field, fix="Leave it out."
                )


_WHY = {
    "n": "there is one answer to a question",
    "tool_choice": "the assistant calls no tools",
    "function_call": "the assistant calls no functions",
    "response_format": "answers are text with citations",
    "logprobs": "quoted sentences have none",
    "modalities": "answers are text",
}


def rag_extras(answer: Answer, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What OpenAI's protocol has no place for; clients ignore it. `more`: what is told of the request."""
    extras = {name: value for name, value in answer_json(answer).items() if name not in _IN_OPENAIS_OWN}
    if not answer.answer_id:  # of what is kept nowhere
        extras["answer_id"] = None
    return extras | {"offset_unit": "codepoint"} | dict(more or {})


def usage(answer: Answer) -> dict[str, int]:
    tokens = answer.usage
    return {
        "prompt_tokens": tokens.prompt_tokens,
        "completion_tokens": tokens.completion_tokens,
        "total_tokens": tokens.prompt_tokens + tokens.completion_tokens,
    }


def completion(model: str, answer: Answer, rendering: Rendering, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A whole `chat.completion`; `rendering` is empty yet. `more`: what is told of the request, under `rag`."""
    rendering.add(answer.answer, answer.citations)
    message: dict[str, Any] = {"role": "assistant", "content": rendering.text, "refusal": None}
    choice = {"index": 0, "message": message | _cited(answer, rendering), "logprobs": None, "finish_reason": "stop"}
    body = _head("chat.completion", model) | {"choices": [choice], "usage": usage(answer), "rag": rag_extras(answer, more)}
    if rendering.style == "openwebui":
        body["sources"] = [open_webui_source(citation, rendering.links)["data"] for citation in answer.citations]
    return body


class ChatChunks:
    """A stream of `chat.completion.chunk`: role, content, an empty one with `finish_reason` and annotations, usage, [DONE].

    What is ours stands in that chunk twice: at its top, and in its delta, where the stream helper of OpenAI's Python SDK keeps
    it (of all others it keeps the first chunk's only).
    """

    def __init__(self, model: str, rendering: Rendering, *, include_usage: bool, more: Mapping[str, Any] | None = None):
        self._head = _head("chat.completion.chunk", model) | ({"usage": None} if include_usage else {})
        self._rendering, self._include_usage, self._more = rendering, include_usage, more
        self._shown = set[int]()

    def start(self) -> Events:
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def sentence(self, said: Sentence) -> Events:
        if self._rendering.style == "openwebui":
            for citation in said.citations:
                if citation.n not in self._shown:
                    self._shown.add(citation.n)
                    yield _data(self._head | {"choices": [], "event": open_webui_source(citation, self._rendering.links)})
        yield self._chunk({"content": self._rendering.add(said.text, said.citations)})

    def end(self, answer: Answer) -> Events:
        if not self._rendering.text:
            yield self._chunk({"content": self._rendering.add(answer.answer, answer.citations)})
        extras = {"rag": rag_extras(answer, self._more)}
        yield self._chunk(_cited(answer, self._rendering) | extras, "stop", extras)
        if self._include_usage:
            yield _data(self._head | {"choices": [], "usage": usage(answer)})
        yield DONE

    def failed(self, problem: Mapping[str, Any]) -> Events:
        yield _data(openai_error(problem))

    def waiting(self) -> Events:
        return ()

    def _chunk(
        self, delta: Mapping[str, Any], finish_reason: str | None = None, extras: Mapping[str, Any] | None = None
    ) -> ServerSentEvent:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _data(self._head | {"choices": [choice], **(extras or {})})


def _cited(answer: Answer, rendering: Rendering) -> dict[str, Any]:
    """`annotations` and `context` of a message or of the finishing delta. Open WebUI would show both as sources."""
    if rendering.style in ("none", "openwebui"):
        return {}
    links = rendering.links
    return {"annotations": url_citations(rendering.marks, links), "context": context(answer.citations, links)}


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _data(body: Mapping[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(body).decode())
