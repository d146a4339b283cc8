"""Counts in a window that slides: those of this period, and of the former one the part that still lies in the window.

One counter costs one round trip to Redis, which keeps the time too, so that all processes agree. Without Redis the same is
counted in the process.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PERIOD_S = 60.0
_KEPT = 50_000  # names that are counted in the process, at most

# Counts one more unless that is too much. Returns (taken, former period, this period, milliseconds of this period gone).
_HIT = """
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local period = tonumber(ARGV[2])
local at = math.floor(ms / period)
local gone = ms - at * period
local key, before = KEYS[1] .. ':' .. at, KEYS[1] .. ':' .. (at - 1)
local now, former = tonumber(redis.call('GET', key) or '0'), tonumber(redis.call('GET', before) or '0')
local taken = 0
if former * (period - gone) / period + now < tonumber(ARGV[1]) then
  now = redis.call('INCR', key)
  redis.call('PEXPIRE', key, 2 * period)
  taken = 1
end
return {taken, former, now, gone}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How a counter stands. `most` in a period; `remaining` now; `reset_s`: until all of it is free again."""

    taken: bool
    most: int
    remaining: int
    retry_s: float
    reset_s: float


def rate(taken: bool, most: int, former: float, current: float, gone_s: float) -> Rate:
    """From the counts of two periods and the time that has gone of this one. `retry_s`: until one more has room."""
    weighed = former * (PERIOD_S - gone_s) / PERIOD_S + current
    left = PERIOD_S - gone_s
    reset = (left + PERIOD_S if current else left) if former or current else 0.0
    return Rate(taken, most, max(0, math.floor(most - weighed)), _wait(most, former, current, left), reset)


def _wait(most: int, former: float, current: float, left: float) -> float:
    """Seconds until the weighed count lies below `most`: in this period while the former one leaves it, else in the next."""
    if former * left / PERIOD_S + current < most:
        return 0.0
    if former and current < most:
        return max(0.0, left - (most - current) * PERIOD_S / former)
    return left + max(0.0, PERIOD_S - most * PERIOD_S / current)


class OwnWindows:
    """The same in the process."""

    def __init__(self, clock: Callable[[], float] = time.time):
        self._clock, self._lock = clock, threading.Lock()
        self._counts: dict[str, tuple[int, int, int]] = {}  # period, former, current

    def hit(self, name: str, most: int) -> Rate:
        now = self._clock()
        at, gone = int(now // PERIOD_S), now % PERIOD_S
        with self._lock:
            period, former, current = self._counts.get(name, (at, 0, 0))
            if period != at:
                former, current = (current if period == at - 1 else 0), 0
            taken = former * (PERIOD_S - gone) / PERIOD_S + current < most
            if len(self._counts) >= _KEPT:
                self._counts.clear()
            self._counts[name] = at, former, current + taken
        return rate(taken, most, former, current + taken, gone)


def redis_hit(client: Any, name: str, most: int) -> Rate:
    """Raises redis.RedisError."""
    taken, former, current, gone = client.eval(_HIT, 1, f"xiansou:rate:{{{name}}}", most, int(PERIOD_S * 1000))
    return rate(bool(taken), most, float(former), float(current), float(gone) / 1000)
