"""Streamed answers, read as raw bytes from a real server."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_service import make_settings, serving

import api.stream
from api.app import create_app
from api.replies import AnswerReply, CitationReply, Problem
from rag.domain import Chunk, DocumentInput, Usage
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.wiring import open_application

Event = tuple[str, Any]


class Dictated:
    """A generator that says what the test puts into `words`, when it is put there; None ends the answer."""

    name = "dictated"

    def __init__(self) -> None:
        self.words: queue.Queue[str | Exception | None] = queue.Queue()
        self.ended = threading.Event()
        self.usage = Usage()
        self.finish_reason: str | None = "stop"

    def generate(self, messages: Sequence[dict[str, str]], *, deadline: float, **_: object) -> Dictated:
        return self

    def __iter__(self) -> Iterator[str]:
        try:
            while (word := self.words.get(timeout=20)) is not None:
                if isinstance(word, Exception):
                    raise word
                yield word
        finally:
            self.ended.set()


@contextmanager
def asking(base_url: str, question: str, **fields: Any) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=20)
    body = json.dumps({"question": question, "stream": True} | fields)
    connection.request("POST", "/v1/query", body, {"Content-Type": "application/json"})
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def blocks(reply: http.client.HTTPResponse) -> Iterator[list[str]]:
    """The lines of each event or comment, as soon as its blank line has come."""
    rest = b""
    while piece := reply.read1():
        rest += piece
        *done, rest = rest.split(b"\r\n\r\n")
        for block in done:
            yield block.decode().split("\r\n")
    assert rest == b""


def event(lines: list[str]) -> Event:
    """An event of the contract: its name, then one line of JSON, nothing else."""
    assert len(lines) == 2, lines
    assert lines[0].startswith("event: ")
    assert lines[1].startswith("data: ")
    return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


@pytest.fixture
def dictated(tmp_path: Path) -> Iterator[tuple[str, Dictated]]:
    """A service whose LLM is dictated to, with one document."""
    settings, generator = make_settings(tmp_path), Dictated()
    application = open_application(settings, embedder=HashEmbedder(), generator=generator)
    with serving(create_app(application=application)) as url:
        text = "The lamp is blue. The door is green."
        vectors = application.embedder.embed_passages([text])
        whole = [Chunk(0, len(text), text)]
        application.ledger.put(
            PreparedDocument(DocumentInput("d", text.encode()), "d", text, whole, vectors), application.generation
        )
        yield url, generator
        generator.words.put(None)
    application.close()


def test_a_streamed_answer(base_url: str, client: httpx.Client, collection: str) -> None:
    text = "# Filter\u2028\n\nTo change the filter 😀:\n\n1. Open the lid.\n2. Take the old filter out.\n3. 放入新的滤芯。\n"
    assert client.put(f"/v1/documents/{collection}.md", json={"text": text, "collection": collection}).is_success
    asked = {"conversation_id": "c", "collection": collection}
    with asking(base_url, "How to change the filter?", **asked) as reply:
        assert reply.status == 200
        assert reply.headers["content-type"].partition(";")[0] == "text/event-stream"
        events = [event(lines) for lines in blocks(reply)]
    names = [name for name, _ in events]
    assert names == ["answer.start", *["answer.sentence"] * (len(events) - 2), "answer.end"]
    assert len(events) >= 3
    assert events[0][1] == {"conversation_id": "c", "generator": "extractive"}
    answer = AnswerReply.model_validate(events[-1][1], strict=True)
    assert answer.answer == "\n".join(told["text"] for _, told in events[1:-1])
    cited = [CitationReply.model_validate(one, strict=True) for _, told in events[1:-1] for one in told["citations"]]
    assert {citation.n: citation for citation in cited} == {citation.n: citation for citation in answer.citations}
    for citation in answer.citations:
        assert text[citation.start : citation.end] == citation.cited_text
    assert answer.index_version >= int(reply.headers["x-index-version"])
    whole = client.post("/v1/query", json={"question": "How to change the filter?"} | asked).json()
    assert (whole["answer"], whole["citations"]) == (events[-1][1]["answer"], events[-1][1]["citations"])


def test_a_streamed_refusal(base_url: str, client: httpx.Client, collection: str) -> None:
    client.put(f"/v1/documents/{collection}.md", json={"text": "gone", "collection": collection}).raise_for_status()
    client.delete(f"/v1/documents/{collection}.md").raise_for_status()  # known, and nothing is in it
    with asking(base_url, "Is anything here?", collection=collection) as reply:
        events = [event(lines) for lines in blocks(reply)]
    assert [name for name, _ in events] == ["answer.start", "answer.end"]
    assert AnswerReply.model_validate(events[1][1], strict=True).reason == "no_relevant_content"


def test_every_sentence_comes_as_soon_as_it_is_said(dictated: tuple[str, Dictated]) -> None:
    url, generator = dictated
    with asking(url, "lamp and door?") as reply:
        coming = blocks(reply)
        assert event(next(coming))[0] == "answer.start"
        generator.words.put("The lamp is blue. [1] The")
        name, told = event(next(coming))
        assert (name, told["text"], told["citations"][0]["cited_text"]) == (
            "answer.sentence", "The lamp is blue. [1]", "The lamp is blue."
        )  # fmt: skip
        generator.words.put(" door is green. [1]")
        generator.words.put(None)
        assert [event(lines)[0] for lines in coming] == ["answer.sentence", "answer.end"]


def test_a_comment_keeps_the_connection_open(dictated: tuple[str, Dictated], monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.stream.PING_S <= 15  # the contract's; more often while a backend may stall
    monkeypatch.setattr(api.stream, "PING_S", 0.05)
    with asking(dictated[0], "lamp?") as reply:
        coming = blocks(reply)
        assert event(next(coming))[0] == "answer.start"
        for _ in range(3):
            assert [line[:1] for line in next(coming)] == [":"]


def test_when_the_reader_goes_away_the_llm_stops(dictated: tuple[str, Dictated]) -> None:
    url, generator = dictated
    with asking(url, "lamp?") as reply:
        generator.words.put("The lamp is blue. [1] The")
        coming = blocks(reply)
        assert [event(next(coming))[0] for _ in range(2)] == ["answer.start", "answer.sentence"]
        assert not generator.ended.is_set()
    until = time.monotonic() + 3
    while not generator.ended.wait(0.05):
        assert time.monotonic() < until
        generator.words.put(" door is green. [1] The")


def test_a_failure_in_the_middle_is_an_event(dictated: tuple[str, Dictated]) -> None:
    url, generator = dictated
    generator.words.put("The lamp is blue. [1] The")
    with asking(url, "lamp?") as reply:
        coming = blocks(reply)
        assert [event(next(coming))[0] for _ in range(2)] == ["answer.start", "answer.sentence"]
        generator.words.put(RuntimeError("a secret of the inside"))
        name, told = event(next(coming))
        assert list(coming) == []
    problem = Problem.model_validate(told, strict=True)
    assert (name, problem.status, problem.code) == ("error", 500, "internal")
    assert reply.headers["x-request-id"] in problem.detail
    assert "secret" not in str(told)


def test_a_failure_at_once_has_its_real_status(dictated: tuple[str, Dictated]) -> None:
    url, generator = dictated
    generator.words.put(RuntimeError("a secret of the inside"))
    with asking(url, "lamp?") as reply:
        assert reply.status == 500
        assert json.loads(reply.read())["code"] == "internal"
