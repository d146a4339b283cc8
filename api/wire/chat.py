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
from rag.domain import Answer, Question, Sentence
from rag.domain.sampling import Sampling
from rag.errors import InputError
from rag.record.serializers import answer_json

DONE = ServerSentEvent("[DONE]")
_IN_OPENAIS_OWN = ("answer", "citations", "usage")
_NOT_FORCED = (None, "none", "auto")

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
    rag: RagOptions = RagOptions()

    def to_question(self) -> Question:
        """Raises InputError naming the field that is not possible."""
        self._check()
        text, history = question_of(self.messages)
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampling = Sampling(
            self.temperature,
            self.top_p,
            self.presence_penalty,
            self.max_completion_tokens or self.max_tokens,
            stop,
            self.seed,
        )
        return replace(self.rag.question(text, history, self.model), sampling=sampling)

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
        check_sampling(self.temperature, self.top_p)


_WHY = {
    "n": "there is one answer to a question",
    "tool_choice": "the assistant calls no tools",
    "function_call": "the assistant calls no functions",
    "response_format": "answers are text with citations",
    "logprobs": "quoted sentences have none",
    "modalities": "answers are text",
}


def check_sampling(temperature: float | None, top_p: float | None) -> None:
    """Raises InputError: above 1, or both changed."""
    if temperature is not None and temperature > 1:
        raise InputError(
            "`temperature` above 1 is not allowed for answers from documents.", field="temperature", fix="Use 0 to 1."
        )
    if temperature and top_p not in (None, 1):
        raise InputError(
            "change `temperature` or `top_p`, not both: their effects on randomness multiply.",
            field="top_p",
            fix="Leave one of them out.",
        )


def rag_extras(answer: Answer) -> dict[str, Any]:
    """What OpenAI's protocol has no place for; clients ignore it."""
    told = {name: value for name, value in answer_json(answer).items() if name not in _IN_OPENAIS_OWN}
    return told | {"offset_unit": "codepoint"}


def usage(answer: Answer) -> dict[str, int]:
    told = answer.usage
    return {
        "prompt_tokens": told.prompt_tokens,
        "completion_tokens": told.completion_tokens,
        "total_tokens": told.prompt_tokens + told.completion_tokens,
    }


def completion(model: str, answer: Answer, rendering: Rendering) -> dict[str, Any]:
    """A whole `chat.completion`; `rendering` is empty yet."""
    rendering.add(answer.answer, answer.citations)
    message: dict[str, Any] = {"role": "assistant", "content": rendering.text, "refusal": None}
    choice = {"index": 0, "message": message | _cited(answer, rendering), "logprobs": None, "finish_reason": "stop"}
    body = _head("chat.completion", model) | {"choices": [choice], "usage": usage(answer), "rag": rag_extras(answer)}
    if rendering.style == "openwebui":
        body["sources"] = [open_webui_source(citation, rendering.base_url)["data"] for citation in answer.citations]
    return body


class ChatChunks:
    """A stream of `chat.completion.chunk`: role, content, an empty one with `finish_reason` and annotations, usage, [DONE]."""

    def __init__(self, model: str, rendering: Rendering, *, include_usage: bool):
        self._head = _head("chat.completion.chunk", model) | ({"usage": None} if include_usage else {})
        self._rendering, self._include_usage = rendering, include_usage
        self._shown = set[int]()

    def start(self) -> Events:
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def sentence(self, said: Sentence) -> Events:
        if self._rendering.style == "openwebui":
            for citation in said.citations:
                if citation.n not in self._shown:
                    self._shown.add(citation.n)
                    yield _data(self._head | {"choices": [], "event": open_webui_source(citation, self._rendering.base_url)})
        yield self._chunk({"content": self._rendering.add(said.text, said.citations)})

    def end(self, answer: Answer) -> Events:
        if not self._rendering.text:
            yield self._chunk({"content": self._rendering.add(answer.answer, answer.citations)})
        yield self._chunk(_cited(answer, self._rendering), "stop", {"rag": rag_extras(answer)})
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
    base_url = rendering.base_url
    return {"annotations": url_citations(rendering.marks, base_url), "context": context(answer.citations, base_url)}


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _data(body: Mapping[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(body).decode())
