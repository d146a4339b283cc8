from __future__ import annotations

import pytest

from rag.domain import Message, Question
from rag.domain.condensed import Condensed
from rag.search.rewrite import is_follow_up, readings, rewrite, said_already, settle, tidy

HISTORY = (Message("user", "盘古模型的温度怎么设置？"), Message("assistant", "在参数里。"))


def conversation(*asked: str) -> tuple[Message, ...]:
    return tuple(message for text in asked for message in (Message("user", text), Message("assistant", "Yes.")))


def stopped(*asked: str) -> tuple[Message, ...]:
    return tuple(Message("user", text) for text in asked)


@pytest.mark.parametrize("text", ["那核采样呢？", "它的范围是多少？", "what about that one?", "默认值呢"])
def test_follow_ups_take_the_previous_question_along(text):
    question = Question(text, history=HISTORY)
    assert is_follow_up(question)
    assert rewrite(question) == f"{HISTORY[0].content} {tidy(text)}".replace("？", "?")


@pytest.mark.parametrize("history", [(), HISTORY[1:]])
def test_without_a_previous_question_it_stays_alone(history):
    assert readings(Question("那核采样呢", history=history)) == ("那核采样呢",)


def test_a_full_question_stays_alone():
    text = "如何在控制台创建一个新的知识库并上传文档"
    assert readings(Question(text, history=HISTORY)) == (text,)


def test_a_follow_up_has_several_readings_and_a_question_that_may_stand_alone_two():
    history = conversation("How do I apply for a parking permit?", "What about visitors?")
    found = readings(Question("How much is it?", history=history))
    assert found[0].startswith("How do I apply for a parking permit? What about visitors?")
    assert "What about visitors? How much is it?" in found and found[-1] == "How much is it?"
    assert readings(Question("parking fines", history=history)) == ("parking fines", "What about visitors? parking fines")


def test_what_an_llm_made_of_it_is_the_only_reading():
    told = Condensed("What does the parking permit cost?", "condensed")
    assert readings(Question("How much?", history=HISTORY, condensed=told)) == (told.text,)


def test_another_name_takes_the_place_of_the_former_one():
    assert readings(Question("那 K9 呢", history=conversation("K7 能放室外吗？"))) == ("K9 能放室外吗?", "那 K9 呢")
    assert rewrite(Question("And the K9 Pro?", history=conversation("Is the K7 waterproof?"))) == "Is the K9 Pro waterproof?"
    assert rewrite(Question("2024年呢", history=conversation("2025年病假几天"))) == "2024年病假几天"
    assert (
        rewrite(Question("what about 6.8?", history=conversation("How do I export in version 7.2?")))
        == "How do I export in version 6.8?"
    )


def test_a_property_is_asked_of_the_thing_that_was_named_last():
    assert rewrite(Question("价格呢", history=conversation("K7 能放室外吗？"))) == "K7 价格呢"
    assert rewrite(Question("价格呢", history=conversation("K7 能放室外吗？", "那 K9 呢"))) == "K9 价格呢"
    assert rewrite(Question("How much is it?", history=conversation("Is the K7 waterproof?"))) == "K7 How much is it?"


def test_a_place_in_the_last_answer_is_searched_by_its_words():
    history = (Message("user", "How do I pair the hub?"), Message("assistant", "1. Open the app. [1]\n2. Scan the code. [1]"))
    assert rewrite(Question("What's step 2?", history=history)) == "Scan the code."
    assert "How do I pair the hub?" in rewrite(Question("What's step 7?", history=history))


def test_an_answer_to_a_question_back_is_read_with_the_question():
    asked = "Your question fits several parts of the documents. Which one do you mean?\n1. Parcel costs\n2. Parcels abroad"
    history = (Message("user", "parcel"), Message("assistant", asked))
    assert rewrite(Question("2", history=history)) == "Parcels abroad"
    assert rewrite(Question("abroad", history=history)) == "parcel abroad"
    assert rewrite(Question("How do I close my account?", history=history)) == "How do I close my account?"


def test_small_talk_between_is_passed_over():
    history = (*conversation("K7 能放室外吗？"), *conversation("谢谢"))
    assert rewrite(Question("为什么", history=history)) == "K7 能放室外吗? 为什么"


def test_tidy_folds_width_and_drops_control_characters():
    assert tidy("ＡＰＩ\u200b \n密钥\x07") == "API 密钥"


# -- several messages in a row --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("My hub says E207 and is offline, what should I do?", "I deleted the app but I am still billed every month"),
        ("固件更新卡住了会不会变砖？", "年费会员三个月不想要了能退多少"),
        ("我的摄像头离线了", "怎么开发票"),
        ("How do I pair the hub?", "Do you deliver to Norway?"),
    ],
)
def test_a_stopped_question_is_not_mixed_in(before, text):
    settled = settle(Question(text, history=(*HISTORY, *stopped(before))))
    assert (settled.text, settled.history) == (text, HISTORY)
    assert readings(Question(text, history=stopped(before))) == (text,)


def test_a_stopped_question_is_read_along_where_the_last_message_needs_it():
    question = settle(Question("And the K9?", history=stopped("Is the K7 waterproof?")))
    assert [message.content for message in question.history] == ["Is the K7 waterproof?"]
    assert rewrite(question) == "Is the K9 waterproof?"


def test_a_burst_of_messages_is_one_question():
    burst = (*HISTORY, *stopped("你好", "我买的 C2 Pro 摄像头"))
    asked = "一直连不上家里的路由器怎么办"  # the greeting says nothing
    assert rewrite(Question(asked, history=burst)) == f"我买的 C2 Pro 摄像头 {asked}"
    assert readings(Question("won't connect", history=stopped("hi", "my camera"))) == ("my camera won't connect",)
    assert rewrite(Question("How do I reset it?", history=stopped("I have the K7"))) == "I have the K7 How do I reset it?"
    assert rewrite(Question("怎么办", history=stopped("摄像头离线了"))) == "摄像头离线了 怎么办"
    assert (
        rewrite(Question("what does it cost?", history=(*stopped("Is the K7", "hub waterproof?"), HISTORY[1])))
        == "K7 what does it cost?"
    )


# -- what was said already ------------------------------------------------------------------------------------------------


def test_what_did_not_help_or_is_of_another_thing_is_not_said_again():
    history = (Message("user", "Is the K7 waterproof?"), Message("assistant", "The K7 is not waterproof. [1]"))
    assert (
        said_already(Question("And the K9?", history=history))
        == ("thek7isnotwaterproof",)
        == said_already(Question("that didn't help", history=history))
    )
    assert (
        said_already(Question("How much is it?", history=history))
        == ()
        == said_already(Question("How do I cancel an order?", history=history))
    )
