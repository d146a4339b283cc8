"""OpenAI's JavaScript SDK and the Vercel AI SDK, as npm has them (`npm ci` in tests/clients/js)."""

from __future__ import annotations

import pytest
from clients_service import Dictated, stops
from js_clients import BELL, LENS, LENS_TEXT, needed, saw, start

needed()


def test_openai(base_url: str) -> None:
    seen = saw(start("openai.mjs", base_url))
    assert seen["models"] == ["xiansou"]
    message = seen["completion"]["choices"][0]["message"]
    assert message["content"] == f"{LENS_TEXT} [1]"
    assert message["annotations"][0]["url_citation"]["title"] == "Lens care 😀"
    chunks = seen["chunks"]
    assert (
        "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"]) == message["content"]
    )
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-2]["choices"][0]["delta"]["annotations"] == message["annotations"]
    assert chunks[-1]["usage"]["total_tokens"] == 0
    assert seen["accumulated"] == message["content"]
    assert seen["error"] == {
        "kind": "BadRequestError", "status": 400, "param": "n", "code": "invalid_input", "type": "invalid_request_error",
    }  # fmt: skip
    assert seen["status"] == "answered"
    # OpenAI's own tells of its search to those alone who gave the tool; others take the call for a tool that failed.
    assert seen["response"] == {"text": message["content"], "kinds": ["message"]}
    assert seen["annotations"][0]["url"] == "https://help.example.com/lens"
    assert seen["agents"] == {"text": message["content"], "kinds": ["file_search_call", "message"]}
    assert (seen["events"][0], seen["events"][-1]) == ("response.created", "response.completed")
    assert seen["streamed"] == message["content"]


def test_vercel_ai(base_url: str) -> None:
    seen = saw(start("ai.mjs", base_url, SECOND=BELL))
    answer = f"{LENS_TEXT} [1]"
    kinds = [part["type"] for part in seen["parts"]]
    assert kinds == [
        "start", "start-step", "text-start", "text-delta", "source-url", "text-end", "data-rag", "finish-step", "finish",
    ]  # fmt: skip
    source = seen["parts"][4]
    assert (source["url"], source["title"]) == ("https://help.example.com/lens", "Lens care 😀")
    about = source["providerMetadata"]["xiansou"]
    assert (about["citedText"], about["documentId"], about["n"]) == (LENS_TEXT, "help/lens.md", 1)
    assert [part["text"] for part in seen["message"]["parts"] if part["type"] == "text"] == [answer]
    told = [part for part in seen["message"]["parts"] if part["type"] == "data-rag"]
    assert told[0]["data"]["status"] == "answered"
    assert (seen["chat"]["status"], seen["chat"]["error"]) == ("ready", None)
    assert seen["chat"]["texts"][:3] == [LENS, answer, BELL]
    assert "The doorbell costs 90 euros." in seen["chat"]["texts"][3]
    assert seen["refused"]["status"] == "error"
    assert "rag.topk" in seen["refused"]["message"]
    linked = f"{LENS_TEXT} [[1]](https://help.example.com/lens)"  # openai-compatible drops annotations: links in the text
    assert (seen["generated"], seen["streamed"], seen["finish"]) == (linked, linked, "stop")


def test_conversations_of_the_vercel_ai_sdk(base_url: str) -> None:
    seen = saw(start("ai_turns.mjs", base_url, SECOND=BELL, LENS=LENS_TEXT))
    # The default provider of `ai` speaks Responses: in the second turn it refers to the items of the first.
    assert "The doorbell costs 90 euros." in seen["second"]
    assert seen["sources"] == ["https://help.example.com/lens"]
    assert "tool-input-error" not in seen["kinds"]
    assert {"text-delta", "source-url"} <= set(seen["kinds"])
    # After a stop, an error and a picture, the next question is answered, and it alone.
    for turn in ("stopped", "pictured", "long"):
        assert (seen[turn]["status"], LENS_TEXT in seen[turn]["text"]) == ("ready", False), turn
        assert "The doorbell costs 90 euros." in seen[turn]["text"], turn
    assert seen["errors"] == {
        "long": "The question has 9,000 characters; at most 4,000 are allowed.",
        "picture": "A part of type `file` cannot be read; only text is.",
    }  # fmt: skip
    assert seen["resumed"] == {"status": "ready", "error": None}


def test_mcp(base_url: str) -> None:
    seen = saw(start("mcp.mjs", base_url))
    assert seen["errors"] == []
    assert seen["tools"] == [["search", False], ["ask", False], ["get_document", False]]
    assert seen["answer"]["text"].startswith(f"{LENS_TEXT} [1]")
    assert (seen["answer"]["status"], seen["refused"]["status"]) == ("answered", "refused")
    assert (seen["mistake"]["error"], "Did you mean `collection`?" in seen["mistake"]["text"]) == (True, True)


@pytest.mark.parametrize("script", ["openai_abort.mjs", "ai_abort.mjs"])
def test_when_the_client_goes_away_the_llm_stops(dictated: tuple[str, Dictated], script: str) -> None:
    url, llm = dictated
    llm.words.put("The doorbell costs 90 euros. [1] It")
    process = start(script, url, QUESTION=BELL)
    assert saw(process) == {"aborted": True}
    assert stops(llm, " rings for nine seconds. [1] It")
