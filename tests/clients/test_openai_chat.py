"""Chat Completions and models, by OpenAI's own Python SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from clients_service import Dictated, stops
from openai import OpenAI

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
LENS = "镜头起雾怎么办？"
LENS_TEXT = "镜头起雾😀时，请把摄像头放在干燥处两小时。"
BELL = "How much is the doorbell?"


@pytest.fixture
def sdk(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{base_url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(sdk: OpenAI, question: str, **more: Any) -> Any:
    return sdk.chat.completions.create(model="xiansou", messages=[{"role": "user", "content": question}], **more)


def test_models(sdk: OpenAI) -> None:
    listed = list(sdk.models.list())
    assert [(model.id, model.object, model.owned_by) for model in listed] == [("xiansou", "model", "xiansou")]
    assert sdk.models.retrieve("xiansou") == listed[0]
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("gpt-5")
    assert (caught.value.code, caught.value.type, caught.value.param) == (
        "model_not_found", "invalid_request_error", "model",
    )  # fmt: skip


def test_a_completion_with_citations(sdk: OpenAI) -> None:
    told = ask(sdk, LENS)
    message = told.choices[0].message
    assert (told.object, told.model, told.choices[0].finish_reason, message.role) == (
        "chat.completion", "xiansou", "stop", "assistant",
    )  # fmt: skip
    assert message.content == f"{LENS_TEXT} [1]"
    (annotation,) = message.annotations
    cited = annotation.url_citation
    assert (cited.url, cited.title) == ("https://help.example.com/lens", "Lens care 😀")
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    (source,) = message.context["citations"]
    assert (source["cited_text"], source["document_id"], source["version"], source["n"]) == (LENS_TEXT, "help/lens.md", 1, 1)
    assert source["content"] == LENS_TEXT[source["start"] : source["end"]]
    assert (told.rag["status"], told.rag["index_version"]) == ("answered", 3)
    assert told.rag["answer_id"].startswith("ans_")
    assert told.usage.total_tokens == 0


def test_a_document_without_an_address_gets_ours_and_it_opens(sdk: OpenAI) -> None:
    message = ask(sdk, BELL).choices[0].message
    url = message.annotations[0].url_citation.url
    assert "/v1/cite/" in url
    shown = httpx.get(url)
    assert (shown.status_code, '<mark id="cited">The doorbell costs 90 euros.' in shown.text) == (200, True)


def test_a_refusal_is_an_answer(sdk: OpenAI) -> None:
    told = ask(sdk, "When is the showroom open?", extra_body={"rag": {"filters": {"lang": "none"}}})
    assert told.choices[0].message.content
    assert told.choices[0].message.annotations == []
    assert (told.rag["status"], told.rag["reason"], told.rag["handoff"]["suggested"]) == (
        "refused", "no_relevant_content", True,
    )  # fmt: skip


def test_a_stream(sdk: OpenAI) -> None:
    chunks = list(ask(sdk, BELL, stream=True, stream_options={"include_usage": True}))
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    *parts, finish, last = chunks
    text = "".join(chunk.choices[0].delta.content or "" for chunk in parts)
    assert text == ask(sdk, BELL).choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in parts] == [None] * len(parts)
    assert (finish.choices[0].finish_reason, finish.choices[0].delta.content) == ("stop", None)
    assert {
        text[a["url_citation"]["start_index"] : a["url_citation"]["end_index"]] for a in finish.choices[0].delta.annotations
    } == {f"[{c['n']}]" for c in finish.choices[0].delta.context["citations"]}
    assert finish.rag["status"] == finish.choices[0].delta.rag["status"] == "answered"
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert (last.choices, last.usage.total_tokens) == ([], 0)


def test_the_bytes_of_a_stream(base_url: str) -> None:
    body = {"model": "xiansou", "messages": [{"role": "user", "content": BELL}], "stream": True}
    reply = httpx.post(f"{base_url}/v1/chat/completions", json=body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in reply.text.split("\r\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert '"usage"' not in reply.text


def test_history_and_parts_and_roles(sdk: OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "Be kind."},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "How much is the "}, {"type": "text", "text": "doorbell?"}]},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": "It costs 90 euros. [1]", "name": "x"},
        {"role": "user", "content": "Thanks."},
        {"role": "user", "content": "And how long does it ring?"},
    ]
    told = sdk.chat.completions.create(model="xiansou", messages=messages)
    assert "nine seconds" in (told.choices[0].message.content or "")


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"n": 2}, "n", "invalid_input"),
        ({"temperature": 1.5}, "temperature", "invalid_input"),
        ({"logprobs": True}, "logprobs", "invalid_input"),
        ({"response_format": {"type": "json_object"}}, "response_format", "invalid_input"),
        ({"tool_choice": "required", "tools": []}, "tool_choice", "invalid_input"),
        ({"messages": []}, "messages", "invalid_input"),
        ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages", "invalid_input"),
        ({"messages": [{"role": "tool", "content": "q", "tool_call_id": "1"}]}, "messages", "invalid_input"),
        ({"extra_body": {"rag": {"collection": "nothing"}}}, "collection", "unknown_collection"),
        ({"extra_body": {"rag": {"filters": {"langs": "L"}}}}, "filters.langs", "unknown_field"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
            "messages.0.content.0",
            "invalid_input",
        ),
        ({"extra_body": {"rag": {"topk": 3}}}, "rag.topk", "invalid_input"),
        ({"extra_headers": {"X-Citation-Style": "apa"}}, "X-Citation-Style", "invalid_input"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_possible_is_a_400_that_names_it(
    sdk: OpenAI, more: dict[str, Any], param: str, code: str, stream: bool
) -> None:
    asked = {"model": "xiansou", "messages": [{"role": "user", "content": "q"}], "stream": stream}
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(**(asked | more))
    error = caught.value
    assert (error.status_code, error.param, error.code, error.type) == (400, param, code, "invalid_request_error")
    assert error.response.headers["content-type"] == "application/json"
    assert error.message


def test_hints_are_ignored(sdk: OpenAI) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    told = ask(
        sdk, BELL, tools=[tool], tool_choice="auto", seed=1, user="u", stop=["\n"], store=True, metadata={"a": "b"},
        temperature=0.3, top_p=1, frequency_penalty=0, extra_body={"chat_id": "of another client"},
    )  # fmt: skip
    assert told.choices[0].message.tool_calls is None
    assert "90 euros" in told.choices[0].message.content


def test_other_statuses_have_the_envelope_too(base_url: str, sdk: OpenAI) -> None:
    with pytest.raises(openai.ConflictError) as behind:
        ask(sdk, BELL, extra_body={"rag": {"min_index_version": 10**9}}, stream=True)
    assert behind.value.code == "index_behind"
    with pytest.raises(openai.NotFoundError):
        sdk.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "q"}])
    for reply in (
        httpx.get(f"{base_url}/v1/chat/completions"),
        httpx.post(f"{base_url}/v1/chat/completions", content="{", headers={"content-type": "application/json"}),
        httpx.post(f"{base_url}/v1/chat/completions", content=b"x" * 2_000_001, headers={"content-type": "application/json"}),
    ):
        assert reply.status_code in (405, 400, 413)
        assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
        assert reply.headers["x-request-id"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("how", ["header", "body"])
def test_citation_styles(sdk: OpenAI, stream: bool, how: str) -> None:
    link = "https://help.example.com/lens"
    for style, text in {
        "markdown": f"{LENS_TEXT} [[1]]({link})", "none": LENS_TEXT, "openwebui": f"{LENS_TEXT} [1]",
        "annotations": f"{LENS_TEXT} [1]",
    }.items():  # fmt: skip
        more: dict[str, Any] = (
            {"extra_headers": {"X-Citation-Style": style}}
            if how == "header"
            else {"extra_body": {"rag": {"citation_style": style}}}
        )
        if stream:
            chunks = list(ask(sdk, LENS, stream=True, **more))
            said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
            marks = getattr(chunks[-1].choices[0].delta, "annotations", None)
            events = [chunk.event for chunk in chunks if hasattr(chunk, "event")]
        else:
            whole = ask(sdk, LENS, **more)
            said, marks = whole.choices[0].message.content, whole.choices[0].message.annotations
            events = [{"type": "source", "data": data} for data in getattr(whole, "sources", [])]
        assert said == text, style
        if style in ("annotations", "markdown"):
            (mark,) = [m if isinstance(m, dict) else m.model_dump() for m in marks]
            place = mark["url_citation"]
            assert said[place["start_index"] : place["end_index"]] == text.removeprefix(f"{LENS_TEXT} ")
        else:
            assert marks is None
        if style == "openwebui":
            (event,) = events
            assert event["type"] == "source"
            assert event["data"]["document"] == [LENS_TEXT]
            assert event["data"]["source"]["name"] == "Lens care 😀"
            assert event["data"]["metadata"][0]["source"] == link
        else:
            assert events == []


def test_each_sentence_comes_as_soon_as_it_is_said_and_usage_is_the_llms(dictated: tuple[str, Dictated]) -> None:
    url, llm = dictated
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as sdk:
        llm.words.put("The doorbell costs 90 euros. [1] It")
        coming = iter(ask(sdk, BELL, stream=True, stream_options={"include_usage": True}))
        assert next(coming).choices[0].delta.content == ""
        assert next(coming).choices[0].delta.content == "The doorbell costs 90 euros. [1]"
        llm.words.put(" rings for nine seconds. [1]")
        llm.words.put(None)
        rest = list(coming)
        assert rest[0].choices[0].delta.content == "\nIt rings for nine seconds. [2]"
        assert (rest[-1].usage.prompt_tokens, rest[-1].usage.total_tokens) == (11, 18)


def test_a_failure_in_the_middle_is_raised_by_the_sdk(dictated: tuple[str, Dictated]) -> None:
    url, llm = dictated
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as sdk:
        llm.words.put("The doorbell costs 90 euros. [1] It")
        coming = iter(ask(sdk, BELL, stream=True))
        next(coming), next(coming)
        llm.words.put(RuntimeError("a secret of the inside"))
        with pytest.raises(openai.APIError) as caught:
            next(coming)
        assert "secret" not in str(caught.value)
        assert caught.value.code == "internal"


def test_when_the_client_goes_away_the_llm_stops(dictated: tuple[str, Dictated]) -> None:
    url, llm = dictated
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as sdk:
        llm.words.put("The doorbell costs 90 euros. [1] It")
        stream = ask(sdk, BELL, stream=True)
        coming = iter(stream)
        next(coming), next(coming)
        assert not llm.ended.is_set()
        stream.close()
        assert stops(llm, " rings for nine seconds. [1] It")


def test_the_stream_helper_tells_of_a_refusal(sdk: OpenAI) -> None:
    """It keeps unknown fields of deltas, and of whole chunks the first one's only."""
    asked: Any = {"model": "xiansou", "messages": [{"role": "user", "content": "When is the showroom open?"}]}
    with sdk.chat.completions.stream(**asked, extra_body={"rag": {"filters": {"lang": "none"}}}) as stream:
        final = stream.get_final_completion().choices[0].message
    told = (final.model_extra or {})["rag"]
    assert (told["status"], told["reason"], told["handoff"]["suggested"]) == ("refused", "no_relevant_content", True)
    assert told["answer_id"].startswith("ans_")


def test_presets_with_temperature_and_top_p_are_taken_and_told(sdk: OpenAI) -> None:
    told = ask(sdk, BELL, temperature=0.5, top_p=0.85, presence_penalty=0.2, frequency_penalty=0.3)
    assert told.rag["settled"]["fields"] == ["temperature", "top_p"]
    assert "settled" not in ask(sdk, BELL, temperature=0.5).model_extra["rag"]


def test_what_another_model_was_told_and_called_is_no_obstacle(sdk: OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[Any] = [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "A cat."}]},
        {"role": "user", "content": "log " * 2000},
        {"role": "user", "content": BELL},
    ]
    told = sdk.chat.completions.create(model="xiansou", messages=messages)
    assert "90 euros" in (told.choices[0].message.content or "")


def test_a_wrong_address_is_told_in_openais_shape(base_url: str) -> None:
    message: Any = [{"role": "user", "content": BELL}]
    with OpenAI(base_url=base_url, api_key="none", max_retries=0) as wrong, pytest.raises(openai.NotFoundError, match="/v1"):
        wrong.chat.completions.create(model="xiansou", messages=message)
    with OpenAI(base_url=f"{base_url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="/v1/chat/completions"):
            client.completions.create(model="xiansou", prompt=BELL)
        with pytest.raises(openai.NotFoundError, match="no embeddings"):
            client.embeddings.create(model="xiansou", input=BELL)
        azure = client.chat.completions.create(model="xiansou", messages=message, extra_query={"api-version": "2025-01-01"})
        assert "90 euros" in (azure.choices[0].message.content or "")
    assert httpx.get(f"{base_url}/v2/anything").json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_order_of_the_client_is_answered_cheaply_and_kept_nowhere(sdk: OpenAI, base_url: str, stream: bool) -> None:
    order = (
        '### Task:\nGenerate a short title for the chat history.\n### Output:\nJSON format: {"title": "…"}\n'
        f"<chat_history>\nUSER: {BELL}\nASSISTANT: {'90 euros. ' * 900}\n</chat_history>"
    )
    told = ask(sdk, order, stream=stream)
    chunks = list(told) if stream else []
    text = "".join(one.choices[0].delta.content or "" for one in chunks) if stream else told.choices[0].message.content
    rag = chunks[-1].rag if stream else told.rag
    assert text == '{"title":"How much is the doorbell"}'
    assert (rag["status"], rag["answer_id"], rag["generator"]) == ("chat", None, "none")


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "langchainjs-openai/1.0.0 ((node/v22; linux; x64))"},
        {"User-Agent": "ai/6.0.1 ai-sdk/openai-compatible/2.0.1 runtime/node.js/22"},
        {"X-Title": "Cherry Studio", "HTTP-Referer": "https://cherry-ai.com"},
    ],
)
def test_clients_that_drop_annotations_get_links_in_the_text(sdk: OpenAI, headers: dict[str, str]) -> None:
    told = ask(sdk, LENS, extra_headers=headers).choices[0].message
    assert told.content == f"{LENS_TEXT} [[1]](https://help.example.com/lens)"
    assert told.annotations[0].url_citation.url == "https://help.example.com/lens"
    own = ask(sdk, LENS, extra_headers=headers | {"X-Citation-Style": "annotations"}).choices[0].message
    assert own.content == f"{LENS_TEXT} [1]"


def test_open_webui_is_known_by_its_headers(sdk: OpenAI) -> None:
    assert "sources" in (ask(sdk, LENS, extra_headers={"X-OpenWebUI-User-Id": "u"}).model_extra or {})
