"""What a request asks of the LLM: it arrives there, keeps its own cached answers, and is asked for again by a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving, working

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.wiring import open_application
from tests.support.llm_server import LlmServer, llm_server, reply

SAID = "Refunds take 5 working days [1]."
ASKED = "How long do refunds take?"
Chat = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def llm() -> Iterator[LlmServer]:
    with llm_server(reply(SAID)) as told:
        yield told


@pytest.fixture(scope="module")
def service(llm: LlmServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = make_settings(
        tmp_path_factory.mktemp("sampling"),
        generator__kind="openai",
        generator__base_url=llm.url,
        generator__model="m",
        generator__max_tokens=300,
        profiles__wide__top_p=0.9,
        profiles__quoting__backend="extractive",
    )
    application = open_application(settings, embedder=HashEmbedder(), serving=True)
    with serving(create_app(application=application)) as url, working(settings):
        body = {"text": "Refunds take 5 working days.", "title": "Refunds"}
        httpx.put(f"{url}/v1/documents/refunds", json=body, timeout=30).raise_for_status()
        yield url
    application.close()


@pytest.fixture
def chat(service: str, llm: LlmServer) -> Chat:
    """chat(question, **fields) → the reply of a chat completion; `llm.calls` begins empty."""
    llm.calls.clear()

    def ask(text: str = ASKED, model: str = "xiansou", **fields: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **fields}
        return httpx.post(f"{service}/v1/chat/completions", json=body, timeout=30)

    return ask


def test_what_a_request_asks_for_arrives_and_the_settings_stay_as_they_are(chat: Chat, llm: LlmServer) -> None:
    wished = {"temperature": 0.4, "presence_penalty": 0.5, "max_tokens": 120, "stop": ["\n\n", "END"], "seed": 7}
    assert chat("How long do refunds take, at most?", **wished).json()["choices"][0]["message"]["content"].startswith("Refunds")
    assert {name: llm.calls[0][name] for name in wished} == wished
    chat("How long do refunds take, at least?")
    plain = llm.calls[1]
    assert (plain["temperature"], plain["top_p"], plain["presence_penalty"], plain["max_tokens"]) == (0, 1, 0, 300)
    assert "stop" not in plain
    assert "seed" not in plain


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"max_tokens": 5000}, {"max_tokens": 300}),  # never above the assistant's own
        ({"max_completion_tokens": 50, "max_tokens": 70}, {"max_tokens": 50}),
        ({"stop": "END"}, {"stop": ["END"]}),
        ({"top_p": 0.5}, {"temperature": 0, "top_p": 0.5}),
        ({"model": "wide"}, {"temperature": 0, "top_p": 0.9}),
        ({"model": "wide", "temperature": 0.5}, {"temperature": 0.5, "top_p": 1}),  # one of both is changed at a time
        ({"model": "wide", "temperature": 0}, {"temperature": 0, "top_p": 0.9}),
        ({"temperature": 0.5, "top_p": 0.85}, {"temperature": 0, "top_p": 1}),  # Dify's presets: settled by the assistant's own
    ],
)
def test_a_wish_keeps_within_the_assistants_settings(
    chat: Chat, llm: LlmServer, fields: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert chat(**fields).status_code == 200
    assert {name: llm.calls[0][name] for name in sent} == sent


def test_responses_send_theirs(service: str, llm: LlmServer) -> None:
    llm.calls.clear()
    body = {"model": "xiansou", "input": "How long do refunds take, please?", "top_p": 0.7, "max_output_tokens": 44}
    assert httpx.post(f"{service}/v1/responses", json=body, timeout=30).status_code == 200
    assert (llm.calls[0]["top_p"], llm.calls[0]["max_tokens"], llm.calls[0]["temperature"]) == (0.7, 44, 0)


def test_answers_of_different_sampling_are_cached_apart(chat: Chat, llm: LlmServer) -> None:
    text = "How long do refunds take in all?"
    kept = [chat(text, temperature=heat).json()["rag"].get("cached", False) for heat in (0.2, 0.6, 0.2, 0.6)]
    assert kept == [False, False, True, True]
    assert [call["temperature"] for call in llm.calls] == [0.2, 0.6]


def test_a_quoted_answer_has_no_use_of_it_and_shares_its_cache(chat: Chat, llm: LlmServer) -> None:
    told = [chat(model="quoting", temperature=heat).json() for heat in (0.2, 0.6)]
    assert [one["rag"].get("cached", False) for one in told] == [False, True]
    assert told[0]["choices"][0]["message"]["content"] == told[1]["choices"][0]["message"]["content"]
    assert not llm.calls


def test_a_replay_asks_for_the_same_and_the_record_shows_it(service: str, chat: Chat, llm: LlmServer) -> None:
    answer_id = chat("How long do refunds take usually?", temperature=0.3, seed=5).json()["rag"]["answer_id"]
    asked = httpx.get(f"{service}/v1/answers/{answer_id}").json()["asked"]
    assert asked["sampling"] == {"temperature": 0.3, "seed": 5}
    again = httpx.post(f"{service}/v1/answers/{answer_id}/replay", timeout=30).json()
    assert again["identical"], again["differences"]
    assert [(call["temperature"], call["seed"]) for call in llm.calls] == [(0.3, 5)] * 2


def test_what_the_request_cut_is_not_written_on(chat: Chat, llm: LlmServer) -> None:
    """Its own limit is kept; only the backend's own cut is continued."""
    llm.behaviour = reply("Refunds take 5 working days [1]. They", "length")
    try:
        chat("How long do refunds take, in short?", max_tokens=8)
        chat("How long do refunds take, at length?")
    finally:
        llm.behaviour = reply(SAID)
    assert [call["max_tokens"] for call in llm.calls] == [8, 300, 300]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"temperature": 1.2}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_what_cannot_be_wished_is_named(chat: Chat, llm: LlmServer, fields: dict[str, Any], field: str) -> None:
    reply = chat(**fields)
    assert reply.status_code == 400
    assert field in (reply.json()["error"]["param"] or "")
    assert not llm.calls
