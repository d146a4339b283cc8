"""Nothing but checked words reaches a client, whatever the LLM writes and whatever protocol the client speaks."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving, working

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.wiring import open_application
from tests.support import llm_server as llm
from tests.support.llm_server import LlmServer, llm_server
from tests.support.payloads import HOST, payloads

TEXT = (
    "# Returns\n\nRefunds take 5 working days. See https://shop.example/returns for the form. Opened boxes cost a fee of 3%.\n"
)
TRUE = "Refunds take 5 working days"
ASKED = "How long do refunds take?"
EACH = 1 if os.environ.get("XIANSOU_EACH") else 12  # payloads an answer

_ANGLE = re.compile(r"<\s*[A-Za-z/!?|]|&lt;|&#(?:60|x3c);|[\uff1c\ufe64]", re.IGNORECASE)
_HIDDEN = re.compile("[\u3164\u115f\u1160\uffa0\u2800\u034f\ufe00-\ufe0e\u17b4\u17b5\u180b-\u180d\U000e0100-\U000e01ef]")


@pytest.fixture(scope="module")
def backend() -> Iterator[LlmServer]:
    with llm_server(llm.reply(f"{TRUE} [1].")) as told:
        yield told


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, backend: LlmServer) -> Iterator[httpx.Client]:
    generator = {"generator__kind": "openai", "generator__base_url": backend.url, "generator__model": "m", "cache__ttl_s": 0}
    settings = make_settings(tmp_path_factory.mktemp("payloads"), **generator)
    application = open_application(settings, embedder=HashEmbedder())
    with (
        serving(create_app(application=application)) as url,
        working(settings),
        httpx.Client(base_url=url, timeout=60) as opened,
    ):
        put = opened.put("/v1/documents/returns.md", json={"text": TEXT})
        assert put.status_code < 300, put.text
        yield opened
    application.close()


def strings(told: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from strings(value)
    elif isinstance(told, list):
        for value in told:
            yield from strings(value)


def events(text: str) -> list[Any]:
    return [json.loads(line[6:]) for line in text.split("\n") if line.startswith("data: {")]


def deltas(told: list[Any], *path: str | int) -> str:
    out = ""
    for one in told:
        try:
            for step in path:
                one = one[step]
        except (KeyError, IndexError, TypeError):
            continue
        out += one if isinstance(one, str) else ""
    return out


_CHAT = {"model": "xiansou", "messages": [{"role": "user", "content": ASKED}]}
_UI = {"messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": ASKED}]}]}
_MCP = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": ASKED}}}
_ACCEPT = {"accept": "application/json, text/event-stream"}
WIRES: dict[str, tuple[str, dict[str, Any], tuple[str | int, ...] | None]] = {
    "query": ("/v1/query", {"question": ASKED}, None),
    "query stream": ("/v1/query", {"question": ASKED, "stream": True}, ("text",)),
    "chat": ("/v1/chat/completions", _CHAT, None),
    "chat stream": ("/v1/chat/completions", _CHAT | {"stream": True}, ("choices", 0, "delta", "content")),
    "responses": ("/v1/responses", {"model": "xiansou", "input": ASKED}, None),
    "responses stream": ("/v1/responses", {"model": "xiansou", "input": ASKED, "stream": True}, ("delta",)),
    "ui messages": ("/v1/ui/chat", _UI, ("delta",)),
    "mcp": ("/mcp", _MCP, None),
}


def said(client: httpx.Client, wire: str) -> list[str]:
    """All texts that a client of this protocol gets, the pieces of streams put together as well."""
    path, body, pieces = WIRES[wire]
    reply = client.post(path, json=body, headers=_ACCEPT if wire == "mcp" else None)
    assert reply.status_code == 200, reply.text
    stream = reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply.text) if stream else [reply.json()]
    found = list(strings(told))
    assert any(TRUE in text for text in found) or TRUE in deltas(told, *(pieces or ())), reply.text[:2000]
    return [*found, deltas(told, *pieces)] if pieces else found


def wrong(text: str) -> bool:
    """Whether it holds what must not be shown."""
    hidden = any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp") and c not in "\n\t" for c in text)
    plain = unicodedata.normalize("NFKC", text).lower().replace("\u3002", ".")
    return hidden or bool(_HIDDEN.search(text) or _ANGLE.search(text)) or HOST in plain or "![" in text or "[1x]" in text


def test_there_are_two_hundred_payloads() -> None:
    assert len(payloads()) >= 200


@pytest.mark.parametrize("wire", WIRES)
def test_no_payload_reaches_a_client(client: httpx.Client, backend: LlmServer, wire: str) -> None:
    every, through = payloads(), []
    for at in range(0, len(every), EACH):
        batch = every[at : at + EACH]
        lines = [f"{TRUE}{p} [1]." if n % 2 else f"{TRUE}, {p} see there [1]." for n, p in enumerate(batch, at)]
        backend.behaviour = llm.reply("\n\n".join([f"{TRUE} [1].", *lines]), size=31)
        through += [(batch, text) for text in said(client, wire) if wrong(text)]
    assert not through, "\n".join(f"{batch} → {text!r}" for batch, text in through[:5])


def test_the_documents_own_link_and_an_allowed_one_may_be_named(tmp_path, backend: LlmServer) -> None:
    generator = {"generator__kind": "openai", "generator__base_url": backend.url, "generator__model": "m"}
    settings = make_settings(tmp_path, **generator, cache__ttl_s=0, answer__allowed_links=["https://help.example/contact"])
    application = open_application(settings, embedder=HashEmbedder())
    try:
        with (
            serving(create_app(application=application)) as url,
            working(settings),
            httpx.Client(base_url=url, timeout=60) as client,
        ):
            client.put("/v1/documents/returns.md", json={"text": TEXT})
            backend.behaviour = llm.reply("See https://shop.example/returns for the form [1]. Refunds take 5 working days [1].")
            assert "https://shop.example/returns" in client.post("/v1/query", json={"question": ASKED}).json()["answer"]
            for link, shown in (("https://help.example/contact", True), ("https://help.example/contact/x", False)):
                backend.behaviour = llm.reply(f"Refunds take 5 working days ({link}) [1]. Refunds take 5 working days [1].")
                told = client.post("/v1/query", json={"question": ASKED}).json()
                assert (link in told["answer"]) == shown, told["answer"]
    finally:
        application.close()
