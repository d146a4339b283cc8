"""The way to a person over HTTP: the form, the webhook that is signed and tried again, a conversation that is taken over; a
conversation after a reload, and its end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving

from api.app import create_app
from ingest import handoffs as sender
from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.erase_visitor import erase_visitor
from rag.record.handoffs import Handoffs
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.rows import PreparedDocument
from rag.wiring import Application, open_application

SHOP = "https://shop.example"
SECRET = "a secret of sixteen and more"
TEXT = "The greenhouse lamp blinks blue when its battery is low."
ASKED = "How does the greenhouse lamp blink?"


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    hook = {"handoff__url": "http://127.0.0.1:9/", "handoff__secret": SECRET}
    told = make_settings(tmp_path, server__auth="required", cache__ttl_s=0, **hook)
    made = open_application(told, embedder=HashEmbedder())
    put(made, "lamp.md")
    yield made
    made.close()


def put(application: Application, document_id: str, text: str = TEXT) -> None:
    vectors = application.embedder.embed_passages([text])
    chunks = with_tokens(of_text([Chunk(0, len(text), text)], text, markdown=False), application.embedder)
    application.ledger.put(
        PreparedDocument(DocumentInput(document_id, text.encode()), "lamp", text, chunks, vectors), application.generation
    )


@contextmanager
def desk(replies: list[int]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A help desk that answers with these statuses in turn, then with 200; what it heard."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(
                ({k.lower(): v for k, v in self.headers.items()}, self.rfile.read(int(self.headers["content-length"])))
            )
            self.send_response(replies.pop(0) if replies else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard
    server.shutdown()
    server.server_close()


class Asking:
    """A key's program, and visitors of its widget."""

    def __init__(self, url: str, application: Application):
        self.url = url
        self.key = Keys(application.ledger.engine).create("shop", Rights(("query",), origins=(SHOP,)), made_by=COMMAND_LINE)[1]
        self.admin = Keys(application.ledger.engine).create("admin", Rights(("admin",)), made_by=COMMAND_LINE)[1]

    def visitor(self, name: str) -> dict[str, str]:
        told = httpx.post(f"{self.url}/v1/widget/tokens", json={"visitor": name}, headers=self.of(self.key)).json()
        return {"Authorization": f"Bearer {told['token']}", "Origin": SHOP}

    def of(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def ask(self, who: dict[str, str], text: str, conversation: str) -> dict[str, Any]:
        body = {"question": text, "conversation_id": conversation}
        reply = httpx.post(f"{self.url}/v1/query", json=body, headers=who, timeout=20)
        assert reply.status_code == 200, reply.text
        told: dict[str, Any] = reply.json()
        return told

    def get(self, path: str, who: dict[str, str]) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=who)


def test_the_help_desk_is_told_until_it_has_heard(application: Application) -> None:
    with serving(create_app(application=application)) as url, desk([500, 302]) as (hook, heard), httpx.Client() as client:
        asking = Asking(url, application)
        ann = asking.visitor("ann")
        over = asking.ask(ann, "I want to talk to a person", "c1")["handoff"]
        assert over["suggested"]
        form = {"name": "Ann", "contact": "ann@example.com", "message": "Call me.", "conversation_id": "c1", "language": "en"}
        made = httpx.post(f"{url}/v1/handoff", json=form, headers=ann)
        assert (made.status_code, made.json()["told"]) == (202, True)
        queue, told = Handoffs(application.ledger.engine), application.settings.handoff.model_copy(update={"url": hook})
        first = queue.claim()
        assert first is not None
        for _ in range(3):  # refused twice, then heard
            sender.send(client, queue, first, told)
        second = queue.claim()
        assert second is not None
        assert queue.claim() is None  # both are with a sender
        sender.send(client, queue, second, told)

        keys = [headers["webhook-id"] for headers, _ in heard]
        assert keys == [first.id] * 3 + [second.id]
        headers, body = heard[-1]
        signed = f"{second.id}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
        sent = json.loads(body)
        assert (sent["type"], sent["visitor"], sent["contact"], sent["conversation_id"]) == (
            "handoff.requested", "ann", "ann@example.com", "c1",
        )  # fmt: skip
        listed = asking.get("/v1/handoffs", asking.of(asking.admin)).json()["handoffs"]
        assert [one["state"] for one in listed] == ["sent", "sent"]
        assert asking.get("/v1/handoffs", ann).status_code == 403


def test_a_webhook_that_never_answers_is_given_up_at_last(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.record.handoffs.PAUSES_S", (0, 0))
    queue = Handoffs(application.ledger.engine)
    queue.put("handoff.requested", "key:k", None, {}, send=True)
    tries = 0
    while (message := queue.claim()) is not None:
        queue.failed(message.id, "ConnectError")
        tries += 1
    assert tries == 3
    assert queue.page()[0].state == "dead"


def test_where_a_person_has_taken_over_the_assistant_is_silent(application: Application) -> None:
    with serving(create_app(application=application)) as url:
        asking = Asking(url, application)
        ann, key = asking.visitor("ann"), asking.of(asking.key)
        assert asking.ask(ann, ASKED, "c1")["status"] == "answered"
        assert httpx.post(f"{url}/v1/conversations/c1/takeover", json={}, headers=ann).status_code == 403
        taken = httpx.post(f"{url}/v1/conversations/c1/takeover", json={"agent": "Mia"}, headers=key)
        assert (taken.status_code, taken.json()["state"]) == (200, "agent")
        silent = asking.ask(ann, ASKED, "c1")
        assert (silent["status"], silent["answer"], silent["handoff"]["reason"]) == ("chat", "", "agent_active")
        assert asking.ask(ann, ASKED, "c2")["status"] == "answered"
        said = Handoffs(application.ledger.engine).page()[0]
        assert (said.kind, said.body["message"], said.body["agent"]) == ("conversation.message", ASKED, "Mia")
        messages = [{"role": "user", "content": ASKED}]
        chat = {"model": "xiansou", "messages": messages, "stream": True, "rag": {"conversation_id": "c1"}}
        streamed = httpx.post(f"{url}/v1/chat/completions", json=chat, headers=ann).text
        assert "greenhouse" not in streamed.replace(ASKED, "")
        shown = asking.get("/v1/conversations/c1", ann).json()
        assert (shown["state"], shown["agent"]) == ("agent", "Mia")
        assert httpx.delete(f"{url}/v1/conversations/c1/takeover", headers=key).json()["state"] == "assistant"
        assert asking.ask(ann, ASKED, "c1")["status"] == "answered"


def test_a_conversation_comes_back_to_its_visitor_alone_and_without_what_was_deleted(application: Application) -> None:
    put(application, "door.md", "The cellar door opens at seven in the morning.")
    with serving(create_app(application=application)) as url:
        asking = Asking(url, application)
        ann, bob = asking.visitor("ann"), asking.visitor("bob")
        lamp = asking.ask(ann, ASKED, "c1")
        asking.ask(ann, "When does the cellar door open?", "c1")
        asking.ask(bob, ASKED, "c1")
        told = asking.get("/v1/conversations/c1", ann).json()
        assert [turn["question"] for turn in told["turns"]] == [ASKED, "When does the cellar door open?"]
        assert (told["turns"][0]["answer"], told["turns"][0]["citations"][0]["document_id"]) == (lamp["answer"], "lamp.md")
        assert len(asking.get("/v1/conversations/c1", bob).json()["turns"]) == 1
        assert asking.get("/v1/conversations/c1", asking.of(asking.key)).status_code == 404
        last = asking.get("/v1/conversations/c1?limit=1", ann).json()
        assert (len(last["turns"]), last["more"]) == (1, True)
        application.ledger.delete("door.md")
        put(application, "lamp.md", TEXT.replace("blue", "red"))
        first, second = asking.get("/v1/conversations/c1", ann).json()["turns"]
        assert (first["changed"], first["withheld"], first["answer"]) == (True, False, lamp["answer"])
        assert (second["withheld"], second["answer"], second["citations"]) == (True, "", [])


def test_a_visitor_is_erased_and_nobody_else(application: Application) -> None:
    with serving(create_app(application=application)) as url:
        asking = Asking(url, application)
        ann, other = asking.visitor("ann"), asking.visitor("not_ann")
        answer = asking.ask(ann, ASKED, "c1")
        asking.ask(other, ASKED, "c1")
        httpx.post(f"{url}/v1/feedback", json={"answer_id": answer["answer_id"], "rating": "up"}, headers=ann)
        httpx.post(f"{url}/v1/handoff", json={"contact": "ann@example.com"}, headers=ann)
        application.memory.flush()
        done = erase_visitor(application.ledger.engine, "ann")
        assert (done.answers, done.handoffs, [conversation for _, conversation in done.conversations]) == (1, 1, ["c1"])
        assert asking.get("/v1/conversations/c1", ann).status_code == 404
        assert len(asking.get("/v1/conversations/c1", other).json()["turns"]) == 1
        assert "ann@example.com" not in str(asking.get("/v1/handoffs", asking.of(asking.admin)).json())
        assert erase_visitor(application.ledger.engine, "%").answers == 0
