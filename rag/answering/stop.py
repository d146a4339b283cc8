"""How a running generation is told to end: by its deadline, or because nobody waits for it any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Stop:
    """Shared by who waits, the thread that reads from a backend, and that thread's sockets. `deadline`: `time.monotonic()`."""

    def __init__(self, deadline: float, gone: threading.Event | None = None):
        self.deadline = deadline
        self._gone = gone  # set from outside, by who asked
        self._done = threading.Event()
        self._open: list[Callable[[], None]] = []

    def opened(self, close: Callable[[], None]) -> None:
        """Notes what the reading thread has opened."""
        self._open.append(close)

    def close(self) -> None:
        """By the reading thread, at its end. Left to the garbage collector, a response may be closed while this or another
        thread holds the lock of the connection pool, which is not reentrant: then no call would ever end again.
        """
        while self._open:
            self._open.pop()()

    def set(self) -> None:
        self._done.set()

    def is_set(self) -> bool:
        return self._done.is_set() or self.gone()

    def gone(self) -> bool:
        """Whether who asked went away."""
        return self._gone is not None and self._gone.is_set()

    def left(self) -> float:
        """Seconds until the deadline; not positive when it has passed."""
        return self.deadline - time.monotonic()


_local = threading.local()


def enter(stop: Stop) -> None:
    """From now on, what this thread reads from a socket of a backend ends with `stop`."""
    _local.stop = stop


def current() -> Stop | None:
    """The stop of this thread."""
    return getattr(_local, "stop", None)
