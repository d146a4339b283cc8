"""Everyday things under other names: what a question says, found in what a document says."""

from __future__ import annotations

import numpy as np
import pytest

from rag.text.everyday import is_said, telling, things_of
from rag.text.ranges import amounts_in, within
from rag.text.siblings import in_other_words, meant_among
from rag.text.term_coverage import coverage, word_set
from rag.text.tokens import words


def covered(question: str, text: str) -> float:
    terms = words(question)
    return coverage(terms, np.ones(len(terms), np.float32), text, things=things_of(question))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("swap the blade", "Changing the knife"),
        ("airport pickup", "有机场接送，单程 120 元"),
        ("狗狗", "Dogs stay for €12 a night."),
        ("get my money back", "退款将在 3 天内到账"),
        ("滤芯漏水", "the cartridge leaks"),
    ],
)
def test_other_words_count_as_said(question: str, text: str) -> None:
    assert covered(question, text) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("question", "text"),
    [("money back", "The back of the device"), ("grinder", "Medium roast beans"), ("兔子", "猫和狗可以寄养")],
)
def test_a_part_of_a_name_or_another_thing_does_not(question: str, text: str) -> None:
    assert covered(question, text) < 1


def test_names_of_several_words_need_all_of_them() -> None:
    lost, text = things_of("a lost suitcase")["suitcas"], "Lost luggage: 900"
    assert is_said(lost, text, word_set(text))
    assert not is_said(things_of("hot desk")["desk"] - things_of("desk")["desk"], text, word_set(text))


@pytest.mark.parametrize(
    ("question", "names", "meant"),
    [
        ("what does a kid pay", ["Adult", "Child (4–12)", "Resident"], {"Child (4–12)"}),
        ("过年住一晚多少", ["平日", "周末", "法定节假日"], {"法定节假日"}),
        ("price on a Saturday and Sunday", ["Weekday", "Weekend"], {"Weekend"}),
        ("每次保养多久", ["周期", "费用"], set()),  # no thing after which rows are called
    ],
)
def test_which_row_or_column_is_meant(question: str, names: list[str], meant: set[str]) -> None:
    assert set(meant_among(question, names)) == meant


def test_what_all_are_called_tells_none_apart() -> None:
    assert in_other_words("a kid's bike", ["Children's bike S", "Children's bike M"]) == frozenset()


def test_attributes_tell_no_rows_apart() -> None:
    assert not telling(things_of("how much does it cost and how long does it take"))


@pytest.mark.parametrize(
    ("question", "amounts"),
    [
        ("我家狗30公斤", [30_000.0]),
        ("住十二天", [12 * 86400.0]),
        ("两百五十公斤能坐吗", [250_000.0]),
        ("我十一岁", [11.0]),
    ],
)
def test_amounts_beside_and_in_chinese(question: str, amounts: list[float]) -> None:
    assert [amount for amount, _ in amounts_in(question)] == amounts


def test_an_amount_beside_chinese_letters_picks_its_row() -> None:
    assert within("金毛30公斤周末一天多少", ["不限", "10 kg 以下", "10–25 kg", "25 kg 以上"]) == {"25 kg 以上"}
