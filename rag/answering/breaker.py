"""A circuit breaker: a backend that keeps failing is left alone for a while, so that nobody waits for it in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5  # in a row, until it opens
PAUSE_S = 20.0  # then one call is let through to see whether the backend is back


class Breaker:
    """Of one backend, in one process. Safe for any mix of threads."""

    def __init__(self, *, failures: int = FAILURES, pause_s: float = PAUSE_S, clock: Callable[[], float] = time.monotonic):
        self._limit, self._pause_s, self._clock = failures, pause_s, clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again = 0.0

    def allows(self) -> bool:
        """Whether to call. While open, one call every `pause_s` is let through."""
        with self._lock:
            if self._failures < self._limit:
                return True
            if self._clock() < self._closed_again:
                return False
            self._closed_again = self._clock() + self._pause_s
            return True

    def worked(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_again = self._clock() + self._pause_s
