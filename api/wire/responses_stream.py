"""The events of a streamed response, typed and numbered, in OpenAI's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sse_starlette import ServerSentEvent

from api.stream import Events
from api.wire.dialects import openai_error
from api.wire.responses import ResponseWriter
from rag.domain import Answer, Sentence


class ResponseEvents:
    """created → search call, for who asked for it → message: its text in deltas, an annotation for each marker → completed."""

    def __init__(self, writer: ResponseWriter):
        self._writer, self._number = writer, -1
        self._searches = writer.body.searches
        self._at = 1 if self._searches else 0  # place of the message
        self._search = {"item_id": writer.search_id, "output_index": 0}
        self._part = {"item_id": writer.message_id, "output_index": self._at, "content_index": 0}
        self._annotated = 0
        self._speaking = False

    def start(self) -> Events:
        going = self._writer.response("in_progress", [])
        yield self._event("response.created", {"response": going})
        yield self._event("response.in_progress", {"response": going})
        if not self._searches:
            return
        item = self._writer.search_call("in_progress") | {"queries": []}
        yield self._event("response.output_item.added", {"output_index": 0, "item": item})
        yield self._event("response.file_search_call.in_progress", self._search)
        yield self._event("response.file_search_call.searching", self._search)

    def sentence(self, said: Sentence) -> Events:
        yield from self._speak()
        rendering = self._writer.rendering
        delta = {"delta": rendering.add(said.text, said.citations), "logprobs": []}
        yield self._event("response.output_text.delta", self._part | delta)
        if rendering.style not in ("none", "openwebui"):
            yield from self._annotate()

    def end(self, answer: Answer) -> Events:
        writer = self._writer
        if not writer.rendering.text:
            yield from self.sentence(Sentence(answer.answer, answer.citations))
        complete = writer.complete(answer)
        text = {"text": writer.rendering.text, "logprobs": []}
        yield self._event("response.output_text.done", self._part | text)
        yield self._event("response.content_part.done", self._part | {"part": writer.part()})
        yield self._event("response.output_item.done", {"output_index": self._at, "item": writer.message("completed")})
        yield self._event("response.completed", {"response": complete})

    def failed(self, problem: Mapping[str, Any]) -> Events:
        error = openai_error(problem)["error"]
        fields = {"code": error["code"], "message": error["message"], "param": error["param"]}
        yield self._event("error", fields)
        failed = self._writer.response("failed", []) | {"error": {"code": "server_error", "message": error["message"]}}
        yield self._event("response.failed", {"response": failed})

    def waiting(self) -> Events:
        return ()

    def _speak(self) -> Events:
        """Ends the search and begins the message, once."""
        if self._speaking:
            return
        self._speaking = True
        if self._searches:
            yield self._event("response.file_search_call.completed", self._search)
            item = self._writer.search_call("completed")
            yield self._event("response.output_item.done", {"output_index": 0, "item": item})
        message = self._writer.message("in_progress")
        yield self._event("response.output_item.added", {"output_index": self._at, "item": message})
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield self._event("response.content_part.added", self._part | {"part": empty})

    def _annotate(self) -> Events:
        annotations = self._writer.annotations()
        for index in range(self._annotated, len(annotations)):
            event = {"annotation_index": index, "annotation": annotations[index]}
            yield self._event("response.output_text.annotation.added", self._part | event)
        self._annotated = len(annotations)

    def _event(self, name: str, body: Mapping[str, Any]) -> ServerSentEvent:
        self._number += 1
        data = {"type": name, "sequence_number": self._number, **body}
        return ServerSentEvent(orjson.dumps(data).decode(), event=name)
