"""Answers that wait for a silent LLM hold no thread: more of them than there are threads wait at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from api_service import make_settings, serving

from api.app import create_app
from api.listener import AT_WORK
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.wiring import open_application
from tests.support import llm_server as llm
from tests.support.llm_server import LlmServer, llm_server

MANY = AT_WORK + 40 + 20  # 40: anyio's own
GOOD = "The pool opens at 7 a.m. [1]. Towels cost 2 euros [1]."


@pytest.fixture
def backend() -> Iterator[LlmServer]:
    with llm_server(llm.silence) as told:
        yield told


@pytest.fixture
def base_url(tmp_path, backend: LlmServer) -> Iterator[str]:
    settings = make_settings(
        tmp_path,
        generator__kind="openai",
        generator__base_url=backend.url,
        generator__model="m",
        generator__timeout_s=60.0,
        limits__concurrent=2 * MANY,
        profiles__quoted__backend="extractive",
    )
    application = open_application(settings, embedder=HashEmbedder())
    text = "The pool opens at 7 a.m. Towels cost 2 euros."
    vectors = application.embedder.embed_passages([text])
    whole = [Chunk(0, len(text), text)]
    application.ledger.put(
        PreparedDocument(DocumentInput("pool", text.encode()), "pool", text, whole, vectors), application.generation
    )
    with serving(create_app(application=application)) as url:
        yield url
    application.close()


def opened(stack: ExitStack, client: httpx.Client, number: int) -> httpx.Response:
    asked = {"question": f"When does the pool open {number}?", "stream": True}
    return stack.enter_context(client.stream("POST", "/v1/query", json=asked))


def test_more_wait_than_there_are_threads(base_url: str, backend: LlmServer) -> None:
    with httpx.Client(base_url=base_url, timeout=60, limits=httpx.Limits(max_connections=None)) as client, ExitStack() as stack:
        for number in range(MANY):
            opened(stack, client, number)
        deadline = time.monotonic() + 30
        while len(backend.calls) < MANY and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(backend.calls) == MANY
        assert not [one for one in threading.enumerate() if one.name == "llm"]
        began = time.monotonic()
        quoted = client.post("/v1/query", json={"question": "What do towels cost?", "profile": "quoted"})
        assert quoted.status_code == 200
        assert time.monotonic() - began < 5
    deadline = time.monotonic() + 10
    while len(backend.hung_up) < MANY and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(backend.hung_up) == MANY, "who goes away ends his call"


def test_words_that_come_in_pieces_are_the_same_answer(base_url: str, backend: LlmServer) -> None:
    backend.behaviour = llm.slow_drip(GOOD, 0.01)
    asked = {"question": "When does the pool open, and what do towels cost?"}
    whole = httpx.post(f"{base_url}/v1/query", json=asked, timeout=30).json()
    with httpx.stream("POST", f"{base_url}/v1/query", json=asked | {"stream": True}, timeout=30) as streamed:
        lines = list(streamed.iter_lines())
    told = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    said = [one["text"] for one in told if "text" in one]
    assert len(said) == 2
    assert whole["answer"].split() == told[-1]["answer"].split() == " ".join(said).split()
    assert whole["generator"] == "m"
    assert whole["timings_ms"]["generate"] > 100, "the time of the pauses counts"


def test_a_silent_backend_ends_at_the_deadline_without_a_thread(base_url: str) -> None:
    began = time.monotonic()
    reply = httpx.post(
        f"{base_url}/v1/query", json={"question": "When does the pool open?"}, headers={"X-Deadline-Ms": "1500"}, timeout=30
    )
    assert time.monotonic() - began < 5
    assert reply.status_code == 200
