"""Filters: names without case, ranges of numbers and dates, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

from rag.errors import InputError
from rag.index.fields import fields_of
from rag.record.changes import Attributes
from rag.text.filters import check_filters, meets

FIELDS = {"Weight": "1,250 g", "Opened": "2026-03-14", "State": "solved"}
METADATA: dict[str, Any] = {
    "year": 2026,
    "tags": ["indoor", "red"],
    "price": 19.5,
    "seen": "2026-03-14T22:30:00+08:00",
    "quarter": "2026 Q1",
    "on": True,
}


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        ({"state": "solved"}, True),
        ({"STATE": ["open", "solved"]}, True),
        ({"State": "Solved"}, False),
        ({"Year": 2026}, True),
        ({"year": "2026"}, True),
        ({"year": {"gt": 2026}}, False),
        ({"year": {"$gte": 2026}}, True),
        ({"weight": {"lt": 2000}}, True),
        ({"weight": {"gte": 1251}}, False),
        ({"price": {"gte": 10, "lt": 19.5}}, False),
        ({"price": {"gte": 10, "lte": 19.5}}, True),
        ({"opened": {"gte": "2026-03"}}, True),
        ({"opened": {"gt": "2026-03"}}, False),
        ({"opened": {"lt": "2026-03-14"}}, False),
        ({"opened": {"lte": "2026年3月14日"}}, True),
        ({"opened": {"lt": "2027"}}, True),
        ({"seen": {"gte": "2026-03-14T14:30:00Z"}}, True),
        ({"seen": {"gt": "2026-03-14T14:30:00Z"}}, False),
        ({"quarter": {"lte": "2026-03-31"}}, True),
        ({"quarter": {"lt": "2026-03-31"}}, False),
        ({"tags": "red"}, True),
        ({"tags": {"ne": "red"}}, False),
        ({"tags": {"nin": ["blue"]}}, True),
        ({"on": True}, True),
        ({"on": "true"}, True),
        ({"year": {"gt": "2025-01-01"}}, True),
        ({"weight": {"gt": "2025-01-01"}}, False),
        ({"state": {"in": ["solved"]}, "year": 2025}, False),
        ({"missing": "x"}, False),
    ],
)  # fmt: skip
def test_meets(wanted: dict[str, Any], met: bool) -> None:
    assert meets(check_filters(wanted), FIELDS, METADATA) is met


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"a": None}, "`a` must be a text, number or boolean"),
        ({"a": [{}]}, "`a` must be a text, number or boolean"),
        ({"a": {}}, "the range of `a` is empty"),
        ({"a": {"$near": 1}}, "`$near` of `a` is no operator"),
        ({"a": {"gt": "soon"}}, "needs a number or a date; 'soon' is neither"),
        ({"a": {"gt": [1]}}, "needs one value"),
        ({"a": {"gt": True}}, "needs a number or a date"),
        ({"a": {"in": "x"}}, "needs a list"),
    ],
)
def test_what_cannot_be_a_filter_is_named(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=r"filters\.a|.*") as caught:
        check_filters(wanted)
    assert said in caught.value.detail
    assert caught.value.field == "filters.a"


def test_fields() -> None:
    shared = {"Product": "Lamp", "year": 2025}
    told = [
        Attributes("default", (), shared, {"price": "19.50"}),
        Attributes("default", (), shared, {"price": "5"}),
        Attributes("default", (), {"product": "Door", "year": 2027, "deep": {"x": 1}}, {}),
    ]
    found = fields_of(told)
    assert found.keys() == {"product", "year", "price"}
    assert (found["product"].kind, dict(found["product"].values), found["product"].count) == ("text", {"Lamp": 1, "Door": 1}, 2)
    assert (found["year"].kind, found["year"].least, found["year"].most) == ("number", (2025.0, 2025), (2027.0, 2027))
    assert (found["price"].kind, found["price"].least and found["price"].least[1]) == ("number", "5")
