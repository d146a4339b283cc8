"""Approved answers: given word for word to the same question, never to another one."""

from __future__ import annotations

import pytest

from ingest.pipeline import Pipeline
from rag.answer import Answerer
from rag.answering.faq import may_be_same, plain
from rag.domain import Answer, DocumentInput, Message, Question
from rag.fakes import ScriptedGenerator
from rag.settings import load

FAQ = (
    "问题,相似问题,答案\n"
    '标准版送存储卡吗,有没有卡送|要不要自己买卡,"标准版不送卡。\n套装便宜 15 元，见商城。"\n'
    "保修多久,质保期,主机保修两年。\n"
)


@pytest.fixture
def ask(application):  # type: ignore[no-untyped-def]
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    pipeline.put(DocumentInput("faq.csv", FAQ.encode(), filename="faq.csv"))
    pipeline.put(DocumentInput("help.md", "# 说明\n\n存储卡要自己装，标准版保修两年。".encode(), filename="help.md"))

    def answer(question: str, *, history: tuple[Message, ...] = (), wrong: float = 0.01) -> Answer:
        generator = ScriptedGenerator("存储卡要自己装。[1]")
        told = load(env={}, overrides={"answer.max_wrong_rate": wrong})
        made = Answerer(application.answerer._retriever, application.embedder, generator, told).answer(
            Question(question, history)
        )
        assert (made.generator == "faq") == (generator.prompts == [])
        for citation in made.citations:
            assert (
                application.ledger.text(citation.document_id, citation.version)[citation.start : citation.end]
                == citation.cited_text
            )
        return made

    return answer


@pytest.mark.parametrize(
    "question", ["标准版送存储卡吗", "标准版送存储卡吗？", " 有没有卡送 ", "要不要，自己买卡？", "请问标准版送存储卡吗"]
)
def test_every_phrasing_gets_the_whole_approved_text_without_the_llm(ask, question: str) -> None:  # type: ignore[no-untyped-def]
    made = ask(question)
    assert (made.status, made.generator) == ("answered", "faq")
    assert made.answer == "标准版不送卡。\n套装便宜 15 元，见商城。 [1]"
    assert made.usage.prompt_tokens == 0


@pytest.mark.parametrize("question", ["标准版不送存储卡吗", "Pro 版送存储卡吗", "存储卡怎么装", "保修两年包括什么"])
def test_another_question_takes_the_usual_way(ask, question: str) -> None:  # type: ignore[no-untyped-def]
    assert ask(question, wrong=1.0).generator == "scripted"


def test_a_short_phrasing_is_answered_whatever_the_threshold(ask) -> None:  # type: ignore[no-untyped-def]
    assert ask("质保期", wrong=0.001).answer == "主机保修两年。 [1]"


def test_two_entries_that_disagree_are_left_to_the_usual_way(application, ask) -> None:  # type: ignore[no-untyped-def]
    other = "问题,答案\n保修多久,电池保修半年。\n"
    Pipeline(application.ledger, application.views.writing, application.settings).put(
        DocumentInput("b.csv", other.encode(), filename="b.csv")
    )
    assert ask("保修多久", wrong=1.0).generator == "scripted"
    same = "问题,答案\n保修多久,主机保修两年。\n"
    Pipeline(application.ledger, application.views.writing, application.settings).put(
        DocumentInput("b.csv", same.encode(), filename="b.csv")
    )
    assert ask("保修多久").generator == "faq"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How does COVID-19 spread?", "How does the COVID-19 virus spread?"),
        ("退货的邮费谁出", "退货的邮费谁来出"),
        ("How can I reset my password", "how do i reset the password?"),
    ],
)
def test_questions_that_may_be_the_same(one: str, other: str) -> None:
    assert may_be_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When should I be tested for COVID-19?", "Should I be tested for COVID-19?"),
        ("Who should be tested for COVID-19?", "Where can I get tested for COVID-19?"),
        ("Can I open the case?", "Can I close the case?"),
        ("Does the C2 work outdoors?", "Does the C2 Pro work outdoors?"),
        ("Can I return it within 30 days?", "Can I return it within 14 days?"),
        ("Can I get a refund?", "Why can't I get a refund?"),
        ("怎么打开摄像头的夜视功能", "怎么关闭摄像头的夜视功能"),
        ("C2 支持 5G 吗", "C2 Pro 支持 5G 吗"),
        ("标准版送存储卡吗", "标准版不送存储卡吗"),
        ("云存储多少钱一个月", "云存储多少钱一年"),
    ],
)
def test_questions_that_are_not_the_same(one: str, other: str) -> None:
    assert not may_be_same(one, other)
    assert not may_be_same(other, one)


def test_marks_case_and_width_do_not_count() -> None:
    assert plain("Ｈow  do I “reset” it?!") == plain("how do I reset it")
