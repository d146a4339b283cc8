"""Answers, titles and passages that are out for a script or a request: none gets one, counted by a server that waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from browsing import ask, opened
from hostile import hostile
from site_pages import Site

from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application

Served = tuple[str, Application]
NewPage = Callable[..., Any]
_RAN = "window.ran = () => { window.runs = (window.runs || 0) + 1; }"


@pytest.fixture(scope="module")
def sink() -> Iterator[tuple[str, list[str]]]:
    """(URL, paths that were asked for)."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_two_hundred_texts_through_the_renderer(served: Served, new_page: NewPage, sink: tuple[str, list[str]]) -> None:
    """In the page itself; its policy is taken away first, so that only the renderer stands between."""
    address, seen = sink
    page = new_page(bypass_csp=True)
    page.add_init_script(_RAN)
    page.goto(f"{served[0]}/widget.js")
    page.set_content("<!doctype html><title>x</title><body></body>")
    page.evaluate(httpx.get(f"{served[0]}/widget.js").text)
    texts = hostile(address)
    assert len(set(texts)) > 190
    page.evaluate("texts => { for (const text of texts) document.body.append(Xiansou.render(text)); }", texts)
    for link in page.locator("a").all():
        assert link.get_attribute("href").split(":")[0] in ("http", "https", "mailto", "tel")
    allowed = {
        "DIV",
        "P",
        "BR",
        "STRONG",
        "CODE",
        "PRE",
        "OL",
        "UL",
        "LI",
        "TABLE",
        "THEAD",
        "TBODY",
        "TR",
        "TH",
        "TD",
        "A",
        "SUP",
    }
    used = page.evaluate("[...new Set([...document.body.querySelectorAll('*')].map(one => one.tagName))]")
    assert set(used) <= allowed
    attributes = page.evaluate(
        "[...new Set([...document.body.querySelectorAll('*')].flatMap(one => [...one.attributes].map(each => each.name)))]"
    )
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset", "srcdoc")]
    page.wait_for_timeout(500)
    assert (seen, page.evaluate("window.runs")) == ([], None)


def test_documents_that_want_out(served: Served, shop: Site, new_page: NewPage, sink: tuple[str, list[str]]) -> None:
    """The whole way: written, found, answered, its passage opened; their titles and urls are hostile, too."""
    url, application = served
    address, seen = sink
    key = Keys(application.ledger.engine).create("hostile", Rights(("admin",)), made_by=COMMAND_LINE)[1]
    texts = hostile(address, 12)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as admin:
        for n, text in enumerate(texts):
            title = " ".join(text.split()).replace("\0", "")[:300] or "t"
            body = f"The gadget number {n + 100} weighs {n + 3} grams. {text}".replace("\0", "")
            told = {"title": title, "text": body, "url": f"https://help.example/{n}"}
            assert admin.put(f"/v1/documents/hostile-{n}.md", json=told).status_code == 201
    page = new_page()
    page.add_init_script(_RAN)
    outside: list[str] = []
    page.on("request", lambda sent: outside.append(sent.url) if not sent.url.startswith((url, shop.url)) else None)
    chat = opened(page, shop.url)
    for n in range(len(texts)):
        reply = ask(page, f"How much does the gadget number {n + 100} weigh?")
        for source in reply.locator(".source").all()[:2]:
            source.click()
            chat.get_by_text("Loading…").wait_for(state="detached")
            page.keyboard.press("Escape")
    page.reload()
    page.locator("xiansou-chat .yours").first.wait_for()
    page.wait_for_timeout(300)
    assert (outside, seen, page.evaluate("window.runs")) == ([], [], None)
