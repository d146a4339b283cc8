from __future__ import annotations

import pytest

from rag.domain import Message, Question
from rag.search.rewrite import rewrite, tidy

HISTORY = (Message("user", "盘古模型的温度怎么设置？"), Message("assistant", "在参数里。"))


@pytest.mark.parametrize("text", ["那核采样呢？", "它的范围是多少？", "what about that one?", "默认值呢"])
def test_follow_ups_take_the_previous_question_along(text):
    assert rewrite(Question(text, history=HISTORY)) == f"{HISTORY[0].content} {tidy(text)}".replace("？", "?")


@pytest.mark.parametrize("history", [(), HISTORY[1:]])
def test_without_a_previous_question_it_stays_alone(history):
    assert rewrite(Question("那核采样呢", history=history)) == "那核采样呢"


def test_a_full_question_stays_alone():
    text = "如何在控制台创建一个新的知识库并上传文档"
    assert rewrite(Question(text, history=HISTORY)) == text


def test_tidy_folds_width_and_drops_control_characters():
    assert tidy("ＡＰＩ\u200b \n密钥\x07") == "API 密钥"


def test_a_burst_of_messages_is_one_question():
    burst = (*HISTORY, Message("user", "你好"), Message("user", "我买的 C2 Pro 摄像头"))
    asked = "一直连不上家里的路由器怎么办"
    assert rewrite(Question(asked, history=burst)) == f"你好 我买的 C2 Pro 摄像头 {asked}"
    before = (*HISTORY, Message("user", "怎么退款？"))
    assert rewrite(Question("几天到账", history=before)) == "怎么退款? 几天到账"
