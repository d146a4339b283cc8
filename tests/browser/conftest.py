"""A real Chromium before a real service: a server on a port, a worker, a ledger; only the embedder is a double.

Skipped where Playwright (`pip install playwright`) or a Chromium (`apt install chromium`, or XIANSOU_CHROMIUM) is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "api"))
sys.path.insert(0, str(Path(__file__).parent))

from api_service import make_settings, serving, working
from browsing import DOCUMENTS
from site_pages import Site, site

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application, open_application

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("XIANSOU_CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

FAQ = """question,answer
How long is the kettle's warranty?,The warranty of the kettle lasts three years.
电水壶保修多久？,电水壶保修三年。
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Ended with the module: while Playwright runs, its event loop is that of the thread, and no asynchronous test can be."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Application]]:
    """(URL, house) of a service that is open on loopback, with documents in both languages."""
    settings = make_settings(tmp_path_factory.mktemp("browser"), limits__visitor_per_minute=0, limits__address_per_minute=0)
    application = open_application(settings, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, working(settings):
        for name, text in DOCUMENTS.items():
            assert httpx.put(f"{url}/v1/documents/{name}", json={"text": text}, timeout=60).status_code == 201
        files = {"file": ("faq.csv", FAQ.encode(), "text/csv")}
        assert httpx.put(f"{url}/v1/documents/faq.csv", files=files, timeout=60).status_code == 201
        yield url, application
    application.close()


@pytest.fixture(scope="module")
def shop(served: tuple[str, Application]) -> Iterator[Site]:
    """A customer's site with the widget, a key of its own, and its own server's token address."""
    url, application = served
    with site() as told:
        told.api = url
        rights = Rights(("query",), origins=(told.url,))
        _, told.key = Keys(application.ledger.engine).create("shop", rights, made_by=COMMAND_LINE)
        yield told


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """new_page(**options of a context) → a page; an error of its script or its policy fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def make(**told: Any) -> Any:
        contexts.append(browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 860}} | told))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not faults
