"""The pipeline from question to cited answer, with real retrieval and doubles for the neural parts."""

from __future__ import annotations

import re

import pytest

from rag.answer import Answerer
from rag.domain import Answer, Message, Question, Sentence
from rag.errors import IndexBehind, InputError
from rag.fakes import ScriptedGenerator
from rag.settings import load


@pytest.fixture
def library(put):
    put("refunds", "Refunds take 5 working days.", "A restocking fee of 3% applies to opened boxes.", url="https://x/r")
    put("退款", "退款在 7 天内原路退回😊。", "拆封商品收取 10% 的手续费。")
    return put


def answerer(application, *replies: str, **overrides) -> Answerer:
    told = load(env={}, overrides={"answer.max_wrong_rate": 1.0, **overrides})
    generator = ScriptedGenerator(*replies) if replies else None
    return Answerer(application.answerer._retriever, application.embedder, generator, told)


def check_invariants(application, answer: Answer) -> None:
    marks = {int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)}
    assert marks == {citation.n for citation in answer.citations}
    for citation in answer.citations:
        text = application.ledger.text(citation.document_id, citation.version)
        assert citation.cited_text == text[citation.start : citation.end] != ""


@pytest.mark.parametrize("question", ["How long do refunds take?", "退款多久到账？"])
def test_extractive_answers_quote_exactly(application, library, question):
    answer = answerer(application).answer(Question(question))
    assert answer.status == "answered"
    assert answer.generator == "extractive"
    assert answer.citations[0].cited_text in answer.answer
    assert answer.citations[0].document_id == ("退款" if "退" in question else "refunds")
    check_invariants(application, answer)


def test_numbers_in_brackets_of_the_documents_are_no_markers(application, put):
    put("keys", "Press the key [7] and hold the button [12] to reset the camera.")
    answer = answerer(application).answer(Question("Which key resets the camera?"))
    assert "［7］" in answer.answer
    assert answer.citations[0].cited_text == "Press the key [7] and hold the button [12] to reset the camera."
    check_invariants(application, answer)


def test_llm_sentences_pass_the_gate_or_are_dropped(application, library):
    reply = "Refunds take 5 working days [1]. The fee is 99% [1]. Opened boxes carry a restocking fee of 3% [9]."
    answer = answerer(application, reply).answer(Question("How long do refunds take and what is the fee for opened boxes?"))
    assert answer.status == "answered"
    assert "99" not in answer.answer
    assert "[9]" not in answer.answer
    assert len(answer.citations) == 2
    assert answer.generator == "scripted"
    assert answer.usage.completion_tokens > 0
    check_invariants(application, answer)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [("NO_ANSWER", "no_relevant_content"), ("The moon is made of cheese [1].", "low_grounding"), ("", "low_grounding")],
)
def test_llm_refusals(application, library, reply, reason):
    answer = answerer(application, reply, **{"generator.fallback": []}).answer(Question("How long do refunds take?"))
    assert (answer.status, answer.reason, answer.citations) == ("refused", reason, ())
    assert answer.handoff.suggested


def test_a_failing_backend_is_a_typed_refusal(application, library):
    asking = answerer(application, "one reply", **{"generator.fallback": []})
    asking.answer(Question("How long do refunds take?"))
    assert asking.answer(Question("How long do refunds take?")).reason == "backend_unavailable"


def test_unknown_things_are_refused_in_the_language_of_the_question(application, library):
    strict = answerer(application, **{"answer.max_wrong_rate": 0.01})
    english = strict.answer(Question("Who won the chess championship?"))
    chinese = strict.answer(Question("谁赢了国际象棋冠军？"))
    assert english.reason == chinese.reason == "no_relevant_content"
    assert "documents" in english.answer
    assert "文档" in chinese.answer


def test_an_empty_library_refuses(application):
    answer = answerer(application).answer(Question("anything at all"))
    assert (answer.status, answer.reason, answer.index_version) == ("refused", "no_relevant_content", 0)


def test_the_stream_says_the_same_as_the_answer(application, library):
    events = list(answerer(application).stream(Question("How long do refunds take?")))
    assert isinstance(events[-1], Answer)
    assert "\n".join(event.text for event in events if isinstance(event, Sentence)) == events[-1].answer


def test_versions_can_be_demanded_and_the_past_asked(application, library):
    before = application.ledger.head()
    library("refunds", "Refunds take 9 working days.")
    asking = answerer(application)
    assert "9 working" in asking.answer(Question("How long do refunds take?")).answer
    past = asking.answer(Question("How long do refunds take?", as_of=before))
    assert "5 working" in past.answer
    assert past.index_version == before
    with pytest.raises(IndexBehind):
        asking.answer(Question("refunds", min_index_version=99))
    with pytest.raises(InputError):
        asking.answer(Question("refunds", as_of=99))


def test_the_prompt_is_the_same_for_the_same_inputs_and_holds_the_history(application, library):
    generator = ScriptedGenerator(*("What is the fee for refunds?", "NO_ANSWER") * 2)
    asking = Answerer(application.answerer._retriever, application.embedder, generator, answerer(application)._settings)
    question = Question("And the fee?", history=(Message("user", "How long do refunds take?"), Message("assistant", "5 days")))
    asking.answer(question)
    asking.answer(question)
    assert generator.prompts[:2] == generator.prompts[2:]
    condensing, answering = generator.prompts[:2]
    assert "5 days" in condensing[-1]["content"]
    assert [message["role"] for message in answering] == ["system", "user", "assistant", "user"]
    assert "[1] " in answering[-1]["content"]
