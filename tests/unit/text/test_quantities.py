"""Cell values as quantities in order."""

from __future__ import annotations

import math

import pytest

from rag.text.quantities import comparable, quantity


@pytest.mark.parametrize(
    ("value", "dimension", "amount"),
    [
        ("€1,699", "€", 1699.0),
        ("19 元/月", "元/月", 19.0),
        ("1.5 TB", "data", 1.5e12),
        ("1 year", "time", 525600.0),
        ("up to 30 days", "time", 43200.0),
        ("约 90 分钟", "time", 90.0),
        ("2,5 kg", "mass", 2500.0),
        ("18 m²", "m2", 18.0),
        ("unlimited", "", math.inf),
        ("免费", "", 0.0),
    ],
)
def test_a_value_of_one_number_is_a_quantity(value: str, dimension: str, amount: float) -> None:
    read = quantity(value)
    assert read is not None
    assert (read.dimension.strip(), read.amount) == (dimension, pytest.approx(amount))


@pytest.mark.parametrize("value", ["2–3 days", "3:1", "code, key", "", "30 cm × 40 cm", "on request"])
def test_a_range_a_ratio_or_words_are_none(value: str) -> None:
    assert quantity(value) is None


def test_values_of_one_dimension_are_comparable() -> None:
    assert comparable(["500 MB", "1 GB", "unlimited"]) == [5e8, 1e9, math.inf]
    assert comparable(["500 MB", "3 days"]) is None
    assert comparable(["€4", "on request"]) is None
