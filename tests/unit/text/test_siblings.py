"""Which of several siblings a question names, and which range, place or everyday thing."""

from __future__ import annotations

import pytest

from rag.text.categories import speaks_of_all, things_in
from rag.text.places import names_of, places_in
from rag.text.ranges import read_range, within
from rag.text.siblings import apart, named_among

MILLS = ("Orsa One", "Orsa Duo", "Orsa Duo Plus")


@pytest.mark.parametrize(
    ("question", "names", "found"),
    [
        ("How loud is the Orsa Duo?", MILLS, {"Orsa Duo"}),
        ("how loud is the duo plus", MILLS, {"Orsa Duo Plus"}),
        ("which one is quieter", MILLS, set()),  # an everyday word is a name only as it is written
        ("What does the One weigh?", MILLS, {"Orsa One"}),
        ("青卡一年多少钱", ("青卡", "紫卡"), {"青卡"}),
        ("南山那家几点开", ("南山店", "福田店"), {"南山店"}),
        ("猫住一晚多少钱", ("猫", "小型犬", "大型犬"), {"猫"}),
        ("固定工位多少钱", ("固定工位 Desk", "独立办公室 Studio"), {"固定工位 Desk"}),
        ("小车停一天多少钱", ("小型车", "大型车"), {"小型车"}),
        ("套餐 88 的流量", ("和畅 58", "和畅 88"), {"和畅 88"}),
        ("武汉店的电话", ("武汉江岸店", "长沙开福店"), {"武汉江岸店"}),
        ("青卡和紫卡有什么区别", ("青卡", "紫卡"), set()),  # all of them: nothing is told apart
    ],
)
def test_names_of_siblings(question: str, names: tuple[str, ...], found: set[str]) -> None:
    assert named_among(question, names) == found


def test_what_sets_siblings_apart() -> None:
    assert apart(MILLS) == {"Orsa One": "One", "Orsa Duo": "Duo", "Orsa Duo Plus": "Duo Plus"}
    assert apart(("Solo", "Home")) == {}
    assert apart(("南山店", "福田店")) == {"南山店": "南山", "福田店": "福田"}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Up to 5 kg", (0, 5000, "g")),
        ("10–25 公斤", (10_000, 25_000, "g")),
        ("25 kg 以上", (25_000, float("inf"), "g")),
        ("3 天以内", (0, 259_200, "s")),
        ("5 kg", None),
        ("Weight", None),
    ],
)
def test_ranges(text: str, span: tuple[float, float, str] | None) -> None:
    assert read_range(text) == span


def test_an_amount_is_in_the_narrowest_range() -> None:
    columns = ("Up to 1 kg", "Up to 5 kg", "Up to 20 kg", "Days")
    assert within("how much for 4 kilos", columns) == {"Up to 5 kg"}
    assert within("how much for 25 kg", columns) == frozenset()
    assert within("how much for a parcel", columns) is None
    assert within("我家狗三十斤，30 公斤", ("10 kg 以下", "10–25 kg", "25 kg 以上")) == {"25 kg 以上"}


def test_places() -> None:
    assert places_in("Do you deliver to Norway or the Netherlands?") == ("Norway", "Netherlands")
    assert places_in("去越南用多少钱") == ("越南",)
    assert places_in("can you help us with nice towels") == ()
    assert set(names_of("UK")) >= {"united kingdom", "britain", "英国"}


def test_things_of_one_kind() -> None:
    assert set(things_in("支持支付宝吗")["payment"]) == {"alipay"}
    assert things_in("Is there a discount for pensioners?")["people"] == {"senior": "pensioners"}
    assert set(things_in("Are you open on Sundays?")["weekday"]) == {"sunday"}
    assert speaks_of_all("closed at weekends") and speaks_of_all("其他国家 20 元")
    assert not speaks_of_all("Yes, with DHL.")


def test_amounts_are_no_names_by_a_part_of_their_number() -> None:
    prices = ["0.39 元", "0.59 元", "0.99 元"]
    assert named_among("39 元的套餐有多少分钟", prices) == frozenset()
    assert named_among("0.39 元那档是什么", prices) == {"0.39 元"}
