"""What clients see of an LLM backend that cannot be reached, or that is silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving, working

from api import stream
from api.app import create_app
from rag.fakes import HashEmbedder
from rag.wiring import open_application
from tests.support import llm_server as llm
from tests.support.llm_server import LlmServer, llm_server

ASKED = "When does the ferry leave?"
TEXT = "The ferry leaves at 9:40."
CHAT = {"model": "xiansou", "messages": [{"role": "user", "content": ASKED}]}
RESPONSES = {"model": "xiansou", "input": ASKED}


@pytest.fixture(scope="module")
def backend() -> Iterator[LlmServer]:
    with llm_server(llm.reply(f"{TEXT} [1]")) as told:
        yield told


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, backend: LlmServer) -> Iterator[httpx.Client]:
    told = {"generator__kind": "openai", "generator__base_url": backend.url, "generator__model": "m", "cache__ttl_s": 0}
    settings = make_settings(tmp_path_factory.mktemp("backend"), **told, generator__fallback=[])
    application = open_application(settings, embedder=HashEmbedder())
    with (
        serving(create_app(application=application)) as url,
        working(settings),
        httpx.Client(base_url=url, timeout=60) as opened,
    ):
        assert opened.put("/v1/documents/ferry.md", json={"text": TEXT}).status_code < 300
        yield opened
    application.close()


def test_a_silent_backend_is_told_of_by_events_and_pings(
    client: httpx.Client, backend: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_STALL_S", 0.2)
    monkeypatch.setattr(stream, "PING_S", 1)
    backend.behaviour = llm.stalls_then(f"{TEXT} [1]", 2.5)
    with client.stream("POST", "/v1/query", json={"question": ASKED, "stream": True}) as reply:
        lines = list(reply.iter_lines())
    assert any(line.startswith(": ping") for line in lines)
    assert "event: answer.status" in lines
    assert lines.index("event: answer.status") < lines.index("event: answer.sentence")


def test_a_caller_in_a_hurry_does_not_close_the_backend_to_others(client: httpx.Client, backend: LlmServer) -> None:
    backend.behaviour = llm.stalls_then(f"{TEXT} [1]", 0.6)
    hurried = [
        threading.Thread(
            target=client.post, args=("/v1/query",), kwargs={"json": {"question": ASKED}, "headers": {"X-Deadline-Ms": "150"}}
        )
        for _ in range(6)
    ]
    for thread in hurried:
        thread.start()
    for thread in hurried:
        thread.join()
    backend.behaviour = llm.reply(f"{TEXT} [1]")
    assert client.post("/v1/query", json={"question": ASKED}).json()["status"] == "answered"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_unreachable_backend_is_503_with_retry_after_on_openai_wires(
    client: httpx.Client, backend: LlmServer, path: str, streamed: bool
) -> None:
    backend.behaviour = llm.status(401)  # not tried again
    body: dict[str, Any] = (CHAT if "chat" in path else RESPONSES) | {"stream": streamed}
    told = client.post(path, json=body)
    if streamed and told.status_code == 200:  # it failed after the stream had begun: the error is its last event
        last = [json.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: {")][-1]
        assert "server_error" in json.dumps(last)
        return
    assert told.status_code == 503
    assert int(told.headers["retry-after"]) >= 1
    assert told.json()["error"]["type"] == "server_error"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_a_backend_that_refuses_connections_is_503_on_streams_too(client: httpx.Client, backend: LlmServer, path: str) -> None:
    """It is tried again before it is given up, which takes longer than what fails at once."""
    backend.behaviour = llm.hangs_up()
    told = client.post(path, json=(CHAT if "chat" in path else RESPONSES) | {"stream": True})
    assert told.status_code == 503, told.text[:300]
    assert int(told.headers["retry-after"]) >= 1


def test_the_native_wire_refuses_with_its_reason(client: httpx.Client, backend: LlmServer) -> None:
    backend.behaviour = llm.status(401)
    told = client.post("/v1/query", json={"question": ASKED})
    assert (told.status_code, told.json()["reason"]) == (200, "backend_unavailable")
