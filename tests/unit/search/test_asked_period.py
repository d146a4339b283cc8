"""Which time a question asks about: days and months of years told in words, editions."""

from __future__ import annotations

from datetime import date

import pytest

from rag.search.validity import asked_period

TODAY = date(2026, 11, 30).toordinal()


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("今年3月15号买年票是什么价", "2026-03-15", "2026-03-15"),
        ("去年10月买的保修几年", "2025-10-01", "2025-10-31"),
        ("明年2月份的团费", "2027-02-01", "2027-02-28"),
        ("去年的价格", "2025-01-01", "2025-12-31"),
        ("2024版考勤办法的餐补", "2024-12-31", "2024-12-31"),
        ("the 2025 edition's allowance", "2025-01-01", "2025-12-31"),
        ("今年13月", "2026-01-01", "2026-12-31"),
    ],
)
def test_the_days_that_are_asked_about(question: str, first: str, last: str) -> None:
    period = asked_period(question, TODAY)
    assert period is not None and period.first and period.last
    assert (date.fromordinal(period.first).isoformat(), date.fromordinal(period.last).isoformat()) == (first, last)
