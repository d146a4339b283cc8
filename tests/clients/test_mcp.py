"""The MCP server, by the client of the official SDK: over HTTP in both generations of the protocol, and over stdio."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from clients_service import DOCUMENTS, Dictated, library, stops
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters

from api.replies import AnswerReply, HitsReply

LENS = "镜头起雾怎么办？"
LENS_TEXT = DOCUMENTS["help/lens.md"][2]
BELL = "How much is the doorbell?"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_tools_over_http(base_url: str, mode: Any) -> None:
    async with Client(f"{base_url}/mcp", mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"search", "ask", "get_document"}
        assert all(tool.annotations and tool.annotations.read_only_hint and tool.output_schema for tool in tools.values())

        found = await client.call_tool("search", {"question": LENS, "top_k": 1})
        hits = HitsReply.model_validate(found.structured_content)
        assert [hit.text for hit in hits.hits] == [LENS_TEXT]

        told = await client.call_tool("ask", {"question": LENS})
        answer = AnswerReply.model_validate(told.structured_content)
        assert (answer.answer, answer.citations[0].cited_text) == (f"{LENS_TEXT} [1]", LENS_TEXT)
        assert told.content[0].text == (
            f"{LENS_TEXT} [1]\n\nSources:\n[1] Lens care 😀 (help/lens.md) https://help.example.com/lens"
        )
        # A model takes what it is shown for true: no verdicts, no times, no paths of the server.
        assert (told.structured_content["grounding"], told.structured_content["timings_ms"]) == ([], {})
        assert all(hit.source is None for hit in hits.hits)

        got = await client.call_tool("get_document", {"document_id": "help/lens.md", "start": 2, "max_chars": 4})
        part = got.structured_content
        assert (part["text"], part["start"], part["end"]) == (LENS_TEXT[2:6], 2, 6)
        assert (part["total_chars"], part["version"], part["title"]) == (len(LENS_TEXT), 1, "Lens care 😀")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_document", {"document_id": "nowhere.md"}, "no document"),
        ("get_document", {"document_id": "help/lens.md", "version": 9}, "version"),
        ("ask", {"question": " "}, "the question is empty"),
        ("ask", {"question": "q", "profile": "nobody"}, "nobody"),
        ("search", {"question": "q", "top_k": 0}, "top_k"),
        ("search", {"question": "q", "colection": "garden"}, "unknown argument `colection`. Did you mean `collection`?"),
        ("ask", {}, "`question` is missing."),
        ("search", {"question": "q", "collection": "gardens"}, "Did you mean `garden`?"),
        ("search", {"question": "q", "filters": {"years": 2026}}, "Did you mean `year`?"),
        ("search", {"question": "q", "filters": {"lang": {"$gt": 1}}}, "neither numbers nor dates"),
        ("ask", {"question": "q", "filters": {"year": {"$near": 1}}}, "no operator"),
        ("ask", {"question": "q", "filters": {"year": None}}, "must be a text, number or boolean"),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model(base_url: str, tool: str, arguments: dict[str, Any], said: str) -> None:
    async with Client(f"{base_url}/mcp") as client:
        told = await client.call_tool(tool, arguments)
        assert told.is_error
        assert said in told.content[0].text


async def test_a_refusal_gives_a_model_nothing_to_guess_from(base_url: str) -> None:
    async with Client(f"{base_url}/mcp") as client:
        told = await client.call_tool("ask", {"question": "When is the showroom open?", "filters": {"lang": "D"}})
        assert not told.is_error
        if told.structured_content["status"] == "refused":
            assert told.structured_content["handoff"]["passages"] == []
        refused = await client.call_tool("ask", {"question": "write me a poem about doorbells"})
        assert refused.structured_content["status"] == "refused"
        assert (refused.structured_content["handoff"]["passages"], refused.structured_content["citations"]) == ([], [])
        assert "90 euros" not in str(refused)
        assert "status: refused" in refused.content[0].text


async def test_a_document_without_an_address_has_a_link_that_opens(base_url: str) -> None:
    async with Client(f"{base_url}/mcp") as client:
        told = await client.call_tool("ask", {"question": BELL})
        (url,) = {one["url"] for one in told.structured_content["citations"]}
        assert url in told.content[0].text
        assert "The doorbell costs 90 euros." in httpx.get(url).text


def test_get_answers_at_once(base_url: str) -> None:
    """Every TypeScript client asks for a stream after `initialize`, and takes a 405 for none."""
    for path in ("/mcp", "/mcp/"):
        reply = httpx.get(f"{base_url}{path}", headers={"accept": "text/event-stream"}, timeout=5)
        assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"accept": "application/json, text/event-stream"}
    assert httpx.post(f"{base_url}/mcp/", json=ping, headers=accept, timeout=5).status_code == 200


async def test_an_unknown_tool(base_url: str) -> None:
    async with Client(f"{base_url}/mcp") as client:
        try:
            told = await client.call_tool("delete_everything", {})
        except MCPError:
            return
        assert told.is_error


async def test_sentences_come_as_progress_and_a_client_that_goes_away_stops_the_llm(dictated: tuple[str, Dictated]) -> None:
    url, llm = dictated
    heard: list[str | None] = []
    came = anyio.Event()

    async def progress(_done: float, _total: float | None, message: str | None) -> None:
        heard.append(message)
        came.set()

    async def ask(client: Client) -> None:
        await client.call_tool("ask", {"question": BELL}, progress_callback=progress)

    llm.words.put("The doorbell costs 90 euros. [1] It")
    async with Client(f"{url}/mcp") as client, anyio.create_task_group() as tasks:
        tasks.start_soon(ask, client)
        with anyio.fail_after(10):
            await came.wait()
        assert heard == ["The doorbell costs 90 euros. [1]"]
        assert not llm.ended.is_set()
        tasks.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(stops, llm, " rings for nine seconds. [1] It")


async def test_over_stdio(tmp_path: Path) -> None:
    library(tmp_path).close()
    settings = {"data_dir": str(tmp_path), "answer__max_wrong_rate": "1.0"}
    environment = {f"XIANSOU__{key.upper()}": value for key, value in settings.items()}
    script = "from clients_service import served_over_stdio; served_over_stdio()"
    folders = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command = StdioServerParameters(
        command=sys.executable, args=["-c", script], env=os.environ | environment | {"PYTHONPATH": folders}
    )
    async with Client(command) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"search", "ask", "get_document"}
        told = await client.call_tool("ask", {"question": LENS})
        assert told.structured_content["answer"] == f"{LENS_TEXT} [1]"
