"""Which regions of a table a place lies in."""

from __future__ import annotations

import pytest

from rag.text.regions import lies_in, smallest
from rag.text.siblings import named_among


@pytest.mark.parametrize(
    ("place", "label"),
    [("Canada", "Zone 3 – North America"), ("Portugal", "EU countries"), ("Japan", "Asia & Pacific"),
     ("苏州", "江浙沪地区"), ("沈阳", "东北三省"),
     ("曼谷", "东南亚"), ("法国", "欧洲")],
)  # fmt: skip
def test_a_place_lies_in_its_region(place: str, label: str) -> None:
    assert lies_in(place, label)


@pytest.mark.parametrize(
    ("place", "label"), [("Norway", "EU"), ("Kenya", "Asia and Pacific"), ("苏州", "华南"), ("Canada", "Latin America")]
)
def test_and_in_no_other(place: str, label: str) -> None:
    assert not lies_in(place, label)


def test_of_regions_inside_each_other_the_smallest_is_meant() -> None:
    assert smallest("Vietnam", ["Asia", "Southeast Asia", "Europe"]) == "Southeast Asia"
    assert named_among("寄到无锡多少钱", ["江浙沪", "华东", "华南"]) == {"江浙沪"}
    assert named_among("a call from Mexico", ["Europe", "North America", "Rest of world"]) == {"North America"}
    assert not named_among("a call from Nairobi", ["Europe", "North America"])
