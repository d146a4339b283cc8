"""Weekdays, months and quarters as columns and questions name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.calendar_spans import during

WEEK = ["Branch", "Mon", "Tue–Thu", "Fri & Sat", "Sunday"]
WOCHE = ["分馆", "周一", "周二至周五", "周末"]
YEAR = ["Tour", "Low season (Nov–Mar)", "High season (1 April – 31 October)"]
MONATE = ["线路", "淡季（11月-3月）", "旺季（4月至10月）"]


@pytest.mark.parametrize(
    ("question", "names", "held"),
    [
        ("when do you close on Wednesday", WEEK, {"Tue–Thu"}),
        ("open at the weekend?", WEEK, {"Fri & Sat", "Sunday"}),
        ("礼拜四几点关门", WOCHE, {"周二至周五"}),
        ("星期天开不开", WOCHE, {"周末"}),
        ("工作日几点开", WOCHE, {"周一", "周二至周五"}),
        ("what does it cost in February", YEAR, {"Low season (Nov–Mar)"}),
        ("May I pay in cash in July?", YEAR, {"High season (1 April – 31 October)"}),
        ("Heron 3 七月份一天多少钱", MONATE, {"旺季（4月至10月）"}),
        ("一月份多少钱", MONATE, {"淡季（11月-3月）"}),
        ("十月去多少钱", MONATE, {"旺季（4月至10月）"}),
        ("revenue in the third quarter", ["Region", "Q1", "Q2", "Q3", "Q4"], {"Q3"}),
        ("第二季度卖了多少", ["地区", "一季度", "二季度", "三季度"], {"二季度"}),
        ("the weekday price in January", [f"{s} · {d}" for s in YEAR[1:] for d in ("Weekday", "Weekend")],
         {"Low season (Nov–Mar) · Weekday"}),
    ],
)  # fmt: skip
def test_the_parts_that_hold_the_time_asked_for(question: str, names: list[str], held: set[str]) -> None:
    assert during(question, names) == held


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("when do you close", WEEK), ("may I bring a dog", ["Tour", "May", "June"]), ("押金3个月退吗", MONATE),
        ("on Monday", ["Size", "Price"]),
    ],
)  # fmt: skip
def test_nothing_where_no_time_is_named_or_no_column_is_one(question: str, names: list[str]) -> None:
    assert not during(question, names)


PIECES = st.sampled_from([*"0123 一七十月份日季周天度第qQ-–到至,of", "may", "June", "3rd", "Tue", "weekend", "quarter"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_stands_beside_a_time_is_read(question: str) -> None:
    for names in (WEEK, WOCHE, YEAR, MONATE, ["Q1", "Q2", "一季度"]):
        assert during(question, names) <= frozenset(names)
