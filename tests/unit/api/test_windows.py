"""The sliding window: what has room, and when there will be some."""

from __future__ import annotations

import pytest

from api.windows import OwnWindows, rate


def test_what_was_counted_leaves_the_window_little_by_little() -> None:
    now = [600.0]
    windows = OwnWindows(clock=lambda: now[0])
    assert [windows.hit("a", 4).taken for _ in range(5)] == [True] * 4 + [False]
    assert windows.hit("b", 4).taken
    refused = windows.hit("a", 4)
    now[0] += refused.retry_s - 0.5
    assert not windows.hit("a", 4).taken
    now[0] += 1
    assert windows.hit("a", 4).taken


@pytest.mark.parametrize("former", [0.0, 3.0, 10.0])
@pytest.mark.parametrize("current", [0.0, 4.0, 10.0])
@pytest.mark.parametrize("gone", [0.0, 20.0, 59.0])
def test_the_time_to_wait_is_true(former: float, current: float, gone: float) -> None:
    """Whoever comes back then has room, and whoever comes earlier has none."""
    most = 8
    told = rate(False, most, former, current, gone)

    def weighed(after: float) -> float:
        left = 60 - gone
        if after < left:
            return former * (60 - gone - after) / 60 + current
        return current * (60 - (after - left)) / 60 if after < left + 60 else 0.0

    assert weighed(told.retry_s + 0.01) < most
    if told.retry_s > 0:
        assert weighed(told.retry_s - 0.5) >= most - 0.1
    assert 0 <= told.remaining <= most
    assert told.retry_s <= told.reset_s or told.retry_s == 0
