"""Requests: what is taken, what is refused, and by which name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.schemas import DocumentBody, QueryBody, cursor_after, read_cursor
from rag.domain import Message, Question, Scope
from rag.errors import InputError


def refused(model: type[Any], values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return ".".join(str(part) for part in caught.value.errors()[0]["loc"])


def test_a_full_question_reaches_the_pipeline_as_it_was_asked() -> None:
    asked = QueryBody.model_validate(
        {
            "question": "  怎么改 Wi-Fi？ ",
            "conversation_id": "c1",
            "history": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "您好"}],
            "collection": "help",
            "filters": {"product": ["Cam 2", "Cam 3"], "year": 2026, "solved": True},
            "top_k": 3,
            "language": "zh",
            "min_index_version": 7,
            "as_of": 8,
            "profile": "formal",
            "generator": "extractive",
            "stream": False,
        }
    )
    assert asked.to_question() == Question(
        "怎么改 Wi-Fi？",
        history=(Message("user", "你好"), Message("assistant", "您好")),
        conversation_id="c1",
        scope=Scope("help", {"product": ["Cam 2", "Cam 3"], "year": 2026, "solved": True}),
        top_k=3,
        language="zh",
        min_index_version=7,
        as_of=8,
        profile="formal",
        generator="extractive",
    )


def test_null_means_not_given() -> None:
    fields = [name for name in QueryBody.model_fields if name != "question"]
    assert QueryBody.model_validate({"question": "q"} | dict.fromkeys(fields)).to_question() == Question("q")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"top_k": 0}, "top_k"),
        ({"top_k": 101}, "top_k"),
        ({"top_k": "5"}, "top_k"),
        ({"top_k": True}, "top_k"),
        ({"language": "de"}, "language"),
        ({"generator": "openai"}, "generator"),
        ({"min_index_version": -1}, "min_index_version"),
        ({"as_of": 2**63}, "as_of"),
        ({"stream": "yes"}, "stream"),
        ({"history": [{"role": "tool", "content": "x"}]}, "history.0.role"),
        ({"history": [{"role": "user", "content": "x", "name": "y"}]}, "history.0.name"),
        ({"history": [{"role": "user", "content": "x"}] * 51}, "history"),
        ({"filters": {"a": {"b": 1}}}, "filters"),
        ({"filters": {"a": [None]}}, "filters"),
        ({"collection": "a\nb"}, "collection"),
        ({"questoin": "x"}, "questoin"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(values: dict[str, Any], field: str) -> None:
    assert refused(QueryBody, {"question": "q"} | values) == field


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 4001])
def test_a_question_has_1_to_4000_characters(question: str) -> None:
    with pytest.raises(InputError) as caught:
        QueryBody.model_validate({"question": question})
    assert caught.value.field == "question"


def test_surrounding_space_does_not_count_towards_the_longest_question() -> None:
    assert len(QueryBody.model_validate({"question": " " + "问" * 4000 + " "}).question) == 4000


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": "a\0b"}, "text"),
        ({"text": 5}, "text"),
        ({"text": None}, "text"),
        ({"url": "JavaScript:alert(1)"}, "url"),
        ({"url": "https://a\nb"}, "url"),
        ({"url": ""}, "url"),
        ({"mime_type": "markdown"}, "mime_type"),
        ({"acl": "staff"}, "acl"),
        ({"acl": ["staff", ""]}, "acl.1"),
        ({"metadata": []}, "metadata"),
        ({"source": "x"}, "source"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(values: dict[str, Any], field: str) -> None:
    assert refused(DocumentBody, {"text": "t"} | values) == field


def test_metadata_that_could_not_be_sent_back_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(250):
        deep = {"a": deep}
    assert refused(DocumentBody, {"text": "t", "metadata": deep}) == "metadata"


@pytest.mark.parametrize("document_id", ["a", "帮助/无线 网络?.md", "😀" * 100])
def test_a_cursor_gives_back_the_id_it_was_made_from(document_id: str) -> None:
    assert read_cursor(cursor_after(document_id)) == document_id


@pytest.mark.parametrize("cursor", ["", "é", "????", "_w", "AA"])
def test_other_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(InputError) as caught:
        read_cursor(cursor)
    assert caught.value.field == "cursor"
