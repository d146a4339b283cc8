"""What a passage says in the same or nearly the same words, and what it does not say though only one word differs."""

from __future__ import annotations

import pytest

from rag.answering.check import check
from rag.domain import Hit, Passage


def passes(sentence: str, text: str) -> bool:
    passage = Passage(1, "doc", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    return check(f"{sentence} [1]", [Hit(passage, 1.0, 0.9, {})]).claim is not None


FEE = "In 2019, ACME replaced Globex as the supplier of all 12 branches, before the merger was approved."
ORDER = "You must open the valve before the pump starts, and may not exceed 3.5 bar."
PRICE = "The plan costs $50 a month and includes 5 million requests; 20% of users need more than 2.10."
法条 = "出租人应当在三日以内通知承租人，押金不得超过200元，逾期的由甲方或者乙方承担百分之五的违约金。"
设置 = "在生产环境中，不要使用默认的管理员用户，所有节点必须启用 TLS，最多支持 3 个副本。"


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("ACME replaced Globex as the supplier of all 12 branches in 2019.", FEE),
        ("Globex was replaced by ACME.", "ACME replaced Globex."),
        ("According to the documents, in 2019, ACME replaced Globex as the supplier of all twelve branches.", FEE),
        ("Based on the provided information, you must open the valve before the pump starts.", ORDER),
        ("It costs $50 a month and includes 5 million requests.", PRICE),
        ("The plan costs 50 dollars a month.", PRICE),
        ("根据文档，出租人应当在3日以内通知承租人，押金不得超过２００元。", 法条),
        ("按照规定，逾期的由甲方或者乙方承担5%的违约金。", 法条),
        ("需要注意的是，在生产环境中，不要使用默认的管理员用户。", 设置),
        ("所有节点必须启用 TLS，最多支持三个副本。", 设置),
    ],
)
def test_light_rewordings_pass(sentence: str, text: str) -> None:
    assert passes(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("In 2019, Globex replaced ACME as the supplier of all 12 branches.", FEE),  # changed places
        ("Globex replaced ACME.", "ACME replaced Globex."),
        ("The dog chased the cat.", "The cat chased the dog."),
        ("The office is in the warehouse.", "The warehouse is in the office."),
        ("In 2019, ACME replaced Globex as the supplier of some 12 branches.", FEE),
        ("ACME replaced Globex as the supplier of all 12 branches, after the merger was approved.", FEE),
        ("You may open the valve before the pump starts.", ORDER),
        ("You must open the valve after the pump starts.", ORDER),
        ("You must close the valve before the pump starts, and may not exceed 3.5 bar.", ORDER),
        ("You must open the valve before the pump starts, and may exceed 3.5 bar.", ORDER),
        ("The plan costs €50 a month.", PRICE),
        ("The plan costs $50 a month and includes 5 requests.", PRICE),
        ("The plan costs $50 a month and includes 5 billion requests.", PRICE),
        ("20% of users need less than 2.10.", PRICE),
        ("20% of users need more than 2.1.", PRICE),
        ("Turn the switch off.", "Turn the switch on."),
        ("It is free unless you cancel.", "It is free if you cancel."),
        ("The course runs from Monday to Friday.", "The course runs from Friday to Monday."),
        ("Returns are possible in March.", "Returns are possible in May."),
        ("出租人可以在三日以内通知承租人，押金不得超过200元。", 法条),
        ("出租人应当在五日以内通知承租人。", 法条),
        ("承租人应当在三日以内通知出租人。", 法条),
        ("出租人应当在三日以外通知承租人。", 法条),
        ("押金可以超过200元。", 法条),
        ("押金不得超过200美元。", 法条),
        ("逾期的由甲方和乙方承担百分之五的违约金。", 法条),
        ("在生产环境中，要使用默认的管理员用户。", 设置),
        ("部分节点必须启用 TLS。", 设置),
        ("所有节点必须禁用 TLS。", 设置),
        ("至少支持 3 个副本。", 设置),
        ("狗咬了邻居的人。", "人咬了邻居的狗。"),
    ],
)
def test_one_word_that_makes_another_meaning_is_seen(sentence: str, text: str) -> None:
    assert not passes(sentence, text)


def test_marks_between_sentences_are_no_sentence():
    assert passes("In May, it is open on all days.", "!!! \n\n… \n\nIn May, it is open on all days. \n\n---")
    assert not passes("In May, it is shut on all days.", "!!! \n\n… \n\nIn May, it is open on all days. \n\n---")


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Everyone can debug it.", "Installing defaults to Everyone. Who can debug it is set below."),
        (
            "Choosing High Quality will not consume tokens.",
            "Choosing High Quality costs more. Economical will not consume tokens.",
        ),
        ("如果，则新建一个实例。", "如果没有，则新建一个实例。"),
        ("With binary, there is no need to pay.", "With Plausible, there is no need to pay."),
        ("Use https://a.example/v8 as the base.", "Use https://a.example/v1 as the base."),
    ],
)
def test_nothing_is_lent_or_lost_between_sentences_and_clauses(sentence: str, text: str) -> None:
    assert not passes(sentence, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("In this cycle used is a pump to pressurize the fluid.", "In this cycle a pump is used to pressurize the fluid."),
        ("消费者遗失三包凭证的，销售者申请补办向可以。", "消费者遗失三包凭证的，可以向销售者申请补办。"),
        (
            "Our fund is any of the largest academic institution.",
            "Our fund is the largest of any academic institution.",
        ),
        ("和 表将排序规则映射至适用的字符集名称。", "`COLLATIONS` 表将排序规则映射至适用的字符集名称。"),
        ("Message the message is sent by an agent.", "Whether the message is sent by an agent."),
        ("执法部门没收的无非法进口证明和非法拼装的机动车。", "执法部门没收的无进口证明和非法拼装的机动车。"),
        (
            "Preview the page must be available on the same domain.",
            "And the page must be available on the same domain.",
        ),
        (
            "Let Thy Spirit descend or renew the face of the land!",
            "Let Thy Spirit descend! Let Thy Spirit descend and renew the face of the land!",
        ),
    ],
)
def test_rearranged_and_repeated_words_are_seen(sentence: str, text: str) -> None:
    assert passes(text, text)
    assert not passes(sentence, text)
