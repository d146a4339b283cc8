from __future__ import annotations

import time

import pytest

from rag.domain import Message, Question
from rag.search.rewrite import readings
from rag.search.turn import language_of, still_failing, understand

NEW = (
    "怎么注销账号 | 运费怎么算 | 电子发票在哪里开 | 保修期多久 | 怎么邀请家人 | 电池可以用多久 | "
    "能退货吗 | 支持花呗吗 | 什么时候发货 | 在哪里下载客户端 | 怎么恢复出厂设置 "
    "| 年费会员能退吗 | 门铃防水吗 | 云存储一个月多少钱 | 夜里看不清怎么办 | E207 是什么意思 | 能用 5G "
    "的 Wi-Fi 吗 | 收到的货坏了怎么办 | 可以寄到香港吗 "
    "| What does delivery cost? | How do I close my account? | How do I invite my family? | Do you "
    "deliver to Norway? | How loud is the alarm? | Can I pay with PayPal? "
    "| Where is my parcel? | How long is the guarantee? | Is the doorbell waterproof? | My camera is "
    "offline, what should I do? | What is E207? "
    "| Is it possible to use two accounts on one phone? | How long does it take to get a refund? | is "
    "there a student discount? | What happens when my subscription ends? "
    "| How do I return a device if I have lost its box? | which phones are supported"
)
FOLLOW_UPS = (
    "那门铃呢 | 价格呢 | 它防水吗 | 多少钱 | 多久 | 怎么安装 | 那款有黑色吗 | 为什么 | 还有别的办法吗 | "
    "冬天呢 | 企业版呢 | 黑色的 | 128G | C2 Pro？ | 还是不行 | 连不上 "
    "| 区别是什么 | 上面说的重置键在哪里 | 这个要收费吗 | 那如果没有发票呢 | 哪个更便宜 | 第二步是什么？ | 那第三个呢 "
    "| Does it float? | And in winter? | What about the doorbell? | how much is it | How much? | why? | "
    "And what does it cost? | the second one? | What's step 3? "
    "| still not working | for the C2? | 128 GB | Which is cheaper? | How do I do that? | And for "
    "Android? | What colors are available? | how long does it take? | won't connect "
    "| is there another way? | Which one is better for outdoors? | what if I don't have that? | Are "
    "those free? | in black? | I have the smaller one | any discounts?"
)


def each(text: str) -> list[str]:
    return [one.strip() for one in text.split("|")]


@pytest.mark.parametrize("text", each(NEW))
def test_a_short_question_is_a_whole_one(text):
    assert understand(text).kind == "new"
    history = (Message("user", "摄像头能放在浴室吗？ Can the camera get wet?"), Message("assistant", "不能。 No."))
    assert len(readings(Question(text, history=history))) == 1


@pytest.mark.parametrize("text", each(FOLLOW_UPS))
def test_a_follow_up_is_known_by_what_it_lacks(text):
    assert understand(text).kind == "follow_up"


def test_what_may_stand_alone_is_open():
    assert understand("退款").kind == understand("几天到账").kind == understand("gift wrap").kind == "open"
    assert understand("And how do I cancel an order?").kind == "open"
    story = "I tried it for a week and simply don't like it. How much do I lose if I send it back?"
    assert understand(story).kind == understand("我买的是最贵那档会员，看见有人就给我打电话的功能一个月能打几回").kind == "open"
    assert understand("Which team won the last football World Cup?").kind == "new"


@pytest.mark.parametrize(
    "text",
    ["still not working", "还是不行", "还是连不上", "that didn't help", "试过了，没用", "I tried that already", "doesn't work"],
)
def test_it_is_seen_that_an_answer_did_not_help(text):
    assert still_failing(text)


@pytest.mark.parametrize(
    "text",
    [
        "does it still record at night?",
        "怎么退款",
        "What if the app does not start after I changed my phone and moved to another country?",
    ],
)
def test_other_questions_say_nothing_of_the_answer(text):
    assert not still_failing(text)


def test_a_message_without_letters_is_in_the_language_of_the_conversation():
    assert language_of(Question("？", history=(Message("user", "怎么退款"),))) == "zh"
    assert language_of(Question("?")) == "en"


@pytest.mark.parametrize(
    "text", ["a" * 32_000, "我" * 32_000, "a1-" * 10_000, "aB" * 16_000, "." * 32_000, "它" * 4_000, "that " * 6_000]
)
def test_endless_words_cost_no_time(text):
    history = (Message("user", text), Message("assistant", text))
    understand("warm 预热")
    began = time.process_time()
    understand(text), readings(Question("那第二个呢", history=history)), readings(Question(text, history=history))
    assert time.process_time() - began < 0.3  # with a margin for a loaded machine; some 10 ms
