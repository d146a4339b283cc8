"""A customer's web site beside the service: pages with the widget under a strict policy, addresses for tokens and hand-offs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

POLICY = (
    "default-src 'none'; script-src {api}; connect-src 'self' {api}; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Shop</h1><p>We sell cameras.</p><a href="{other}">Another page</a></main>
<script src="{api}/widget.js" data-token-url="/token" {attributes} async></script></body></html>"""


@dataclass
class Site:
    """`seen`: paths that were asked for; `handed`: what the hand-off address got."""

    url: str = ""
    api: str = ""
    key: str = ""
    attributes: str = 'data-handoff="/handoff"'
    seen: list[str] = field(default_factory=list)
    handed: list[dict[str, Any]] = field(default_factory=list)

    def token(self) -> tuple[int, bytes]:
        reply = httpx.post(
            f"{self.api}/v1/widget/tokens", json={"visitor": "v1"}, headers={"Authorization": f"Bearer {self.key}"}, timeout=30
        )
        return reply.status_code, reply.content


@contextmanager
def site() -> Iterator[Site]:
    """Serves on a free port of loopback."""
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.seen.append(self.path)
            path, _, _ = self.path.partition("?")
            if path not in ("/", "/zh", "/other", "/rtl"):
                self._send(404, b"", "text/plain")
                return
            language, direction = ("zh-CN", "ltr") if path == "/zh" else ("ar", "rtl") if path == "/rtl" else ("en", "ltr")
            text = _PAGE.format(api=told.api, lang=language, dir=direction, other="/other", attributes=told.attributes)
            self._send(200, text.encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            told.seen.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/token":
                self._send(*told.token(), "application/json")
            elif self.path == "/handoff":
                told.handed.append(json.loads(body))
                self._send(200, b"{}", "application/json")
            else:
                self._send(404, b"", "text/plain")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY.format(api=told.api))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
