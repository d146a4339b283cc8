"""Keys in the protocols of other people's clients: who may ask, what they see, how citations are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from clients_service import library, serving
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from openai import OpenAI

from api.app import create_app
from rag.record.keys import Keys, Rights

ASKED = [{"role": "user", "content": "镜头起雾怎么办？"}]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A service that asks for keys, and some of them."""
    application = library(tmp_path_factory.mktemp("keyed"))
    keys = Keys(application.ledger.engine)
    rights = {
        "markdown": Rights(citation_style="markdown"),
        "garden": Rights(collections=("garden",)),
        "ingest": Rights(("ingest",)),
        "admin": Rights(("admin",)),
    }
    made = {name: keys.create(name, told, made_by="test")[1] for name, told in rights.items()}
    with serving(create_app(application=application)) as url:
        yield url, made
    application.close()


def told_in(error: BaseException) -> str:
    """The texts of an error and of those in its group."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *(told_in(one) for one in inner)])


def sdk(url: str, key: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def test_openai(keyed: tuple[str, dict[str, str]]) -> None:
    url, keys = keyed
    for wrong in ("none", "xs_aaaaaaaaaaaa_bbbbbbbbbbbbbbbb"):
        with sdk(url, wrong) as client, pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        assert caught.value.type == "authentication_error"
        assert wrong not in str(caught.value)
    with sdk(url, keys["ingest"]) as client, pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="xiansou", messages=ASKED)  # type: ignore[arg-type]
    with sdk(url, keys["markdown"]) as client:
        told = client.chat.completions.create(model="xiansou", messages=ASKED)  # type: ignore[arg-type]
        assert "[[1]](https://help.example.com/lens)" in (told.choices[0].message.content or "")
        other = client.chat.completions.create(
            model="xiansou",
            messages=ASKED,
            extra_headers={"X-Citation-Style": "none"},  # type: ignore[arg-type]
        )
        assert "[" not in (other.choices[0].message.content or "")
    with sdk(url, keys["garden"]) as client:
        cited = client.responses.create(model="xiansou", input="When does the sprinkler run?").rag["citations"]  # type: ignore[attr-defined]
        assert {citation["document_id"] for citation in cited} == {"help/old.md"}
        seen = client.responses.create(model="xiansou", input="镜头起雾怎么办？").rag["citations"]  # type: ignore[attr-defined]
        assert "help/lens.md" not in {citation["document_id"] for citation in seen}


def test_dify(keyed: tuple[str, dict[str, str]]) -> None:
    url, keys = keyed
    body = {"knowledge_id": "default", "query": "doorbell", "retrieval_setting": {"top_k": 5, "score_threshold": 0}}

    def ask(headers: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{url}/v1/dify/retrieval", json=body, headers=headers)

    assert (ask({}).status_code, ask({}).json()["error_code"]) == (403, 1001)  # the one refusal that Dify notices
    wrong = ask({"Authorization": "Bearer xs_wrong"})
    assert (wrong.status_code, wrong.json()["error_code"]) == (403, 1002)
    assert httpx.post(f"{url}/v1/dify/retrieval", headers={"Authorization": "Bearer xs_wrong"}).status_code == 403  # no body
    other = ask({"Authorization": f"Bearer {keys['garden']}"})
    assert (other.status_code, other.json()["error_code"]) == (404, 2001)
    assert ask({"Authorization": f"Bearer {keys['markdown']}"}).json()["records"]


async def test_mcp(keyed: tuple[str, dict[str, str]]) -> None:
    url, keys = keyed
    unknown = httpx.post(f"{url}/mcp", json={})
    assert (unknown.status_code, unknown.json()["error"]["message"][:18]) == (401, "this needs a key. ")
    async with create_mcp_http_client(headers={"Authorization": "Bearer xs_wrong_key"}) as http:
        with pytest.raises(Exception) as caught:  # noqa: PT011 its class is the SDK's affair, a group or not
            async with Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client:
                await client.list_tools()
        assert "this key is wrong" in told_in(caught.value)
    headers = {"Authorization": f"Bearer {keys['garden']}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        found = await client.call_tool("search", {"question": "镜头起雾怎么办？"})
        assert {hit["document_id"] for hit in found.structured_content["hits"]} == {"help/old.md"}
        hidden = await client.call_tool("get_document", {"document_id": "help/lens.md"})
        missing = await client.call_tool("get_document", {"document_id": "help/none.md"})
        assert hidden.is_error
        assert hidden.content[0].text == missing.content[0].text.replace("none", "lens")


def test_metrics_need_the_scope_admin(keyed: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    url, keys = keyed
    statuses = {
        name: httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {keys[name]}"}).status_code
        for name in ("markdown", "ingest", "admin")
    }
    assert statuses == {"markdown": 403, "ingest": 403, "admin": 200}
    assert httpx.get(f"{url}/metrics").status_code == 401
