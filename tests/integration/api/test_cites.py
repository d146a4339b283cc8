"""Links of citations: what a browser sees behind them, for whom, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_service import make_settings, serving

from api.app import create_app
from api.cites import Cites
from api.principal import Principal
from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.domain import Chunk, Citation, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.erase import erase
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.rows import PreparedDocument
from rag.wiring import Application, open_application

BEFORE, CITED = "Boiler hall.\n\n", "The boiler <script>alert(1)</script> runs at six & seven."
ASKED = "When does the boiler run?"


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    told = make_settings(tmp_path, server__auth="required", server__trusted_proxies="127.0.0.1", cache__ttl_s=0)
    made = open_application(told, embedder=HashEmbedder())
    yield made
    made.close()


def put(application: Application, text: str = CITED, **about: Any) -> None:
    whole = BEFORE + text
    chunk = Chunk(len(BEFORE), len(whole), text, section=("Cellar", "Boiler <b>"))
    chunks = with_tokens(of_text([chunk], whole, markdown=False), application.embedder)
    doc = DocumentInput("boiler.md", whole.encode(), title='The "boiler" <i>', **about)
    application.ledger.put(
        PreparedDocument(doc, 'The "boiler" <i>', whole, chunks, application.embedder.embed_passages([text])),
        application.generation,
    )


def key_of(application: Application, *scopes: Any, **rights: Any) -> tuple[str, str]:
    made, text = Keys(application.ledger.engine).create("t", Rights(scopes or ("query",), **rights), made_by=COMMAND_LINE)
    return made.id, text


def link(url: str, key: str, **headers: str) -> str:
    body = {"model": "xiansou", "messages": [{"role": "user", "content": ASKED}]}
    reply = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}", **headers})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["annotations"][0]["url_citation"]["url"])


def shown(url: str, found: str) -> httpx.Response:
    """As a browser elsewhere opens it: without a key."""
    return httpx.get(url + urlsplit(found).path, headers={"X-Forwarded-For": "203.0.113.9"})


def test_the_page_shows_the_passage_and_loads_nothing(application: Application) -> None:
    put(application)
    with serving(create_app(application=application)) as url:
        found = link(url, key_of(application)[1], **{"X-Forwarded-Host": "help.example.com", "X-Forwarded-Proto": "https"})
        assert found.startswith("https://help.example.com/v1/cite/")
        assert found.endswith("#cited")
        page = shown(url, found)
        assert page.status_code == 200
        assert '<mark id="cited">The boiler &lt;script&gt;alert(1)&lt;/script&gt; runs at six &amp; seven.</mark>' in page.text
        assert "Cellar › Boiler &lt;b&gt;" in page.text
        assert "The &quot;boiler&quot; &lt;i&gt;" in page.text
        assert not re.search(r"<script|<img|<link|<iframe|src=|url\(|@import", page.text)
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert httpx.head(url + urlsplit(found).path, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200


def test_addresses_of_proxies_that_are_not_trusted_are_not_believed(tmp_path: Path) -> None:
    told = make_settings(tmp_path, server__auth="required", cache__ttl_s=0)
    application = open_application(told, embedder=HashEmbedder())
    put(application)
    with serving(create_app(application=application)) as url:
        assert link(url, key_of(application)[1], **{"X-Forwarded-Host": "evil.example"}).startswith(url)
    application.close()
    public = told.model_copy(update={"server": told.server.model_copy(update={"public_url": "https://help.example.com/ai"})})
    application = open_application(public, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url:
        assert link(url, key_of(application)[1]).startswith("https://help.example.com/ai/v1/cite/")
    application.close()


def test_an_edited_document_shows_what_was_cited_and_a_deleted_one_says_so(application: Application) -> None:
    put(application)
    with serving(create_app(application=application)) as url:
        found = link(url, key_of(application)[1])
        put(application, "The boiler runs at nine.")
        page = shown(url, found)
        assert "runs at six" in page.text
        assert "has been changed since" in page.text
        application.ledger.delete("boiler.md")
        gone = shown(url, found)
        assert (gone.status_code, "boiler" in gone.text, "has been deleted" in gone.text) == (410, False, True)
        erase(application.ledger.engine, application.settings.data_dir, "boiler.md")
        assert shown(url, found).status_code == 410


@pytest.mark.parametrize("what", ["acl", "key"])
def test_what_is_closed_since_is_not_shown(application: Application, what: str) -> None:
    put(application, acl=("staff",))
    with serving(create_app(application=application)) as url:
        key_id, key = key_of(application, groups=("staff",), collections=("default",))
        found = link(url, key)
        assert shown(url, found).status_code == 200
        if what == "acl":
            put(application, acl=("board",))
        else:
            Keys(application.ledger.engine).revoke(key_id)
        closed = shown(url, found)
        assert (closed.status_code, "six" in closed.text) == (404, False)


def test_links_end_and_cannot_be_made(application: Application) -> None:
    put(application)
    now = [1_000_000.0]
    cites = Cites(application.ledger.engine, Keys(application.ledger.engine), 24, clock=lambda: now[0])
    cited = Citation(1, "boiler.md", 1, 1, "t", None, (), CITED, len(BEFORE), len(BEFORE) + len(CITED), 1.0)
    token = cites.token(cited, Principal("local", "local"))
    assert not isinstance(cites.open(token, application.ledger), str)
    now[0] += 60
    assert cites.token(cited, Principal("local", "local")) == token  # a client knows the source again
    for wrong in (token[:-2], token[:-1] + ("A" if token[-1] != "A" else "B"), "A" + token[1:], "", "ä", "x" * 4000):
        assert cites.open(wrong, application.ledger) == "unknown"
    now[0] += 25 * 3600
    assert cites.open(token, application.ledger) == "expired"
