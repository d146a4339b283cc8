"""What holds for every route, and how the service behaves when something is missing or breaks."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import structlog
from api_service import make_settings

from api.app import create_app
from api.replies import Problem
from rag.fakes import HashEmbedder
from rag.ports import Vectors
from rag.wiring import open_application


class BreakableEmbedder(HashEmbedder):
    """Works until `broken` is set."""

    broken = False

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if self.broken:
            raise RuntimeError("a secret of the inside")
        return super().embed_queries(texts)


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, BreakableEmbedder]]:
    """A service of its own without a worker, called without a network; writes wait 1.5 s."""
    embedder = BreakableEmbedder()
    application = open_application(make_settings(tmp_path, ingest__wait_s=1.5, ingest__max_bytes=10_000), embedder=embedder)
    app = create_app(application=application)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client, embedder
    application.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("POST", "/v1/documents/a", 405), ("GET", "/v1/jobs/99999", 404), ("GET", "/v1/jobs/x", 422)],
)
def test_problems_have_one_shape(client: httpx.Client, method: str, path: str, status: int) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate(reply.json(), strict=True).status == status
    assert int(reply.headers["x-index-version"]) >= 0
    assert reply.headers["x-request-id"]


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    assert client.patch("/v1/documents/a").headers["allow"] == "GET, PUT, DELETE"
    assert client.put("/v1/query").headers["allow"] == "POST"


@pytest.mark.parametrize(("given", "kept"), [("req-1.a_b", True), ("x" * 129, False), ("a b", False)])
def test_a_request_id_is_kept_when_it_is_harmless(client: httpx.Client, given: str, kept: bool) -> None:
    assert (client.get("/livez", headers={"X-Request-Id": given}).headers["x-request-id"] == given) is kept


@pytest.mark.parametrize("path", ["/v1/documents/a?wiat=queued", "/v1/query?stream=1", "/livez?x=1", "/v1/jobs/1?x=1"])
def test_unknown_parameters_are_refused(client: httpx.Client, path: str) -> None:
    method = {"/v1/documents/a": "PUT", "/v1/query": "POST"}.get(path.partition("?")[0], "GET")
    reply = client.request(method, path, json={"text": "t"} if method == "PUT" else {"question": "q"})
    assert (reply.status_code, reply.json()["field"]) == (422, path.partition("?")[2].partition("=")[0])


def test_the_description_has_examples_and_problems(client: httpx.Client) -> None:
    told = client.get("/openapi.json").json()
    put = told["paths"]["/v1/documents/{id}"]["put"]
    assert put["requestBody"]["content"].keys() == {"application/json", "multipart/form-data"}
    assert "application/problem+json" in put["responses"]["422"]["content"]
    assert put["responses"].keys() >= {"200", "201", "202", "409", "413"}
    assert told["components"]["schemas"]["AnswerReply"]["properties"]["answer"]["examples"]


def test_a_body_that_is_announced_too_large_is_refused_unread(base_url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
    connection.putrequest("PUT", "/v1/documents/large")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "2000001")
    connection.endheaders()
    reply = connection.getresponse()  # not a byte of the body was sent
    assert (reply.status, json.loads(reply.read())["code"]) == (413, "too_large")
    connection.close()


def test_a_body_that_is_too_large_gets_its_answer_from_a_real_server(client: httpx.Client) -> None:
    reply = client.put("/v1/documents/large", json={"text": "x" * 2_000_000})
    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/v1/documents/large", "application/json"),
        ("/v1/documents/large", "multipart/form-data; boundary=b"),
        ("/v1/query", "application/json"),
    ],
)
async def test_a_body_without_a_length_is_stopped_on_the_way(
    inside: tuple[httpx.AsyncClient, BreakableEmbedder], path: str, content_type: str
) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(1000):
            sent += 1
            yield b"x" * 1000

    method = "POST" if path == "/v1/query" else "PUT"
    reply = await inside[0].request(method, path, content=body(), headers={"content-type": content_type})
    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")
    assert reply.headers["content-type"] == "application/problem+json"
    assert sent <= 11


async def test_before_it_has_started_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    app = create_app(make_settings(tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"ready": False, "reasons": ["the service is starting"]})
        asked = await client.post("/v1/query", json={"question": "q"})
        assert (asked.status_code, asked.headers["retry-after"], asked.json()["code"]) == (503, "1", "overloaded")


async def test_what_breaks_inside_stays_inside(inside: tuple[httpx.AsyncClient, BreakableEmbedder]) -> None:
    client, embedder = inside
    assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
    embedder.broken = True
    with structlog.testing.capture_logs() as logged:
        reply = await client.post("/v1/query", json={"question": "q"})
        ready = await client.get("/readyz")
    assert reply.status_code == 500
    assert Problem.model_validate(reply.json(), strict=True).code == "internal"
    assert reply.headers["x-request-id"] in reply.json()["detail"]
    assert (ready.status_code, len(ready.json()["reasons"])) == (503, 1)
    assert "secret" not in reply.text + ready.text
    failures = [line for line in logged if line["event"] == "a request failed"]
    assert [line["request_id"] for line in failures] == [reply.headers["x-request-id"]]


async def test_without_a_worker_a_write_is_kept_and_says_so(
    inside: tuple[httpx.AsyncClient, BreakableEmbedder],
) -> None:
    reply = await inside[0].put("/v1/documents/a", json={"text": "kept"})
    told = reply.json()
    assert reply.status_code == 202
    assert (told["state"], told["version"], told["index_version"]) == ("queued", None, None)
    assert (await inside[0].get(f"/v1/jobs/{told['job_id']}")).json()["state"] == "queued"
    cancelled = await inside[0].delete(f"/v1/jobs/{told['job_id']}")
    assert (cancelled.status_code, cancelled.json()["state"], cancelled.json()["error"]["code"]) == (200, "failed", "cancelled")


@pytest.mark.alone
async def test_writes_that_wait_do_not_keep_questions_waiting(
    inside: tuple[httpx.AsyncClient, BreakableEmbedder],
) -> None:
    client = inside[0]
    writes = [asyncio.create_task(client.put(f"/v1/documents/{n}", json={"text": "t"})) for n in range(60)]
    await asyncio.sleep(0.5)
    began = time.monotonic()
    assert (await client.post("/v1/query", json={"question": "q"})).status_code == 200
    took = time.monotonic() - began
    assert not any(write.done() for write in writes)
    assert took < 0.5
    assert {reply.status_code for reply in await asyncio.gather(*writes)} == {202}
