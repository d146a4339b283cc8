"""Dates and versions in questions and in fields: what is read, what it is compared as, what is left alone."""

from __future__ import annotations

import time
from datetime import date

import pytest

from rag.index.facets import Facets
from rag.record.changes import Attributes
from rag.search.stated_filters import stated_filters
from rag.text.field_values import read_versions
from rag.text.intervals import FIRST_DAY, LAST_DAY, Days, Versions, read_days
from rag.text.tokens import one_line


def library(**fields: list[str]) -> Facets:
    attributes: dict[int, Attributes] = {}
    for key, values in fields.items():
        for value in values:
            attributes[len(attributes)] = Attributes("default", (), {}, {key: value})
    named = Facets(attributes)
    named.add(attributes.items())
    return named


def only(text: str) -> Versions:
    """The one value that a version's field means."""
    (value,) = read_versions(one_line(text)) or ()
    return value


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def dates(question: str) -> list[tuple[str, str]]:
    """Each span asked for as ISO dates, '' for an open end."""
    return [
        (
            "" if span.first == FIRST_DAY else date.fromordinal(span.first).isoformat(),
            "" if span.last == LAST_DAY else date.fromordinal(span.last).isoformat(),
        )
        for condition in stated_filters(question, library(date=["2025-03-12"]))
        for span in condition.spans
        if isinstance(span, Days)
    ]


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("2025年3月的蓝屏案例", "2025-03-01", "2025-03-31"),
        ("２０２５年３月的藍屏案例", "2025-03-01", "2025-03-31"),
        ("2025 年 3 月 12 日的故障怎么处理", "2025-03-12", "2025-03-12"),
        ("2025-03-12 的故障", "2025-03-12", "2025-03-12"),
        ("2025/3/12的故障", "2025-03-12", "2025-03-12"),
        ("2025年的故障", "2025-01-01", "2025-12-31"),
        ("2024年2月29日", "2024-02-29", "2024-02-29"),
        ("2025年第一季度的故障", "2025-01-01", "2025-03-31"),
        ("2025年下半年的故障", "2025-07-01", "2025-12-31"),
        ("2025年3月到5月的故障", "2025-03-01", "2025-05-31"),
        ("2025年3月至2025年5月之间", "2025-03-01", "2025-05-31"),
        ("2025年3月之后的故障", "2025-04-01", ""),
        ("2025年3月以来的故障", "2025-03-01", ""),
        ("自2025年3月起的故障", "2025-03-01", ""),
        ("2025年3月之前的故障", "", "2025-02-28"),
        ("截至2025年3月", "", "2025-03-31"),
        ("black screen in March 2025", "2025-03-01", "2025-03-31"),
        ("black screen on Mar. 12, 2025", "2025-03-12", "2025-03-12"),
        ("the incident of 12th March 2025", "2025-03-12", "2025-03-12"),
        ("cases from May 2025", "2025-05-01", "2025-05-31"),
        ("cases since 2024-06", "2024-06-01", ""),
        ("cases before May 2025", "", "2025-04-30"),
        ("cases after 2025-03-12", "2025-03-13", ""),
        ("cases in 2025", "2025-01-01", "2025-12-31"),
        ("cases in Q2 2025", "2025-04-01", "2025-06-30"),
        ("cases between March 2025 and May 2025", "2025-03-01", "2025-05-31"),
        ("cases between March and May 2025", "2025-03-01", "2025-05-31"),
        ("cases from 2025-03-10 to 2025-04-02", "2025-03-10", "2025-04-02"),
        ("cases after March 2025 and before August 2025", "2025-04-01", "2025-07-31"),
        ("cases through March 2025", "", "2025-03-31"),
        ("cases not before 2025-03-01", "2025-03-01", ""),
        ("cases no later than March 2025", "", "2025-03-31"),
        ("cases until the end of March 2025", "", "2025-03-31"),
    ],
)
def test_a_date_is_read_as_its_days(question: str, first: str, last: str) -> None:
    assert dates(question) == [(first, last)]


@pytest.mark.parametrize(
    "question",
    [
        "error 2025 on the camera",
        "order 20251 is late",
        "RFC 2025-99",
        "how many people may use it",
        "cases not in March 2025",
        "除了2025年3月以外的案例",
        "2025年13月",
        "2025-02-30",
        "I bought my camera in March 2025, is it still under warranty?",
        "我2025年3月买的摄像头还在保修期吗",
        "最近的案例",
    ],
)
def test_what_asks_for_no_date(question: str) -> None:
    assert dates(question) == []


def test_two_dates_are_both_asked_for() -> None:
    assert dates("cases in 2024 or 2025") == [("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-12-31")]
    assert dates("cases in March 2025 and May 2025") == [("2025-03-01", "2025-03-31"), ("2025-05-01", "2025-05-31")]


@pytest.mark.parametrize("value", ["2025-03-12", "2025/3/12", "2025年3月12日", "12.3.2025", "20250312", "2025-03-12 08:30"])
def test_a_field_holds_a_day(value: str) -> None:
    assert read_days(value) == Days(day("2025-03-12"), day("2025-03-12"))


def test_a_field_holds_a_month_or_a_year_or_none() -> None:
    assert read_days("2025年3月") == read_days("2025-03") == Days(day("2025-03-01"), day("2025-03-31"))
    assert read_days("2025") == read_days("2025年") == Days(day("2025-01-01"), day("2025-12-31"))
    assert read_days("soon") is None
    assert read_days("2025-02-30") is None


HELD = ["6.5", "7.0.2", "7.1", "7.1.3", "7.10", "8.0.1"]


@pytest.mark.parametrize(
    ("question", "fitting"),
    [
        ("TiDB v7.1 怎么备份", ["7.1", "7.1.3"]),
        ("TiDB 7.1怎么备份", ["7.1", "7.1.3"]),
        ("how to back up 7.1.3", ["7.1", "7.1.3"]),
        ("version 7 backup", ["7.0.2", "7.1", "7.1.3", "7.10"]),
        ("7.x 版本", ["7.0.2", "7.1", "7.1.3", "7.10"]),
        ("7.1 以上怎么备份", ["7.1", "7.1.3", "7.10", "8.0.1"]),
        ("7.1 版本及以上怎么备份", ["7.1", "7.1.3", "7.10", "8.0.1"]),
        ("7.1 or later", ["7.1", "7.1.3", "7.10", "8.0.1"]),
        ("since 7.1, how do I", ["7.1", "7.1.3", "7.10", "8.0.1"]),
        (">= 7.1.3", ["7.1.3", "7.10", "8.0.1"]),
        ("versions later than 7.1", ["7.1.3", "7.10", "8.0.1"]),
        ("before 8.0 how did it work", ["6.5", "7.0.2", "7.1", "7.1.3", "7.10"]),
        ("7.1之前的版本", ["6.5", "7.0.2"]),
        ("7.1 以下怎么办", ["6.5", "7.0.2", "7.1", "7.1.3"]),
        ("v7.1 or earlier", ["6.5", "7.0.2", "7.1", "7.1.3"]),
        ("between 7.0 and 7.1", ["7.0.2", "7.1", "7.1.3"]),
        ("upgrade from 7.1 to 8.0", ["7.1", "7.1.3", "7.10", "8.0.1"]),
        ("7.0 到 7.1 之间的版本", ["7.0.2", "7.1", "7.1.3"]),
        ("升级到 8.0 之后打不开", ["8.0.1"]),
        ("从 6.5 升级后", ["6.5"]),
        ("6.5 or 8.0", ["6.5", "8.0.1"]),
        ("not 7.1 but 6.5", ["6.5"]),
        ("backup in 7.0 and in 8.0?", ["7.0.2", "8.0.1"]),
        ("backup in 7.0? how about 8.0?", ["8.0.1"]),
    ],
)
def test_versions_are_compared_as_versions(question: str, fitting: list[str]) -> None:
    (condition,) = stated_filters(question, library(version=HELD))
    assert condition.stated
    assert [value for value in HELD if condition.fits(only(value))] == fitting


@pytest.mark.parametrize(
    "question",
    [
        "does it take 7.1 GHz",
        "after 7.1 hours",
        "it costs $7.10",
        "price 7.1 for it",
        "价格 7.1 元",
        "see section 7.1",
        "第 7.1 节说什么",
        "Bluetooth 7.1 pairing",
        "Android version 8",
        "9.4 backup",
        "address 7.1.0.1",
        "not for 7.1",
        "7.1 以外的版本",
        "E7.1x",
    ],
)
def test_what_asks_for_no_version(question: str) -> None:
    assert stated_filters(question, library(version=HELD)) == ()


def test_another_trade_s_name_counts_where_it_is_a_product() -> None:
    (product, version) = stated_filters("Android 8.0 crashes", library(product=["Android", "iOS"], version=HELD))
    assert (product.key, version.key) == ("product", "version")


@pytest.mark.parametrize(
    ("value", "question", "fits"),
    [
        ("7.x", "v7.5", True),
        ("7.x", "v8.0", False),
        ("6.0-7.5", "v7.1", True),
        ("6.0-7.5", "v8.0", False),
        ("≥ 7.0", "v8.2", True),
        ("7.0 及以上", "v6.5", False),
        ("7.0 及以上", "v8.5", True),
        ("7.0+", "v8.5", True),
        ("7.0 or later", "v8.5", True),
        ("7.0 LTS", "v8.5", False),
        ("7.0+", "before 7.0", False),
        ("v7.1.0-beta.2", "v7.1", True),
        ("2.3.11_1203", "2.3.11", True),
    ],
)
def test_a_field_may_hold_many_versions(value: str, question: str, fits: bool) -> None:
    (condition,) = stated_filters(question, library(version=[value, "6.5", "7.1", "8.0", "2.3.11"]))
    assert condition.fits(only(value)) is fits


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("how to reset the Cam 2", {"cam 2"}),
        ("Cam 2 vs Cam 2 Pro", {"cam 2", "cam 2 pro"}),
        ("reset, not for Cam 2", set()),
        ("my camera isn't a Cam 2 but a Cam 3", {"cam 3"}),
        ("not for Cam 2 or Cam 3", set()),
        ("not only Cam 2", {"cam 2"}),
        ("why does it not work with my Cam 2", {"cam 2"}),
        ("除了 Cam 2 以外怎么重置", set()),
        ("不是 Cam 2，是 Cam 3", {"cam 3"}),
        ("是不是 Cam 2 的问题", {"cam 2"}),
        ("Cam 20 reset", set()),
        ("How do I reset the Cam 2? What about the Cam 3?", {"cam 3"}),
        ("Cam 2 怎么重置 那 Cam 3 呢？", {"cam 3"}),
        ("那 Cam 2 怎么重置", {"cam 2"}),
    ],
)
def test_products_are_named_unless_denied(question: str, names: set[str]) -> None:
    found = stated_filters(question, library(product=["Cam 2", "Cam 3", "Cam 2 Pro"]))
    assert {name for condition in found for name in condition.names} == names


def test_what_is_asked_for_follows_every_change() -> None:
    attributes = {n: Attributes("default", (), {"product": "C2" if n % 2 else ["D3", "B5"]}, {}) for n in range(3000)}
    named = Facets(attributes)
    named.add(attributes.items())
    (condition,) = stated_filters("my b5", named)
    assert named.ids("product", condition.fits).tolist() == list(range(0, 3000, 2))
    for n in range(0, 2998, 2):
        named.remove(attributes.pop(n))
        if n % 500 == 0:
            assert named.ids("product", condition.fits).tolist() == list(range(n + 2, 3000, 2))
    assert named.ids("product", condition.fits).tolist() == [2998]
    named.remove(attributes.pop(2998))
    assert stated_filters("my b5", named) == ()
    assert len(named.ids("product", stated_filters("my C2", named)[0].fits)) == 1500


def test_an_everyday_word_is_no_filter() -> None:
    attributes = {
        n: Attributes("default", (), {"product": ["Billing", "Falcon", "云相册", "C2"][n % 4]}, {}) for n in range(40)
    }
    spread = {"bill": 200, "falcon": 12, "云": 90, "相册": 11, "c2": 900}
    named = Facets(attributes, lambda word: spread.get(word, 0))
    named.add(attributes.items())
    told = {"change my billing address": False, "Falcon address": True, "云相册地址": True, "C2 address": True}
    told |= {"billing of the Falcon": True}
    assert {question: stated_filters(question, named)[0].stated for question in told} == told


def test_the_date_of_a_documents_last_edit_only_leans() -> None:
    (condition,) = stated_filters("pricing in March 2025", library(updated_at=["2025-03-12"]))
    assert (condition.key, condition.stated, condition.shown) == ("updated", False, ("march 2025",))


def test_long_questions_are_read_in_no_time() -> None:
    named = library(version=HELD, date=["2025-03-12"], product=["Cam 2"])
    for piece in ("7.1 ", "2025-03-12 ", "not for ", "Cam 2 or ", "before 2025年", "1.1.1.1.1", "除了"):
        began = time.process_time()
        stated_filters(piece * 2000, named)
        assert time.process_time() - began < 2, piece


def test_folding_is_one_line() -> None:
    assert one_line("Ｃａｍ\n 2") == "cam 2"
