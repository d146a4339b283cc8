"""Parts of a measure that are written in words."""

from __future__ import annotations

import pytest

from rag.answering.gate.numbers import numbers


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("about three and a half hours", "12600 s"),
        ("half an hour", "1800 s"),
        ("a quarter of an hour", "900 s"),
        ("大约只有七成。", "70 pct"),
        ("最多四个人看", "4 person"),
    ],
)
def test_parts_of_a_measure_in_words_are_numbers(text: str, key: str) -> None:
    assert [one.key for one in numbers(text)] == [key]


def test_what_only_begins_like_a_tenth_is_no_number() -> None:
    assert numbers("三成功了") == []
