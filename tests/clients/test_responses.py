"""Responses, by OpenAI's own Python SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from clients_service import Dictated, stops
from openai import OpenAI

NOWHERE = "When is the showroom open?"
SEARCH: Any = {"type": "file_search", "vector_store_ids": []}
LENS = "镜头起雾怎么办？"
LENS_TEXT = "镜头起雾😀时，请把摄像头放在干燥处两小时。"
BELL = "How much is the doorbell?"


@pytest.fixture
def sdk(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{base_url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_a_response(sdk: OpenAI) -> None:
    told = sdk.responses.create(model="xiansou", input=LENS, include=["file_search_call.results"], metadata={"a": "b"})
    assert (told.object, told.status, told.model, told.error, told.metadata) == (
        "response", "completed", "xiansou", None, {"a": "b"},
    )  # fmt: skip
    search, message = told.output
    assert (search.type, search.status, search.queries) == ("file_search_call", "completed", [LENS])
    (result,) = search.results
    assert (result.file_id, result.text, result.attributes["version"]) == ("help/lens.md", LENS_TEXT, 1)
    assert told.output_text == f"{LENS_TEXT} [1]"
    (part,) = message.content
    (annotation,) = part.annotations
    assert (annotation.type, annotation.file_id, annotation.filename) == ("file_citation", "help/lens.md", "Lens care 😀")
    assert told.output_text[annotation.index :] == "[1]"
    assert told.rag["citations"][0]["cited_text"] == LENS_TEXT
    assert told.usage is not None
    assert told.usage.total_tokens == 0


def test_the_events_of_a_stream(sdk: OpenAI) -> None:
    events = list(sdk.responses.create(model="xiansou", input=BELL, stream=True, tools=[SEARCH]))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    middle = kinds[9:-4]
    assert kinds[:9] == [
        "created", "in_progress", "output_item.added", "file_search_call.in_progress", "file_search_call.searching",
        "file_search_call.completed", "output_item.done", "output_item.added", "content_part.added",
    ]  # fmt: skip
    assert kinds[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert set(middle) == {"output_text.delta", "output_text.annotation.added"}
    last = events[-1].response
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    added = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    assert text == last.output_text
    assert text == sdk.responses.create(model="xiansou", input=BELL, tools=[SEARCH]).output_text
    assert added == [annotation.model_dump() for annotation in last.output[1].content[0].annotations]
    assert {event.response.id for event in events if hasattr(event, "response")} == {last.id}
    assert {event.item_id for event in events if "output_text" in event.type} == {last.output[1].id}


def test_the_sdks_own_accumulator_takes_the_stream(sdk: OpenAI) -> None:
    with sdk.responses.stream(model="xiansou", input=LENS, tools=[SEARCH]) as stream:
        for _ in stream:
            pass
        whole = stream.get_final_response()
    assert whole.output_text == f"{LENS_TEXT} [1]"
    assert whole.output[1].content[0].annotations[0].file_id == "help/lens.md"


@pytest.mark.parametrize("stream", [False, True])
def test_who_did_not_ask_for_the_search_gets_a_message_with_links(sdk: OpenAI, stream: bool) -> None:
    """OpenAI tells of a `file_search_call` only who gave the tool; chat windows show any other as failed."""
    told: Any = sdk.responses.create(model="xiansou", input=LENS, stream=stream)
    events = list(told) if stream else []
    assert not [event.type for event in events if "file_search" in event.type]
    whole = events[-1].response if stream else told
    (message,) = whole.output
    (annotation,) = message.content[0].annotations
    assert (annotation.type, annotation.url, annotation.title) == (
        "url_citation", "https://help.example.com/lens", "Lens care 😀",
    )  # fmt: skip
    assert whole.output_text[annotation.start_index : annotation.end_index] == "[1]"


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal(sdk: OpenAI, stream: bool) -> None:
    told: Any = sdk.responses.create(
        model="xiansou", input=NOWHERE, stream=stream, extra_body={"rag": {"filters": {"lang": "none"}}}
    )
    whole = list(told)[-1].response if stream else told
    assert whole.output_text
    assert whole.output[0].content[0].annotations == []
    assert whole.rag["reason"] == "no_relevant_content"


def test_earlier_turns_and_an_earlier_response_come_back_as_input(sdk: OpenAI) -> None:
    first = sdk.responses.create(model="xiansou", input=BELL, instructions="Be brief.")
    told = sdk.responses.create(
        model="xiansou",
        input=[
            {"role": "user", "content": BELL},
            *[item.model_dump() for item in first.output],
            {"role": "user", "content": [{"type": "input_text", "text": "And how long does it ring?"}]},
        ],
    )
    assert "nine seconds" in told.output_text


def test_the_file_search_tool_says_where_to_look(sdk: OpenAI) -> None:
    def ask(**tool: Any) -> Any:
        tools: Any = [{"type": "file_search", "vector_store_ids": [], **tool}]
        return sdk.responses.create(
            model="xiansou", input="When does the sprinkler run?", tools=tools, tool_choice={"type": "file_search"}
        ).rag

    assert ask(vector_store_ids=["garden"], max_num_results=1)["citations"][0]["document_id"] == "help/old.md"
    with pytest.raises(openai.BadRequestError, match="no collection `gardens`"):
        ask(vector_store_ids=["gardens"])
    year = {"type": "eq", "key": "year", "value": 2026}
    assert ask(filters=year)["status"] == "answered"
    years = [{"type": "gte", "key": "Year", "value": 2025}, {"type": "lt", "key": "Year", "value": 2027}]
    assert ask(filters={"type": "and", "filters": years})["status"] == "answered"
    assert ask(filters={"type": "gt", "key": "year", "value": 2026})["status"] == "refused"
    assert ask(filters={"type": "and", "filters": [year, {"type": "in", "key": "lang", "value": ["X"]}]})["status"] == "refused"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"temperature": 2}, "temperature"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input"),  # no question, whatever was said before
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}]}, "input.0.content.0"),
        ({"tools": [{"type": "file_search", "vector_store_ids": ["a", "b"]}]}, "tools.0.vector_store_ids"),
        ({"tools": [{"type": "file_search", "filters": {"type": "like", "key": "k", "value": 1}}]}, "tools.0.filters"),
        ({"tools": [{"type": "file_search", "max_num_results": 0}]}, "tools.0.max_num_results"),
    ],
)
def test_what_is_not_possible_is_a_400_that_names_it(sdk: OpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.responses.create(**({"model": "xiansou", "input": "q"} | more))
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")


def test_a_failure_in_the_middle_and_a_reader_that_goes_away(dictated: tuple[str, Dictated]) -> None:
    url, llm = dictated
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as sdk:
        llm.words.put("The doorbell costs 90 euros. [1] It")
        llm.words.put(RuntimeError("a secret of the inside"))
        *_, error, failed = sdk.responses.create(model="xiansou", input=BELL, stream=True)
        assert (error.type, error.code, failed.type) == ("error", "internal", "response.failed")
        assert (failed.response.status, failed.response.error.code) == ("failed", "server_error")
        assert "secret" not in failed.response.error.message
        llm.words.put("The doorbell costs 90 euros. [1] It")
        stream = sdk.responses.create(model="xiansou", input=BELL, stream=True)
        for event in stream:
            if event.type == "response.output_text.delta":
                break
        assert not llm.ended.is_set()
        stream.close()
        assert stops(llm, " rings for nine seconds. [1] It")
