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
from ingest.statements import of_text, with_tokens
from rag.domain import Chunk, Citation, DocumentInput
from rag.fakes import HashEmbedder
from rag.library.erase import erase
from rag.library.keys import COMMAND_LINE, Keys, Rights
from rag.library.rows import Prepared
from rag.wiring import House, open_house

BEFORE, CITED = "Boiler hall.\n\n", "The boiler <script>alert(1)</script> runs at six & seven."
ASKED = "When does the boiler run?"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    told = make_settings(tmp_path, server__auth="required", server__trusted_proxies="127.0.0.1", cache__ttl_s=0)
    made = open_house(told, embedder=HashEmbedder())
    yield made
    made.close()


def put(house: House, text: str = CITED, **about: Any) -> None:
    whole = BEFORE + text
    chunk = Chunk(len(BEFORE), len(whole), text, section=("Cellar", "Boiler <b>"))
    chunks = with_tokens(of_text([chunk], whole, markdown=False), house.embedder)
    doc = DocumentInput("boiler.md", whole.encode(), title='The "boiler" <i>', **about)
    house.ledger.put(Prepared(doc, 'The "boiler" <i>', whole, chunks, house.embedder.embed_passages([text])), house.generation)


def key_of(house: House, *scopes: Any, **rights: Any) -> tuple[str, str]:
    made, text = Keys(house.ledger.engine).create("t", Rights(scopes or ("query",), **rights), made_by=COMMAND_LINE)
    return made.id, text


def link(url: str, key: str, **headers: str) -> str:
    body = {"model": "xiansou", "messages": [{"role": "user", "content": ASKED}]}
    reply = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}", **headers})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["annotations"][0]["url_citation"]["url"])


def shown(url: str, found: str) -> httpx.Response:
    """As a browser elsewhere opens it: without a key."""
    return httpx.get(url + urlsplit(found).path, headers={"X-Forwarded-For": "203.0.113.9"})


def test_the_page_shows_the_passage_and_loads_nothing(house: House) -> None:
    put(house)
    with serving(create_app(house=house)) as url:
        found = link(url, key_of(house)[1], **{"X-Forwarded-Host": "help.example.com", "X-Forwarded-Proto": "https"})
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
    house = open_house(told, embedder=HashEmbedder())
    put(house)
    with serving(create_app(house=house)) as url:
        assert link(url, key_of(house)[1], **{"X-Forwarded-Host": "evil.example"}).startswith(url)
    house.close()
    public = told.model_copy(update={"server": told.server.model_copy(update={"public_url": "https://help.example.com/ai"})})
    house = open_house(public, embedder=HashEmbedder())
    with serving(create_app(house=house)) as url:
        assert link(url, key_of(house)[1]).startswith("https://help.example.com/ai/v1/cite/")
    house.close()


def test_an_edited_document_shows_what_was_cited_and_a_deleted_one_says_so(house: House) -> None:
    put(house)
    with serving(create_app(house=house)) as url:
        found = link(url, key_of(house)[1])
        put(house, "The boiler runs at nine.")
        page = shown(url, found)
        assert "runs at six" in page.text
        assert "has been changed since" in page.text
        house.ledger.delete("boiler.md")
        gone = shown(url, found)
        assert (gone.status_code, "boiler" in gone.text, "has been deleted" in gone.text) == (410, False, True)
        erase(house.ledger.engine, house.settings.data_dir, "boiler.md")
        assert shown(url, found).status_code == 410


@pytest.mark.parametrize("what", ["acl", "key"])
def test_what_is_closed_since_is_not_shown(house: House, what: str) -> None:
    put(house, acl=("staff",))
    with serving(create_app(house=house)) as url:
        key_id, key = key_of(house, groups=("staff",), collections=("default",))
        found = link(url, key)
        assert shown(url, found).status_code == 200
        if what == "acl":
            put(house, acl=("board",))
        else:
            Keys(house.ledger.engine).revoke(key_id)
        closed = shown(url, found)
        assert (closed.status_code, "six" in closed.text) == (404, False)


def test_links_end_and_cannot_be_made(house: House) -> None:
    put(house)
    now = [1_000_000.0]
    cites = Cites(house.ledger.engine, Keys(house.ledger.engine), 24, clock=lambda: now[0])
    cited = Citation(1, "boiler.md", 1, 1, "t", None, (), CITED, len(BEFORE), len(BEFORE) + len(CITED), 1.0)
    token = cites.token(cited, Principal("local", "local"))
    assert not isinstance(cites.open(token, house.ledger), str)
    now[0] += 60
    assert cites.token(cited, Principal("local", "local")) == token  # a client knows the source again
    for wrong in (token[:-2], token[:-1] + ("A" if token[-1] != "A" else "B"), "A" + token[1:], "", "ä", "x" * 4000):
        assert cites.open(wrong, house.ledger) == "unknown"
    now[0] += 25 * 3600
    assert cites.open(token, house.ledger) == "expired"
