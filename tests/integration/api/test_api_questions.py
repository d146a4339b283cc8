"""Questions over HTTP: citations can be checked, a write is seen at once, and a deleted text never again."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.replies import AnswerReply, HitsReply

LENS = "镜头起雾😀时，请把摄像头放在干燥处两小时。 Then wipe the lens with a dry cloth 🧽 and close the cap."


def put(client: httpx.Client, document_id: str, text: str, collection: str, **fields: Any) -> int:
    body = {"text": text, "collection": collection} | fields
    reply = client.put(f"/v1/documents/{quote(document_id)}", json=body)
    assert reply.status_code in (200, 201), reply.text
    assert int(reply.headers["x-index-version"]) >= reply.json()["index_version"]
    return int(reply.json()["index_version"])


def ask(client: httpx.Client, question: str, **fields: Any) -> AnswerReply:
    reply = client.post("/v1/query", json={"question": question} | fields)
    assert reply.status_code == 200, reply.text
    answer = AnswerReply.model_validate(reply.json(), strict=True)
    assert int(reply.headers["x-index-version"]) == answer.index_version
    check_citations(client, answer)
    return answer


def check_citations(client: httpx.Client, answer: AnswerReply) -> None:
    """Every [n] has its citation and the other way round; the cited text is the version's text at that place."""
    assert {int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)} == {citation.n for citation in answer.citations}
    for citation in answer.citations:
        text = client.get(f"/v1/documents/{quote(citation.document_id)}/versions/{citation.version}/text").text
        assert text[citation.start : citation.end] == citation.cited_text != ""


def test_an_answer_in_chinese_with_emoji_can_be_checked(client: httpx.Client, collection: str) -> None:
    put(client, f"{collection}.md", f"# 😀 镜头\n\n{LENS}", collection)
    for question in ("镜头起雾怎么办？", "How do I wipe the lens?"):
        answer = ask(client, question, collection=collection)
        assert (answer.status, answer.reason, answer.generator) == ("answered", None, "extractive")
        assert answer.answer_id.startswith("ans_")
        assert len(answer.citations) > 0
        assert {citation.document_id for citation in answer.citations} == {f"{collection}.md"}


def test_a_question_sees_exactly_the_last_write(client: httpx.Client, collection: str) -> None:
    for minutes in range(1, 8):
        written = put(client, f"{collection}.md", f"The battery charges in {minutes} minutes.", collection)
        answer = ask(client, "How long does the battery charge?", collection=collection, min_index_version=written)
        assert answer.answer == f"The battery charges in {minutes} minutes. [1]"
        assert answer.citations[0].version == minutes
        assert answer.index_version >= written


def test_a_question_never_sees_a_deleted_document(client: httpx.Client, collection: str) -> None:
    put(client, f"{collection}.md", "The garage door opens with code 4711.", collection)
    assert ask(client, "garage door code", collection=collection).citations
    deleted = client.delete(f"/v1/documents/{collection}.md").json()["index_version"]
    answer = ask(client, "garage door code", collection=collection)
    assert (answer.status, answer.reason, answer.citations) == ("refused", "no_relevant_content", [])
    assert answer.handoff.suggested
    assert answer.index_version >= deleted


def test_the_library_as_it_was(client: httpx.Client, collection: str) -> None:
    first = put(client, f"{collection}.md", "The lamp is blue.", collection)
    put(client, f"{collection}.md", "The lamp is red.", collection)
    answer = ask(client, "Which colour is the lamp?", collection=collection, as_of=first)
    assert answer.answer == "The lamp is blue. [1]"
    assert answer.index_version == first


def test_hits_have_every_field_and_come_best_first(client: httpx.Client, collection: str) -> None:
    put(client, f"{collection}/1", LENS, collection, url="https://e.com/1", metadata={"product": "Cam 2"})
    put(client, f"{collection}/2", "Wipe the table.", collection, metadata={"product": "Cam 3"})
    body = {"question": "wipe the lens with a dry cloth", "collection": collection, "explain": True}
    reply = client.post("/v1/retrieve", json=body)
    found = HitsReply.model_validate(reply.json(), strict=True)
    assert int(reply.headers["x-index-version"]) == found.index_version
    assert [hit.document_id for hit in found.hits] == [f"{collection}/1", f"{collection}/2"]
    assert found.hits[0].score > found.hits[1].score
    assert found.hits[0].url == "https://e.com/1"
    assert {"dense", "bm25"} <= found.hits[0].stages.keys()
    only = client.post("/v1/retrieve", json=body | {"filters": {"product": ["Cam 3"]}}).json()["hits"]
    assert [hit["document_id"] for hit in only] == [f"{collection}/2"]


def test_a_product_that_the_question_states_is_a_filter_and_explained(client: httpx.Client, collection: str) -> None:
    put(client, f"{collection}/1", LENS, collection, metadata={"product": "Cam 2", "version": "7.1.3"})
    put(client, f"{collection}/2", "Wipe the table.", collection, metadata={"product": "Cam 3", "version": "6.0"})
    body = {"question": "wipe the table of my Cam 2, 7.0 or later", "collection": collection, "explain": True}
    reply = client.post("/v1/retrieve", json=body).json()
    assert [hit["document_id"] for hit in reply["hits"]] == [f"{collection}/1", f"{collection}/2"]
    assert reply["explain"]["wishes"] == {"product": ["cam 2"], "version": ["7.0 or later"]}
    assert reply["explain"]["filters"] == {key: {"ahead": 1, "behind": 1} for key in ("product", "version")}


def test_the_conversation_is_passed_on(client: httpx.Client, collection: str) -> None:
    put(client, f"{collection}/1", "The doorbell costs 90 euros.", collection)
    put(client, f"{collection}/2", "The sprinkler is green.", collection)
    history = [{"role": "user", "content": "How much is the doorbell?"}]
    asked = {"question": "And its cost?", "collection": collection, "top_k": 1}
    answer = ask(client, **asked, conversation_id="c-1", history=history)
    assert answer.conversation_id == "c-1"
    assert [citation.document_id for citation in answer.citations] == [f"{collection}/1"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("ahead", "status"), [("min_index_version", 409), ("as_of", 422)])
def test_versions_that_are_not_there_yet(client: httpx.Client, ahead: str, status: int, stream: bool) -> None:
    reply = client.post("/v1/query", json={"question": "q", ahead: 10**9, "stream": stream})
    assert (reply.status_code, reply.json()["field"]) == (status, ahead)
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b"{", 400, "malformed", None),
        (b'{"question": NaN}', 400, "malformed", None),
        (b'{"question": "\\ud800"}', 400, "malformed", None),
        (b'{"question": "\xff"}', 400, "malformed", None),
        (b"", 422, "invalid_input", "body"),
        (b"[1]", 422, "invalid_input", "body"),
        (b"{}", 422, "invalid_input", "question"),
        (b'{"question": "q", "history": [{"role": "me", "content": ""}]}', 422, "invalid_input", "history.0.role"),
        (b'{"question": "q", "topk": 3}', 422, "invalid_input", "topk"),
    ],
)
@pytest.mark.parametrize("route", ["query", "retrieve"])
def test_bodies_that_are_refused(
    client: httpx.Client, route: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    reply = client.post(f"/v1/{route}", content=body, headers={"content-type": "application/json"})
    told = reply.json()
    assert (reply.status_code, told["status"], told["code"], told["field"]) == (status, status, code, field)


def test_a_body_of_another_type_is_refused_by_name(client: httpx.Client) -> None:
    reply = client.post("/v1/query", data={"question": "q"})
    assert (reply.status_code, reply.json()["field"]) == (415, "Content-Type")


@pytest.mark.parametrize("stream", [False, True])
def test_a_profile_is_named_or_refused_by_name(client: httpx.Client, collection: str, stream: bool) -> None:
    put(client, f"{collection}.md", "The lamp is blue.", collection)
    asked = {"question": "Which colour is the lamp?", "collection": collection, "stream": stream}
    assert client.post("/v1/query", json=asked | {"profile": "xiansou"}).status_code == 200
    reply = client.post("/v1/query", json=asked | {"profile": "xiansu"})
    assert (reply.status_code, reply.json()["field"]) == (422, "profile")
