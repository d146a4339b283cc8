"""Attributes that are asked for in other words than a table's."""

from __future__ import annotations

import pytest

from rag.text.attributes import attributes_asked, is_called, lacks_plainly, looks_like, without_attributes


@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("How heavy is it?", "weight"),
        ("这台多重", "weight"),
        ("能承受多重的人", "load"),
        ("what's the maximum load", "load"),
        ("how loud is the kettle", "noise"),
        ("开起来吵不吵", "noise"),
        ("功率多大", "power"),  # by name: it is no size
        ("多大尺寸", "size"),
        ("会员一年收多少元", "price"),
        ("几点关门", "hours"),
        ("when do you open on Friday", "hours"),
        ("how long is the guarantee", "warranty"),
        ("how much space do I get", "storage"),
        ("售后电话多少", "phone"),
        ("在泰国打电话怎么收费", "price"),  # a call, and nobody's number
    ],
)
def test_what_is_asked(question: str, attribute: str) -> None:
    assert attribute in attributes_asked(question)


def test_columns_and_values() -> None:
    assert is_called("weight", "净重（千克）") and is_called("hours", "周一至周五") and is_called("price", "Fee per month")
    assert not is_called("price", "免费储物柜")
    assert looks_like("price", "€4.90") and looks_like("capacity", "1.2 L") and not looks_like("weight", "12 V")
    assert without_attributes("which plans are there and what do they cost").split()[-1] != "cost"


def test_a_text_lacks_what_it_never_names() -> None:
    assert lacks_plainly("What is the speed limit of the gate?", "The gate needs 24 V.")
    assert not lacks_plainly("What is the speed limit of the gate?", "It opens at 12 km/h.")
    assert not lacks_plainly("What is the name of the gate?", "The gate needs 24 V.")


@pytest.mark.parametrize("question", ["my torch won't charge", "it does not charge any more", "the dock will not charge it"])
def test_charging_a_battery_asks_for_no_price(question: str) -> None:
    assert "price" not in attributes_asked(question)
    assert "price" in attributes_asked("do you charge for gift wrapping?") & attributes_asked("Will I be charged for that?")


def test_a_review_and_the_worth_of_a_thing_are_no_price() -> None:
    assert is_called("price", "门市价") and is_called("price", "安装费")
    assert not any(is_called("price", label) for label in ("带图评价", "性价比", "品牌价值"))
