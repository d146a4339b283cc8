"""What is neither answered nor refused: small talk, a wish for a person, a question back; on every wire."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from api.replies import AnswerReply

WISH = "Can I talk to a real person, please?"


def ask(client: httpx.Client, question: str, **told: object) -> dict[str, Any]:
    reply = client.post("/v1/query", json={"question": question, **told})
    assert reply.status_code == 200, reply.text
    AnswerReply.model_validate(reply.json(), strict=True)
    return dict(reply.json())


def events(client: httpx.Client, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    reply = client.post(path, json=body)
    assert reply.status_code == 200, reply.text
    lines = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("text", "intent", "suggested", "said"),
    [
        ("你好", "greeting", False, "您好"),
        ("Thanks a lot!", "thanks", False, "You're welcome"),
        ("bye", "goodbye", False, "Goodbye"),
        (WISH, "person", True, "person"),
        ("我要投诉你们的快递", "complaint", True, "抱歉"),
        ("are you a bot?", "identity", False, "automated"),
        ("?!", "empty", False, "question"),
    ],
)
def test_small_talk_is_not_searched(
    client: httpx.Client, collection: str, text: str, intent: str, suggested: bool, said: str
) -> None:
    told = ask(client, text, collection=collection, conversation_id=f"talk-{intent}")
    assert (told["status"], told["intent"], told["reason"], told["citations"]) == ("chat", intent, None, [])
    assert (told["handoff"]["suggested"], told["handoff"]["passages"]) == (suggested, [])
    assert said in told["answer"] and "[1]" not in told["answer"]
    assert (told["generator"], told["timings_ms"]["retrieve"]) == ("chat", 0)
    assert not [gap for gap in client.get("/v1/gaps").json()["gaps"] if text in gap["questions"]]


def test_a_greeting_before_a_question_changes_nothing(client: httpx.Client, collection: str) -> None:
    text = "Lanterns are returned at the north gate."
    client.put(f"/v1/documents/{collection}", json={"text": text, "collection": collection}).raise_for_status()
    told = ask(client, "Hi there, where are lanterns returned?", collection=collection)
    assert (told["status"], told["intent"], told["citations"][0]["cited_text"]) == ("answered", None, text)


def test_the_wish_reaches_every_wire(client: httpx.Client) -> None:
    chat = {"model": "xiansou", "messages": [{"role": "user", "content": WISH}]}
    whole = client.post("/v1/chat/completions", json=chat).json()
    assert (whole["rag"]["status"], whole["rag"]["intent"], whole["choices"][0]["finish_reason"]) == ("chat", "person", "stop")
    assert whole["rag"]["handoff"]["suggested"] and whole["choices"][0]["message"]["content"]
    last = [event for event in events(client, "/v1/chat/completions", chat | {"stream": True}) if "rag" in event][-1]
    assert (last["rag"]["intent"], last["choices"][0]["finish_reason"]) == ("person", "stop")
    response = client.post("/v1/responses", json={"model": "xiansou", "input": WISH}).json()
    assert (response["status"], response["rag"]["status"], response["rag"]["intent"]) == ("completed", "chat", "person")
    ended = events(client, "/v1/responses", {"model": "xiansou", "input": WISH, "stream": True})[-1]
    assert ended["response"]["rag"]["intent"] == "person"
    ui = events(client, "/v1/ui/chat", {"messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": WISH}]}]})
    (data,) = [part["data"] for part in ui if part["type"] == "data-rag"]
    assert (data["status"], data["intent"], ui[-1]["type"]) == ("chat", "person", "finish")
    native = events(client, "/v1/query", {"question": WISH, "stream": True})
    assert (native[-1]["status"], native[-1]["intent"]) == ("chat", "person")


def test_dify_gets_nothing_for_small_talk(client: httpx.Client, collection: str) -> None:
    client.put(
        f"/v1/documents/{collection}", json={"text": "Hello to the harbour.", "collection": collection}
    ).raise_for_status()
    asked = {"knowledge_id": collection, "query": "hello", "retrieval_setting": {"top_k": 3, "score_threshold": 0}}
    assert client.post("/v1/dify/retrieval", json=asked).json() == {"records": []}
    assert client.post("/v1/dify/retrieval", json=asked | {"query": "harbour"}).json()["records"]


def test_a_poem_is_refused_without_a_near_miss(client: httpx.Client, collection: str) -> None:
    text = "Poems on cards are printed for two coins."
    client.put(f"/v1/documents/{collection}", json={"text": text, "collection": collection}).raise_for_status()
    told = ask(client, "Write me a poem about cards", collection=collection)
    assert (told["status"], told["reason"], told["citations"]) == ("refused", "no_relevant_content", [])
    assert (told["handoff"]["suggested"], told["handoff"]["passages"]) == (False, [])
    assert ask(client, "What do poems on cards cost?", collection=collection)["status"] == "answered"


def test_a_question_after_a_stopped_one_is_answered_alone(client: httpx.Client, collection: str) -> None:
    for name, text in (("kettle", "Kettles are descaled with vinegar."), ("sofa", "Sofas are delivered on Fridays.")):
        client.put(f"/v1/documents/{collection}-{name}", json={"text": text, "collection": collection}).raise_for_status()
    stopped = [{"role": "user", "content": "How are kettles descaled?"}, {"role": "assistant", "content": ""}]
    asked = [*stopped, {"role": "user", "content": "When are sofas delivered?"}]
    body = {"model": "xiansou", "messages": asked, "rag": {"collection": collection}}
    told = client.post("/v1/chat/completions", json=body).json()
    assert "Fridays" in told["choices"][0]["message"]["content"]
    assert told["rag"]["citations" if "citations" in told["rag"] else "status"]
    assert told["choices"][0]["message"]["context"]["citations"][0]["content"] == "Sofas are delivered on Fridays."
