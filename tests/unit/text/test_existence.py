"""Which thing's existence a question asks about."""

from __future__ import annotations

import pytest

from rag.text.existence import thing_asked, thing_priced


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Is there a swimming pool at the Bergen house?", "swimming pool"),
        ("do you stock left-handed scissors too", "left-handed scissors"),
        ("Does the Rook come with a basket?", "basket"),
        ("have you got any gift cards", "gift cards"),
        ("你们有儿童椅吗", "儿童椅"),
        ("有没有卖雨衣的", "雨衣"),
        ("支持刷脸支付吗？", "刷脸支付"),
    ],
)
def test_the_thing_without_what_stands_around_it(question: str, thing: str) -> None:
    assert thing_asked(question) == thing


@pytest.mark.parametrize(
    "question",
    [
        "Is there anything I should bring?",
        "do you have another option",
        "Does it take long to dry?",
        "How do I change the filter?",
        "有什么办法可以快一点吗",
        "没有收到短信怎么办",
        "押金多少钱",
    ],
)
def test_other_questions_ask_about_no_existence(question: str) -> None:
    assert thing_asked(question) is None


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("how much is parking at the pier", "parking"),
        ("price of the blue kayak per day", "blue kayak"),
        ("what is the storage fee after a week?", "storage"),
        ("what does a wetsuit cost", "wetsuit"),
        ("how much is it", None),
        ("when do you open", None),
    ],
)
def test_the_thing_whose_price_is_asked(question: str, thing: str | None) -> None:
    assert thing_priced(question) == thing
