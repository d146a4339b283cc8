"""Values of product and version fields: sets, ranges, families, everything, and what cannot be read."""

from __future__ import annotations

import pytest

from rag.text.field_values import EVERY_VERSION, fits_name, read_names, read_versions
from rag.text.intervals import version
from rag.text.tokens import one_line


def fits(value: str, *asked: str) -> bool | None:
    """As a wish judges the values of one field."""
    told = [fits_name(one, frozenset(asked)) for one in read_names(one_line(value))]
    if True in told:
        return True
    return False if False in told and None not in told else None


@pytest.mark.parametrize(
    "value",
    [
        "全系列",
        "所有机型",
        "全部产品",
        "all models",
        "All of our products",
        "any",
        "every device",
        "通用",
        "K20 系列",
        "K20 series",
        "K 系列",
        "K20 (EU)",
        "K20（国行）",
        "K20 EU",
        "K10/K20",
        "K10/20",
        "K10、K20 和 K30",
        "K10 and K20",
        "K10 & K20",
        "K20 only",
        "仅 K20",
        "仅限 K20",
        "适用于 K20、K30",
        "K10-K30",
        "全系列（除 K40）",
        "all models except K40",
        "all models but K40",
        "除 K40 外均适用",
        "全系列（K40 除外）",
        "全系列，K40 不适用",
        "K20、K30 等",
        "K20 及以上",
    ],
)
def test_what_a_k20_is_among(value: str) -> None:
    assert fits(value, "k20") is True


@pytest.mark.parametrize(
    "value", ["K30", "K20 Pro", "K200", "K30/K40", "K30 系列", "全系列（除 K20）", "除 K20 外均适用", "K21-K29", "仅 K30"]
)
def test_what_a_k20_is_not_among(value: str) -> None:
    assert fits(value, "k20") is False


@pytest.mark.parametrize(
    "value", ["", "-", "n/a", "其他", "部分机型", "见备注", "some models", "see notes", "K30、K40 等", "新款"]
)
def test_what_cannot_be_read_says_nothing(value: str) -> None:
    assert fits(value, "k20") is None


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        ("全部版本", ["1.0", "9.9"], []),
        ("all versions", ["1.0", "9.9"], []),
        ("不限", ["1.0"], []),
        ("4.2 及以下", ["4.2", "4.2.7", "3.0"], ["4.3"]),
        ("4.2 and earlier", ["4.1"], ["4.3", "5.0"]),
        ("<= 4.2", ["4.2", "1.0"], ["4.3"]),
        ("低于 4.2", ["4.1"], ["4.2"]),
        ("before 4.2", ["4.1"], ["4.2"]),
        (">= 4.2", ["4.2", "7.0"], ["4.1"]),
        ("4.2+", ["5.0"], ["4.1"]),
        ("4.2 及以上版本", ["5.0"], ["4.1"]),
        ("4.2 or later", ["5.0"], ["4.1"]),
        (">= 4.2, < 5.0", ["4.9"], ["5.0", "4.1"]),
        ("4.x", ["4.9"], ["5.0"]),
        ("4.2 Enterprise", ["4.2"], ["4.3"]),
        ("企业版 4.2", ["4.2"], ["4.3"]),
        ("V4.2 build 1203", ["4.2"], ["4.3"]),
        ("4.2 (build 88)", ["4.2"], ["4.3"]),
        ("4.1/4.3", ["4.1", "4.3"], ["4.2"]),
        ("4.1、4.3", ["4.1", "4.3"], ["4.2"]),
        ("4.1 - 4.3", ["4.2"], ["4.4"]),
        ("4.1 至 4.3", ["4.2"], ["4.4"]),
    ],
)
def test_versions(value: str, inside: list[str], outside: list[str]) -> None:
    told = read_versions(one_line(value)) or ()
    assert [any(one.meets(version(asked)) for one in told) for asked in inside] == [True] * len(inside)
    assert not any(one.meets(version(asked)) for one in told for asked in outside)


@pytest.mark.parametrize("value", ["see notes", "latest", "除 4.2 外", "部分 4.2", "V200R003C10", ""])
def test_versions_that_cannot_be_read(value: str) -> None:
    assert read_versions(one_line(value)) is None
    assert read_versions("any") == (EVERY_VERSION,)
