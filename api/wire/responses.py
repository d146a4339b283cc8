"""OpenAI's Responses: the request and the whole response. Its events are in `responses_stream`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.wire.chat import rag_extras
from api.wire.citations import Mark, Rendering, context
from api.wire.filetools import file_search_of
from api.wire.messages import question_of
from api.wire.options import RagOptions
from api.wire.sampling import Settled, sampling_of, settled
from api.wire.tasks import Order, order_of
from rag.domain import Answer, Message, Question
from rag.errors import InputError

SEARCH_RESULTS = "file_search_call.results"  # in `include`: the cited passages in the search call
_NOT_FORCED = (None, "none", "auto")
_UNKEPT = {
    "previous_response_id": "Responses are not kept; send the earlier turns in `input`.",
    "conversation": "Conversations of this kind are not kept; send the earlier turns in `input`.",
    "background": "Leave it out; the response comes at once, or as a stream.",
    "prompt": "Stored prompts are not kept; send the text in `input`.",
}


class ResponsesBody(BaseModel):
    """The body of `POST /v1/responses`. Refused and ignored fields: as for chat completions.

    Of `input` the messages count. Calls of tools, their results, reasoning and references to items of earlier responses, as
    SDKs send them back, say nothing about the question.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: Annotated[str, Field(min_length=1, max_length=200, examples=["xiansou"])]
    input: str | Annotated[list[dict[str, Any]], Field(min_length=1, max_length=2000)] = Field(
        examples=["How do I change the Wi-Fi?"]
    )
    instructions: str | None = None
    stream: bool | None = None
    include: list[str] | None = Field(None, description=f"`{SEARCH_RESULTS}`: passages in the search call.")
    tools: list[dict[str, Any]] | None = Field(
        None, description="`file_search` says where to look: a vector store is a collection."
    )
    tool_choice: Any = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    metadata: dict[str, str] | None = None
    text: dict[str, Any] | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    background: bool | None = None
    prompt: Any = None
    rag: RagOptions | None = None

    def to_question(self) -> Question:
        """Raises InputError naming the field that is not possible."""
        self._check()
        given = self.input
        text, history = question_of(
            [{"role": "user", "content": given}] if isinstance(given, str) else _messages(given), "input"
        )
        if self.instructions:
            history = (Message("system", self.instructions), *history)
        question = (self.rag or RagOptions()).question(text, history, self.model)
        search_tool = file_search_of(self.tools or ())
        scope = replace(
            question.scope,
            collection=question.scope.collection or search_tool.collection,
            filters={**search_tool.filters, **question.scope.filters},
        )
        sampling = sampling_of(self.temperature, self.top_p, max_tokens=self.max_output_tokens)
        return replace(question, scope=scope, top_k=question.top_k or search_tool.top_k, sampling=sampling)

    def _check(self) -> None:
        for field, fix in _UNKEPT.items():
            if getattr(self, field):
                raise InputError(f"`{field}` is not possible here.", field=field, fix=fix)
        choice = self.tool_choice
        if choice not in _NOT_FORCED and not (isinstance(choice, dict) and choice.get("type") == "file_search"):
            raise InputError(
                "no tool but `file_search` can be demanded here.", field="tool_choice", fix="Use `auto` or leave it out."
            )
        if ((self.text or {}).get("format") or {}).get("type", "text") != "text":
            raise InputError("answers are text with citations.", field="text.format", fix="Leave it out.")

    def settled(self) -> Settled:
        """What became of wishes that exclude each other."""
        return settled(self.temperature, self.top_p)

    def order(self) -> Order | None:
        """What a chat client orders for itself, instead of a question."""
        lead = [{"role": "system", "content": self.instructions}] if self.instructions else []
        given = self.input
        return order_of([*lead, *([{"role": "user", "content": given}] if isinstance(given, str) else _messages(given))])

    @property
    def searches(self) -> bool:
        """Whether the client knows of the search: others take its call for a tool that failed."""
        return SEARCH_RESULTS in (self.include or ()) or any(tool.get("type") == "file_search" for tool in self.tools or ())


class ResponseWriter:
    """The parts of one response, for the whole one and for its stream."""

    def __init__(self, body: ResponsesBody, question: Question, rendering: Rendering):
        self.body, self.question, self.rendering = body, question, rendering
        self.with_results = SEARCH_RESULTS in (body.include or ())
        self._id, self.search_id, self.message_id = (f"{kind}_{uuid.uuid4().hex}" for kind in ("resp", "fs", "msg"))
        self._created = time.time()

    def response(self, status: str, output: Sequence[Mapping[str, Any]], answer: Answer | None = None) -> dict[str, Any]:
        """The response object; `answer` once it is complete."""
        request = self.body
        body: dict[str, Any] = {
            "id": self._id,
            "object": "response",
            "created_at": int(self._created),
            "completed_at": int(time.time()) if answer else None,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": request.instructions,
            "max_output_tokens": request.max_output_tokens,
            "metadata": request.metadata or {},
            "model": request.model,
            "output": list(output),
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": False,
            "temperature": request.temperature if request.temperature is not None else 0,
            "text": {"format": {"type": "text"}},
            "tool_choice": request.tool_choice or "auto",
            "tools": request.tools or [],
            "top_p": request.top_p if request.top_p is not None else 1,
            "truncation": "disabled",
            "usage": _usage(answer) if answer else None,
            "user": None,
        }
        if answer is not None:
            body["rag"] = rag_extras(answer, request.settled())
            if self.rendering.style != "none":
                body["rag"] |= context(answer.citations, self.rendering.links)
        return body

    def complete(self, answer: Answer) -> dict[str, Any]:
        """The whole response; the rendering is full already when the answer was streamed."""
        if not self.rendering.text:
            self.rendering.add(answer.answer, answer.citations)
        results = _results(answer) if self.with_results else None
        search = [self.search_call("completed", results)] if self.body.searches else []
        return self.response("completed", [*search, self.message("completed")], answer)

    def search_call(self, status: str, results: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
        call = {"id": self.search_id, "type": "file_search_call", "status": status}
        return call | {"queries": [self.question.text], "results": results}

    def message(self, status: str) -> dict[str, Any]:
        content = [self.part()] if status == "completed" else []
        return {"id": self.message_id, "type": "message", "status": status, "role": "assistant", "content": content}

    def part(self) -> dict[str, Any]:
        return {"type": "output_text", "text": self.rendering.text, "annotations": self.annotations(), "logprobs": []}

    def annotations(self) -> list[dict[str, Any]]:
        """Of each marker: a link, or a file for who searches files; `index` is where the marker begins."""
        return [self._file(mark) if self.body.searches else self._link(mark) for mark in self.rendering.marks]

    def _file(self, mark: Mark) -> dict[str, Any]:
        cited = mark.citation
        return {"type": "file_citation", "file_id": cited.document_id, "filename": cited.title, "index": mark.start}

    def _link(self, mark: Mark) -> dict[str, Any]:
        place = {"start_index": mark.start, "end_index": mark.end}
        return {"type": "url_citation", **place, "url": self.rendering.links.of(mark.citation), "title": mark.citation.title}


def _messages(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages, with an empty one for every other item: it keeps the numbers of the others in errors."""
    nothing = {"role": "assistant", "content": None}
    return [item if item.get("type", "message") == "message" else nothing for item in items]


def _usage(answer: Answer) -> dict[str, Any]:
    usage = answer.usage
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _results(answer: Answer) -> list[dict[str, Any]]:
    """The cited passages as OpenAI's search results."""
    return [
        {
            "file_id": citation.document_id,
            "filename": citation.title,
            "score": citation.score,
            "text": citation.cited_text,
            "attributes": {"version": citation.version, "start": citation.start, "end": citation.end},
        }
        for citation in answer.citations
    ]
