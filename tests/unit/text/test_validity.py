"""When something holds, as people write it, and which of several versions is in force."""

from __future__ import annotations

from datetime import date

import pytest

from rag.domain.statement import Period
from rag.runtime import clock
from rag.search.validity import asked_period
from rag.text.in_force import FORMER, current, in_force
from rag.text.untimed import stripped
from rag.text.validity import ALWAYS, OVER, field_period, read_period

TODAY = date(2026, 11, 30).toordinal()


def day(text: str) -> int | None:
    return date.fromisoformat(text).toordinal() if text else None


def period(first: str, last: str) -> Period:
    return Period(day(first), day(last))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Terms B, in force since 3 March 2026", "2026-03-03", ""),
        ("Terms A (in force until 2 March 2026)", "", "2026-03-02"),
        ("第一版（2023 年 5 月 1 日至 2025 年 4 月 30 日）", "2023-05-01", "2025-04-30"),
        ("第二版（2025 年 5 月 1 日起施行）", "2025-05-01", ""),
        ("2026-02-01 ~ 2026-04-15", "2026-02-01", "2026-04-15"),
        ("2026.02.01-2026.04.15", "2026-02-01", "2026-04-15"),
        ("2026-02-01 08:00 至 2026-04-15 23:59", "2026-02-01", "2026-04-15"),
        ("2026年2月1日至4月15日", "2026-02-01", "2026-04-15"),
        ("1 February to 15 April 2026", "2026-02-01", "2026-04-15"),
        ("February 1 – April 15, 2026", "2026-02-01", "2026-04-15"),
        ("3–9 May 2026", "2026-05-03", "2026-05-09"),
        ("from May 2026 to August 2026", "2026-05-01", "2026-08-31"),
        ("2024–2025", "2024-01-01", "2025-12-31"),
        ("2026Q3", "2026-07-01", "2026-09-30"),
        ("2026 年下半年", "2026-07-01", "2026-12-31"),
        ("H2 2026", "2026-07-01", "2026-12-31"),
        ("2026-08", "2026-08-01", "2026-08-31"),
        ("2025年", "2025-01-01", "2025-12-31"),
        ("until 30 September 2026", "", "2026-09-30"),
        ("有效期至 2026-09-30", "", "2026-09-30"),
        ("即日起至 2026 年 9 月 30 日", "", "2026-09-30"),
        ("2026 年 9 月 30 日前有效", "", "2026-09-30"),
        ("orders placed before 1 October 2026", "", "2026-09-30"),
        ("Replaced on 1 October 2026", "", "2026-09-30"),
        ("2025 edition", "2025-01-01", ""),
        ("差旅标准（2025 版）", "2025-01-01", ""),
    ],
)
def test_periods_are_read(text: str, first: str, last: str) -> None:
    assert read_period(text) == period(first, last)


@pytest.mark.parametrize("text", ["长期有效", "即日起", "permanent", "until further notice", "Version 4 (current)"])
def test_what_always_holds(text: str) -> None:
    assert read_period(text) == ALWAYS


@pytest.mark.parametrize("text", ["退换说明（已废止）", "Price list (superseded)", "已失效"])
def test_what_is_over_without_a_date(text: str) -> None:
    assert read_period(text) == OVER


@pytest.mark.parametrize(
    "text",
    [
        "8.2.0（2026-05-06）",
        "8.2.0 (6 May 2026)",
        "updated 6 May 2026",
        "2026年5月6日更新",
        "2026-05-06",
        "Returns",
        "How to book in 2 steps",
        "Room 2025",
        "x" * 5000,
    ],
)
def test_a_date_that_says_nothing_of_validity(text: str) -> None:
    assert read_period(text) is None


def test_a_year_in_a_title_is_an_edition() -> None:
    assert read_period("travel-rules-2025", title=True) == read_period("差旅标准_2025", title=True) == period("2025-01-01", "")
    assert read_period("Travel rules for 2024 and 2025", title=True) is None
    assert stripped("Travel rules 2024") == stripped("Travel rules, 2025 edition")
    assert stripped("第二版（2025 年 5 月 1 日起）") == stripped("第一版（2023 年 5 月 1 日至 2025 年 4 月 30 日）")


def test_fields_and_front_matter() -> None:
    assert field_period({"valid_from": "2026-01-01", "valid_until": date(2026, 6, 30)}) == period("2026-01-01", "2026-06-30")
    assert field_period({"生效日期": "2026年3月1日"}) == period("2026-03-01", "")
    assert field_period({"有效期": "2026-01-01 ~ 2026-06-30"}) == period("2026-01-01", "2026-06-30")
    assert field_period({"expires": "soon", "date": "2026-01-01", "title": "2025"}) is None


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("2024年出差补贴多少", "2024-01-01", "2024-12-31"),
        ("2026年2月的补贴是多少", "2026-02-01", "2026-02-28"),
        ("How much was it in May 2026?", "2026-05-01", "2026-05-31"),
        ("Can I exchange a bag I bought in 2025?", "2025-01-01", "2025-12-31"),
        ("去年的补贴", "2025-01-01", "2025-12-31"),
        ("last year's allowance", "2025-01-01", "2025-12-31"),
        ("上个月有活动吗", "2026-10-01", "2026-10-31"),
        ("2025 travel allowance", "2025-01-01", "2025-12-31"),
        ("现在补贴多少", "2026-11-30", "2026-11-30"),
        ("What is the current allowance?", "2026-11-30", "2026-11-30"),
        ("since March 2026", "2026-03-01", ""),
    ],
)
def test_the_time_that_a_question_names(question: str, first: str, last: str) -> None:
    assert asked_period(question, TODAY) == period(first, last)


@pytest.mark.parametrize("question", ["出差补贴多少", "What is the allowance?", "It costs 2000 yuan", "MK-2025 的价格"])
def test_no_time_is_named(question: str) -> None:
    assert asked_period(question, TODAY) is None


def test_editions_end_when_the_next_one_begins() -> None:
    editions = [period("2024-01-01", ""), period("2025-01-01", ""), period("2026-01-01", "")]
    assert current(editions, None, TODAY) == [False, False, True]
    assert current(editions, asked_period("2025年", TODAY), TODAY) == [False, True, False]
    assert current(editions, period("2023-01-01", "2023-12-31"), TODAY) == [False, False, False]
    coming = [period("2026-01-01", ""), period("2027-01-01", "")]
    assert current(coming, None, TODAY) == [True, False]


def test_a_promotion_does_not_end_the_standing_rule() -> None:
    assert current([period("2024-01-01", ""), period("2026-03-01", "2026-06-30")], None, TODAY) == [True, False]


def test_where_nothing_is_in_force_the_latest_stands() -> None:
    assert current([period("", "2024-12-31"), period("2025-01-01", "2025-12-31"), None][:2], None, TODAY) == [False, True]
    assert in_force(None, None, TODAY)
    assert not in_force(OVER, None, TODAY)


def test_the_day_can_be_set() -> None:
    with clock.on(date(2024, 2, 29)):
        assert clock.today() == date(2024, 2, 29).toordinal()
    assert clock.today() != date(2024, 2, 29).toordinal()


@pytest.mark.parametrize(
    "question",
    ["and before that?", "What did the former terms say?", "以前是几点", "旧版套餐多少钱", "How much was it previously?"],
)
def test_what_held_before(question: str) -> None:
    assert asked_period(question, TODAY) == FORMER


@pytest.mark.parametrize("question", ["安装之前要做什么", "How do I clean it before use?", "What should I do before I call?"])
def test_before_something_is_no_time(question: str) -> None:
    assert asked_period(question, TODAY) is None


def test_a_former_version_is_what_is_over() -> None:
    old, now = read_period("Until 31 March 2026"), read_period("Since April 2026", title=True)
    assert [in_force(one, FORMER, TODAY) for one in (old, now, None)] == [True, False, True]
    assert read_period("Former terms", title=True) == OVER
    assert stripped("Before April 2026") == stripped("Since April 2026") == ""


def test_a_day_without_its_year_is_the_last_one() -> None:
    told = asked_period("5 月 1 日以前是多少", TODAY)
    assert told is not None and told.first is None and told.last == date(2026, 4, 30).toordinal()
    december = asked_period("and before December?", date(2026, 11, 30).toordinal())
    assert december == Period(None, date(2025, 11, 30).toordinal())
