"""Units, grammar and everyday phrases that say the same in other form, each beside one that does not."""

from __future__ import annotations

import pytest

from rag.answering.check import Gate
from rag.answering.gate.numbers import numbers
from rag.domain import Hit, Passage


def passes(sentence: str, text: str, question: str = "") -> bool:
    passage = Passage(1, "d", 1, "", None, None, "default", (), "text", text, "", 0, len(text), {}, {})
    return Gate([Hit(passage, 1.0, 0.9, {})], question=question, policy="repair").check(f"{sentence} [1]").claim is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("千分之二", "0.2%"),
        ("下午 3 点到 5 点", "15:00-17:00"),
        ("4 to 6 p.m.", "16:00 to 18:00"),
        ("3月4日到9日", "3 月 4 日至 3 月 9 日"),
        ("三千元", "3000 元"),
        ("forty centimetres", "40 cm"),
        ("twenty-six minutes", "26 min"),
    ],
)
def test_the_same_number_in_other_form(one: str, other: str) -> None:
    assert [n.key for n in numbers(one)] == [n.key for n in numbers(other)]


def test_a_comma_behind_a_name_is_none_of_a_number() -> None:
    assert [(n.value, n.unit) for n in numbers("K5,3150 元")] == [("3150", "cny")]


@pytest.mark.parametrize(
    ("right", "wrong", "text"),
    [
        (
            "Skates can't be mailed, but you can collect them.",
            "Skates can be mailed.",
            "Skates can be collected but not mailed.",
        ),
        ("清空后就恢复不了了。", "清空后可以恢复。", "清空后无法恢复。"),
        ("每月不要超过两次。", "每月不要少于两次。", "每月最多两次。"),
        ("同城转寄没有手续费。", "同城转寄收手续费。", "同城转寄免手续费。"),
        (
            "Rope, tape and wax can't be mailed.",
            "Rope, tape and wax can be mailed.",
            "We cannot mail rope, tape or wax.",
        ),
    ],
)
def test_denials_in_other_form(right: str, wrong: str, text: str) -> None:
    assert passes(right, text)
    assert not passes(wrong, text)


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("登记后 3 天内可以换座。", "登记后 3 天内且未检票的，可换座。"),
        ("读完三章就可以领章。", "读完三章并且测验不低于 70 分，可以领章。"),
        ("额度可以提高到 8 万元。", "绑定第二台手机后，额度可提高到 8 万元。"),
    ],
)
def test_one_of_two_conditions_is_not_left_out(sentence: str, text: str) -> None:
    assert not passes(sentence, text)


def test_a_stop_behind_the_marker_is_not_doubled() -> None:
    passage = Passage(1, "d", 1, "", None, None, "default", (), "text", "We close at 9 p.m.", "", 0, 18, {}, {})
    checked = Gate([Hit(passage, 1.0, 0.9, {})]).check("We close at 9 p.m. [1].")
    assert checked.claim is not None and checked.claim.text == "We close at 9 p.m."
