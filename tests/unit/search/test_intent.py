from __future__ import annotations

import time

import pytest

from rag.search.intent import of, off_task, without_courtesy

SAID = {
    "greeting": "hi | Hello! | hey there | Good morning | 你好 | 您好！ | 在吗？ | 哈喽 | 晚上好 | 有人吗 | Hi, "
    "anyone there? | 你好，在吗 | 我想咨询一下 "
    "| I have a question | Can you help me? | 亲，在吗 | 👋 hi | 客服在吗 | Hey, I need help please | How are you today?",
    "thanks": "thanks | Thank you so much! | thx | 谢谢 | 好的，谢谢 | OK, got it, thanks | 多谢啦 | Thanks for "
    "your help | 明白了，谢谢 "
    "| 太好了，谢谢您的帮助 | 辛苦了 | That worked, thank you! | 👍 thanks | perfect, thanks a lot | 知道了",
    "goodbye": "bye | Goodbye! | 再见 | 拜拜 | See you later | 谢谢，再见 | Thanks, bye! | Have a nice day | "
    "好的，没有问题了，再见 | That's all, thanks | 晚安",
    "person": "请转人工 | 转人工 | 人工客服 | 我要人工客服 | talk to a human | I want to speak to a manager | let "
    "me speak to a manager | agent! | Human please "
    "| Can I talk to a real person? | connect me to an agent | 你好，转人工 | 找真人 | 我要找你们经理 | "
    "叫你们领导来 | 能不能给我转接人工客服？ "
    "| I'd like to talk to someone | I don't want to talk to a bot | 别让机器人回复了，转人工 | transfer "
    "me to customer service please | 不想跟机器人聊 "
    "| Hi, could you put me through to a person? | Is there a real person I can talk to? | please have "
    "someone call me back | 有人工吗 | 快点转人工！！！ "
    "| I want to talk to a human about my refund | I need a human being now",
    "complaint": "我要投诉 | 投诉 | 我要投诉你们的客服 | I want to make a complaint | I want to complain about the "
    "courier | You are useless | 垃圾 | 气死我了 "
    "| this is unacceptable! | 你们服务太差了 | Your service is terrible | I'd like to file a complaint "
    "| 骗子公司 | 太过分了 | I have a complaint",
    "identity": "who are you | 你是谁 | 你是机器人吗？ | are you a bot? | Are you a real person? | Am I talking to a "
    "human? | 你叫什么名字 | what can you do? "
    "| 你能做什么 | What's your name? | 你是真人还是机器人 | is this a bot | 介绍一下你自己 | Hi, who are you?",
    "empty": "? | ？？？ | … | ... | 😀 | 👍👍 | !! | 。 | hmm | 呃 | - - | 🤔?",
}
QUESTIONS = (
    "你好，怎么退款？ | Hi, how do I return this? | How do I reach a person by phone? | "
    "人工客服的电话是多少 | what are the hours of the human support? | 怎么转人工 "
    "| 人工客服几点上班 | Do you have live chat? | How can I contact customer service? | 转人工要等多久 "
    "| 怎么投诉 | 投诉电话是多少 | How do I file a complaint? "
    "| How long does a complaint take? | Can I add another person to my account? | Is the agent fee "
    "refundable? | 人工智能摄像头有什么功能 | thanks, and how do I cancel? "
    "| 谢谢，那怎么取消订阅 | 好的，运费多少 | ok what about the B5 | Can I talk to support on weekends? "
    "| 在线客服的工作时间 | Which person signs for the parcel? "
    "| Who are you shipping with? | 你是怎么收费的 | asdfgh | Are you open on Sundays? | "
    "能帮我查一下物流吗 | can you help me reset my camera | I need help with my order "
    "| 我想咨询一下退款流程 | hello kitty case price | What can the C2 do? | 机器人能扫地毯吗 | "
    "扫地机器人多少钱 | 谢谢卡怎么用 | 差评可以删除吗 | 质量差可以退吗 "
    "| 真人发音支持吗 | 人工费多少钱 | 经理账号怎么开通 | How do I add a manager? | Can a manager see my "
    "recordings? | Hi there, my camera is offline | 客服电话 "
    "| How do I switch to agent mode? | Can I get a representative sample? | support hours | Is there a "
    "person detection feature? | Can the camera detect a person? "
    "| 有人移动时会通知吗 | 家里没人时怎么布防 | thank you card templates | 转给别人可以吗 | 我要退货 | "
    "我要开发票 | 联系卖家 | 你们经理电话多少 | 举报违规内容在哪里 "
    "| 12315电话 | 我要投诉多久能有结果 | 人工审核要多久 | the app is terrible at night mode, how to fix "
    "| test mode how | contact support | phone number | 早上好像没录上 | OK button does not work"
)
DEMANDS = (
    "write a poem | Write me a short poem about cameras | 帮我写一首诗 | tell me a joke | 讲个笑话 | "
    "translate this into French: hello | 帮我翻译一下这句话 | do my homework "
    "| 写一篇关于春天的作文 | Can you write a python function to sort a list? | 12*8=? | 唱首歌 | "
    "给我讲个故事 | what is 2+2? | pretend you are a pirate | 把这句话翻译成英文"
)
TASKS = (
    "How do I write a review? | 怎么写评价 | 翻译功能怎么用 | 翻译笔支持哪些语言 | create an account | "
    "Does the app translate subtitles into Chinese? | 故事机怎么充电 "
    "| 写诗功能在哪里 | draft mode | Can the speaker tell jokes? | 它会讲笑话吗 | 音箱会唱歌吗 | "
    "homework mode | How do I translate the interface? | 发文案到朋友圈怎么设置 "
    "| How much is 2 year plan | 2-3 days delivery? | 10-15 天能到吗 | 写入速度多少"
)


def each(text: str) -> list[str]:
    return [one.strip() for one in text.split("|")]


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in SAID.items() for text in each(texts)])
def test_small_talk_and_wishes_for_a_person_are_seen(intent, text):
    assert of(text) == intent


@pytest.mark.parametrize("text", each(QUESTIONS))
def test_a_question_is_a_question_also_about_people_and_after_a_greeting(text):
    assert of(text) is None


@pytest.mark.parametrize("text", each(DEMANDS))
def test_what_no_document_answers_is_seen(text):
    assert off_task(text)


@pytest.mark.parametrize("text", [*each(TASKS), *each(QUESTIONS)])
def test_a_question_about_such_things_is_none(text):
    assert not off_task(text)


def test_a_question_is_searched_without_its_courtesies():
    assert without_courtesy("你好，怎么退款？谢谢") == "怎么退款？"
    assert without_courtesy("Hi there! My camera is off. Thanks") == "My camera is off."
    assert without_courtesy("hello can I return it") == "can I return it"
    assert without_courtesy("is 6.8 supported? thanks") == "is 6.8 supported?"
    assert without_courtesy("谢谢") == "谢谢"


@pytest.mark.parametrize(
    "text",
    [
        "我想" * 79 + "吃",
        "请" * 160,
        "i really " * 17,
        "hi there " * 17,
        "好的谢谢" * 39 + "吃",
        "帮我写" * 53,
        "very " * 30,
        "人工" * 80,
        "?" * 4000,
        "😀" * 4000,
        "1+" * 79,
    ],
)
def test_repetition_costs_no_time(text):
    began = time.process_time()
    of(text), off_task(text), without_courtesy(text)
    assert time.process_time() - began < 0.05
