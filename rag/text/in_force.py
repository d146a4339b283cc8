"""Which of several versions of one thing is in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.domain.statement import Period

FORMER = Period(None, 0)
"""Asked for: what held before what is in force now, whenever that was."""


def in_force(period: Period | None, wanted: Period | None, today: int) -> bool:
    """Whether it holds at the asked time, today when none is asked. What says nothing about time always does."""
    if wanted == FORMER:
        return period is None or (period.last is not None and period.last < today)
    return period is None or period.meets(wanted or Period(today, today))


def current(periods: Sequence[Period | None], wanted: Period | None, today: int) -> list[bool]:
    """Of versions of one thing: which are in force at the asked time, today when none is asked.

    One that is open at its end is over when the next one like it begins. Where no time is asked and none is in force, the
    latest one stands (it is shown with its period); where a time is asked, none.
    """
    starts = sorted({one.first for one in periods if one is not None and one.first is not None and one.last is None})
    closed = [_until_next(one, starts) for one in periods]
    holds = [in_force(one, wanted, today) for one in closed]
    if wanted is not None or any(holds):
        return holds
    known = [one for one in closed if one is not None]
    begun = [one for one in known if one.first is None or one.first <= today] or known
    latest = max(begun, key=_reach)
    return [one == latest for one in closed]


def _until_next(period: Period | None, starts: Iterable[int]) -> Period | None:
    if period is None or period.first is None or period.last is not None:
        return period
    return Period(period.first, next((one - 1 for one in starts if one > period.first), None))


def _reach(period: Period) -> tuple[float, float]:
    return (
        float("inf") if period.last is None else period.last,
        float("-inf") if period.first is None else period.first,
    )
