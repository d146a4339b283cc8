"""Frameworks that people put between themselves and the service: LangChain, LlamaIndex, the Vercel AI SDK 6."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from clients_service import Dictated, library, serving
from js_clients import BELL, LENS, LENS_TEXT, needed, saw, start

from api.app import create_app
from rag.domain import Usage

needed()
ANSWERED = f"{LENS_TEXT} [1]"
LINKED = f"{LENS_TEXT} [[1]](https://help.example.com/lens)"
SECOND = "The doorbell costs 90 euros."


def test_langchain(base_url: str) -> None:
    seen = saw(start("langchain.mjs", base_url, SECOND=BELL))
    for api in ("chat", "responses"):  # its users see the text alone, so the links stand in it on both
        told = seen[api]
        assert (told["first"], told["streamed"]) == (LINKED, LINKED), api
        for turn in ("second", "unanswered"):
            assert (told[turn].startswith(SECOND), LENS_TEXT in told[turn], "/v1/cite/" in told[turn]) == (True, False, True), (
                api
            )
    assert seen["annotations"] == ["https://help.example.com/lens"]
    assert seen["tools"] == LINKED
    assert seen["stopped"] == "AbortError"
    assert "[" not in seen["refused"]
    assert (seen["wrong"]["address"]["status"], "ends with /v1" in seen["wrong"]["address"]["message"]) == (404, True)
    assert (seen["wrong"]["format"]["status"], "`response_format`" in seen["wrong"]["format"]["message"]) == (400, True)


def test_llamaindex_in_typescript(base_url: str) -> None:
    seen = saw(start("llamaindex.mjs", base_url, SECOND=BELL))
    assert (seen["first"], seen["streamed"], seen["linked"]) == (ANSWERED, ANSWERED, LINKED)
    assert (seen["url"], seen["status"]) == ("https://help.example.com/lens", "answered")
    assert seen["response"] == {"text": ANSWERED, "url": "https://help.example.com/lens"}
    for turn in ("second", "unanswered"):
        assert (SECOND in seen[turn], LENS_TEXT in seen[turn]) == (True, False), turn


def test_the_vercel_ai_sdk_6(base_url: str) -> None:
    seen = saw(start("ai6.mjs", base_url, SECOND=BELL))
    assert (seen["first"], seen["compatible"]) == (ANSWERED, LINKED)
    assert seen["sources"] == seen["chat"] == ["https://help.example.com/lens"]
    assert ("tool-input-error" in seen["kinds"], "source-url" in seen["kinds"]) == (False, True)
    assert seen["error"] == "The question has 9,000 characters; at most 4,000 are allowed."
    assert (seen["after"]["status"], seen["linked"]) == ("ready", 1)
    for turn in (seen["second"], seen["after"]["text"]):
        assert (SECOND in turn, LENS_TEXT in turn) == (True, False)
    assert seen["then"] == ANSWERED


class _Unhurried(Dictated):
    """An LLM that takes a moment, so that those who come meanwhile find no place."""

    def __iter__(self) -> Iterator[str]:
        time.sleep(1.0)
        yield f"{SECOND} [1]"
        self.usage = Usage(11, 7)

    def generate(self, messages: Sequence[dict[str, str]], **_: object) -> Dictated:
        return self


def test_who_finds_no_place_waits_and_is_answered(tmp_path: Path) -> None:
    application = library(tmp_path, generator=_Unhurried(), limits__concurrent=5, limits__queued=0)
    with serving(create_app(application=application)) as url:
        seen = saw(start("overload.mjs", url, QUESTION=BELL))
    application.close()
    for name, statuses in seen["statuses"].items():
        assert (statuses[0], statuses[-1], SECOND in seen["texts"][name]) == (503, 200, True), name
    assert len(seen["statuses"]) == 5


def test_llamaindex_in_python(base_url: str) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(model="xiansou", api_base=f"{base_url}/v1", api_key="none", is_chat_model=True, max_retries=0)
    lens, bell = (ChatMessage(role="user", content=text) for text in (LENS, BELL))
    stream = llm.stream_chat([lens])
    assert next(stream).delta is not None
    stream.close()
    unanswered = llm.chat([lens, bell])
    told = llm.chat([lens, unanswered.message, bell, unanswered.message, lens])
    assert (SECOND in unanswered.message.content, LENS_TEXT in unanswered.message.content) == (True, False)
    assert told.message.content == ANSWERED
    assert (told.raw.rag["status"], told.raw.choices[0].message.annotations[0].url_citation.title) == (
        "answered",
        "Lens care 😀",
    )
    assert llm.complete(BELL).text.startswith(SECOND)
    with pytest.raises(Exception, match="`is_chat_model=True`"):
        OpenAILike(model="xiansou", api_base=f"{base_url}/v1", api_key="none", max_retries=0).complete(BELL)
