"""A scripted OpenAI-compatible server on a loopback port: it does to its client what real backends do on their worst days."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Call"], None]


@dataclass
class Call:
    """One request and the ways to answer it."""

    handler: BaseHTTPRequestHandler
    body: dict[str, Any]
    server: LlmServer

    def begin(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()

    def say(self, text: str, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
        self._event({"choices": [choice]})

    def end(self, finish: str = "stop") -> None:
        self.say("", finish)
        self._event({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
        self.handler.wfile.write(b"data: [DONE]\n\n")

    def _event(self, more: dict[str, Any]) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted"} | more
        self.handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.handler.wfile.flush()

    def status(self, code: int, headers: dict[str, str] | None = None, text: str = "no") -> None:
        body = json.dumps({"error": {"message": text, "type": "x", "code": code}}).encode()
        self.handler.send_response(code)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def wait(self, seconds: float) -> None:
        """Waits, and notes when the client closes the connection meanwhile."""
        until = time.monotonic() + seconds
        self.handler.connection.settimeout(0.02)
        while time.monotonic() < until and not self.server.stopping.is_set():
            try:
                if self.handler.connection.recv(1, socket.MSG_PEEK) == b"":
                    raise BrokenPipeError
            except TimeoutError:
                continue
            except OSError:
                self.server.hung_up.append(time.monotonic())
                raise
            time.sleep(0.02)


@dataclass
class LlmServer:
    """`behaviour` may be changed at any time; `calls` holds the bodies it was sent."""

    behaviour: Behaviour
    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    models: tuple[str, ...] = ("m",)
    hung_up: list[float] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


def reply(text: str, finish: str = "stop", size: int = 9) -> Behaviour:
    """Says the text in pieces."""

    def behave(call: Call) -> None:
        call.begin()
        for at in range(0, len(text), size):
            call.say(text[at : at + size])
        call.end(finish)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after the other, the last one for ever."""
    left = list(behaviours)
    lock = threading.Lock()

    def behave(call: Call) -> None:
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        now(call)

    return behave


def slow_drip(text: str, every_s: float) -> Behaviour:
    def behave(call: Call) -> None:
        call.begin()
        for char in text:
            call.say(char)
            call.wait(every_s)
        call.end()

    return behave


def silence(call: Call) -> None:
    """Takes the request and says nothing, not even a status."""
    call.wait(60)


def silent_body(call: Call) -> None:
    """Sends its headers and nothing else."""
    call.begin()
    call.wait(60)


def stalls(text: str) -> Behaviour:
    """Says the text and then nothing more."""

    def behave(call: Call) -> None:
        call.begin()
        call.say(text)
        call.wait(60)

    return behave


def stalls_then(text: str, seconds: float) -> Behaviour:
    """Begins, says nothing for a while, then the text."""

    def behave(call: Call) -> None:
        call.begin()
        call.wait(seconds)
        call.say(text)
        call.end()

    return behave


def status(code: int, **headers: str) -> Behaviour:
    return lambda call: call.status(code, {name.replace("_", "-"): value for name, value in headers.items()})


def hangs_up(text: str = "") -> Behaviour:
    """Breaks the connection, after some text."""

    def behave(call: Call) -> None:
        if text:
            call.begin()
            call.say(text)
        call.handler.connection.shutdown(socket.SHUT_RDWR)

    return behave


def not_json(call: Call) -> None:
    call.begin()
    call.handler.wfile.write(b"data: {this is not json\n\n<html>502 Bad Gateway</html>\n\n")


@contextmanager
def llm_server(behaviour: Behaviour) -> Iterator[LlmServer]:
    """Serves on a free loopback port."""
    told = LlmServer(behaviour)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.calls.append(body)
            self.close_connection = True
            try:
                told.behaviour(Call(self, body, told))
            except OSError:
                return

        def do_GET(self) -> None:
            body = json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in told.models]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield told
    finally:
        told.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
