"""Limits over HTTP, counted in a real Valkey: rates, a day's tokens, the line, bodies, deadlines."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving

from api.app import create_app
from rag.domain import Chunk, DocumentInput, Usage
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Allowance, Keys, Rights
from rag.record.rows import PreparedDocument
from rag.wiring import Application, open_application

SHOP = "https://shop.example"
LLM = {"generator__kind": "openai", "generator__base_url": "http://127.0.0.1:1/v1", "generator__model": "m"}
TEXT = "The lamp blinks blue when the battery is low."


class Slow:
    """A generator whose answers wait for `go`; each uses 100 tokens."""

    name = "slow"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.calls = 0

    def generate(self, messages: Sequence[dict[str, str]], *, deadline: float, **_: object) -> Slow.Stream:
        self.calls += 1
        return Slow.Stream(self, deadline)

    class Stream:
        def __init__(self, owner: Slow, deadline: float):
            self.owner, self.deadline = owner, deadline
            self.usage, self.finish_reason = Usage(), "stop"

        def __iter__(self) -> Iterator[str]:
            self.owner.begun.release()
            if not self.owner.go.wait(max(0.0, self.deadline - time.monotonic())):
                self.finish_reason = "deadline"
                return
            self.usage = Usage(60, 40)
            yield f"{TEXT} [1]"


@contextmanager
def service(folder: Path, generator: Any = None, **settings: Any) -> Iterator[tuple[str, Application]]:
    told = make_settings(folder, server__auth="required", cache__ttl_s=0, **settings)
    application = open_application(told, embedder=HashEmbedder(), generator=generator)
    doc = DocumentInput("lamp.md", TEXT.encode())
    vectors = application.embedder.embed_passages([TEXT])
    application.ledger.put(PreparedDocument(doc, "lamp", TEXT, [Chunk(0, len(TEXT), TEXT)], vectors), application.generation)
    with serving(create_app(application=application)) as url:
        yield url, application
    application.close()


def key_of(
    application: Application, *scopes: Any, per_minute: int | None = None, tokens: int | None = None, **rights: Any
) -> str:
    allowance = Allowance(per_minute, tokens)
    told = Rights(scopes or ("query",), allowance=allowance, **rights)
    return Keys(application.ledger.engine).create("t", told, made_by=COMMAND_LINE)[1]


def ask(url: str, token: str, path: str = "/v1/retrieve", **headers: str) -> httpx.Response:
    body = {"question": "How does the lamp blink?"}
    return httpx.post(url + path, json=body, headers={"Authorization": f"Bearer {token}", **headers}, timeout=30)


def test_rates_of_keys_are_shared_by_all_processes_and_apart_from_each_other(tmp_path: Path) -> None:
    with service(tmp_path) as (one, application), serving(create_app(application=application)) as other:
        key, another = key_of(application, per_minute=4), key_of(application, per_minute=4)
        assert [ask(url, key).status_code for url in (one, other, one, other)] == [200] * 4
        for url in (one, other):
            refused = ask(url, key)
            assert (refused.status_code, refused.json()["code"]) == (429, "limit_reached")
            assert 1 <= int(refused.headers["retry-after"]) <= 120
            told = [int(refused.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")]
            assert told[:2] == [4, 0]
            assert 0 < told[2] <= 120
        assert ask(other, another).status_code == 200


def test_visitors_and_their_addresses(tmp_path: Path) -> None:
    with service(tmp_path, limits__visitor_per_minute=2, limits__address_per_minute=5) as (url, application):
        key = key_of(application, origins=(SHOP,))

        def visitor(name: str) -> str:
            sent = httpx.post(f"{url}/v1/widget/tokens", json={"visitor": name}, headers={"Authorization": f"Bearer {key}"})
            return str(sent.json()["token"])

        ann, bob, cy = (visitor(name) for name in ("ann", "bob", "cy"))
        query = "/v1/query"  # what a visitor may ask
        assert [ask(url, ann, query, Origin=SHOP).status_code for _ in range(3)] == [200, 200, 429]
        assert [ask(url, bob, query, Origin=SHOP).status_code for _ in range(2)] == [200, 200]
        again = ask(url, cy, query, Origin=SHOP)  # who rotates visitors still comes from one address
        assert (again.status_code, again.headers["access-control-allow-origin"]) == (429, SHOP)
        assert ask(url, key).status_code == 200


@pytest.mark.parametrize("redis", [None, "redis://127.0.0.1:1"])
def test_retry_after_is_when_the_next_one_passes(tmp_path: Path, redis: str | None) -> None:
    told = {} if redis is None else {"redis__url": redis}
    with service(tmp_path, **told) as (url, application):
        key = key_of(application, per_minute=3)
        replies = [ask(url, key) for _ in range(5)]
        assert [one.status_code for one in replies] == [200, 200, 200, 429, 429]
        waits = [int(one.headers["retry-after"]) for one in replies[3:]]
        assert all(1 <= wait <= 120 for wait in waits)  # this period's rest, and what of the next one its count fills


def test_keys_cannot_be_guessed_fast(tmp_path: Path) -> None:
    with service(tmp_path, limits__address_per_minute=3) as (url, application):
        assert [ask(url, f"xs_{n}_x").status_code for n in range(5)] == [401, 401, 401, 429, 429]
        assert ask(url, key_of(application)).status_code == 200


@pytest.mark.parametrize(("setting", "status"), [("open", 200), ("closed", 503)])
def test_without_redis(tmp_path: Path, setting: str, status: int) -> None:
    told = {"redis__url": "redis://127.0.0.1:1", "limits__without_redis": setting}
    with service(tmp_path, **told) as (url, application):
        key = key_of(application, origins=(SHOP,))
        assert ask(url, key).status_code == status
        if setting == "open":
            minted = httpx.post(f"{url}/v1/widget/tokens", json={"visitor": "v"}, headers={"Authorization": f"Bearer {key}"})
            refused = ask(url, minted.json()["token"], Origin=SHOP)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert [ask(url, key_of(application, per_minute=2)).status_code for _ in range(1)] == [200]


def test_when_a_days_tokens_are_used_up_answers_are_quoted(tmp_path: Path) -> None:
    slow = Slow()
    slow.go.set()
    with service(tmp_path, slow, **LLM) as (url, application):
        # 4096 tokens are set aside for each question, and 100 used.
        key = key_of(application, tokens=4096 + 250)
        said = [ask(url, key, "/v1/query").json()["generator"] for _ in range(5)]
        assert said == ["slow", "slow", "slow", "extractive", "extractive"]
        assert slow.calls == 3
        assert ask(url, key_of(application), "/v1/query").json()["generator"] == "slow"


def test_many_at_once_do_not_overspend(tmp_path: Path) -> None:
    slow = Slow()
    slow.go.set()
    with service(tmp_path, slow, **LLM, limits__queued=100) as (url, application), ThreadPoolExecutor(20) as pool:
        key = key_of(application, tokens=3 * 4096)
        replies = list(pool.map(lambda _: ask(url, key, "/v1/query"), range(60)))
        assert {reply.status_code for reply in replies} == {200}
        told = [reply.json()["generator"] for reply in replies]
        assert 3 <= told.count("slow") <= (3 * 4096) // 100
        assert slow.calls * 100 <= 3 * 4096


@pytest.mark.alone
def test_a_full_line_is_refused_quickly_and_the_place_comes_back(tmp_path: Path) -> None:
    slow = Slow()
    told = {**LLM, "limits__concurrent": 2, "limits__queued": 1, "limits__wait_s": 20}
    with service(tmp_path, slow, **told) as (url, application), ThreadPoolExecutor(4) as pool:
        key = key_of(application)
        running = [pool.submit(ask, url, key, "/v1/query") for _ in range(2)]
        for _ in running:
            assert slow.begun.acquire(timeout=10)
        waiting = pool.submit(ask, url, key, "/v1/query")
        time.sleep(0.3)
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
            took, chat = [], {"model": "xiansou", "messages": [{"role": "user", "content": "x"}]}
            for _ in range(10):
                began = time.perf_counter()
                refused = client.post("/v1/chat/completions", json=chat)
                took.append(time.perf_counter() - began)
                assert refused.status_code == 503
                assert int(refused.headers["retry-after"]) >= 1
                assert set(refused.json()) == {"error"}  # as OpenAI's clients know it
            assert client.get("/v1/documents").status_code == 200  # reading needs no place
        assert sorted(took)[5] < 0.05
        slow.go.set()
        assert [future.result().status_code for future in (*running, waiting)] == [200] * 3
        assert ask(url, key, "/v1/query").status_code == 200


def test_questions_that_end_before_the_line_give_their_place_back(tmp_path: Path) -> None:
    with service(tmp_path, limits__concurrent=1, limits__queued=0) as (url, application):
        key = key_of(application)
        headers = {"Authorization": f"Bearer {key}"}
        for _ in range(3):
            assert ask(url, "xs_wrong").status_code == 401
            assert httpx.post(f"{url}/v1/retrieve", json={"question": ""}, headers=headers).status_code == 422
            assert (
                httpx.post(f"{url}/v1/query", content=b"{", headers={**headers, "Content-Type": "application/json"}).status_code
                == 400
            )
            assert (
                httpx.post(
                    f"{url}/v1/query", content=b"x" * 2_000_000, headers={**headers, "Content-Type": "application/json"}
                ).status_code
                == 413
            )
            assert ask(url, key).status_code == 200


def test_a_deadline_goes_through_to_the_llm(tmp_path: Path) -> None:
    with service(tmp_path, Slow(), **LLM, generator__fallback=[]) as (
        url,
        application,
    ):  # else the documents are quoted instead
        key = key_of(application)
        began = time.monotonic()
        answer = ask(url, key, "/v1/query", **{"X-Deadline-Ms": "700"}).json()
        assert (answer["status"], answer["reason"]) == ("refused", "deadline")
        assert time.monotonic() - began < 5
        assert ask(url, key, "/v1/query", **{"X-Deadline-Ms": "soon"}).status_code == 422


def test_bodies_without_documents_are_small(tmp_path: Path) -> None:
    with service(tmp_path, limits__body_bytes=10_000) as (url, application):
        headers = {"Authorization": f"Bearer {key_of(application, 'admin')}"}
        big = {"question": "x", "history": [{"role": "user", "content": "y" * 20_000}]}
        reply = httpx.post(f"{url}/v1/query", json=big, headers=headers)
        assert reply.status_code == 413
        assert "limits.body_bytes" in reply.json()["detail"]
        sent = httpx.put(f"{url}/v1/documents/a?wait=queued", json={"text": "y" * 20_000}, headers=headers)
        assert sent.status_code == 202
