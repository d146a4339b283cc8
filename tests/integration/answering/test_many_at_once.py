"""As many answers at once as `limits.concurrent` allows talk to the LLM at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from rag.answering.backends.openai import openai_compatible
from rag.settings.generator import Generator

MANY = 120  # httpx alone opens 100 connections
_WORDS = [{"content": "It rings."}, {}]
_REPLY = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + "".join(
    f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'created': 1, 'model': 'm', 'choices': [choice]})}\n\n"
    for choice in ({"index": 0, "delta": delta, "finish_reason": None if delta else "stop"} for delta in _WORDS)
)


@pytest.fixture
def patient() -> Iterator[str]:
    """The base URL of an LLM that answers nobody before MANY are there."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2 * MANY)
    here, all_here = list[socket.socket](), threading.Event()

    def answer(client: socket.socket) -> None:
        with client:
            asked = b""
            while b'"stream":true' not in asked.replace(b" ", b""):
                asked += client.recv(65_536)
            here.append(client)
            if len(here) == MANY:
                all_here.set()
            if all_here.wait(20):
                client.sendall(_REPLY.encode() + b"data: [DONE]\n\n")

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    listener.close()


def test_more_than_a_hundred_answers_at_once(patient: str) -> None:
    backend = openai_compatible(Generator(kind="openai", base_url=patient, model="m", timeout_s=15))
    said = list[str]()

    def ask() -> None:
        messages = [{"role": "user", "content": "What does it do?"}]
        said.append("".join(backend.generate(messages, deadline=time.monotonic() + 15)))

    threads = [threading.Thread(target=ask) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    backend.close()
    assert said == ["It rings."] * MANY
