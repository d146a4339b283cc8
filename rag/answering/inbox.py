"""What a backend has said and nobody has taken yet. Who finds nothing there pauses, and needs no thread meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

LOOK_S, _LONGEST_LOOK_S = 0.1, 0.5  # how often it is looked whether somebody still waits; less often in a long silence
_Item = TypeVar("_Item")


class Inbox(Generic[_Item]):
    """Filled by who reads from a backend, emptied by who waits for it. Safe for any mix of threads."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None

    def put(self, item: _Item) -> None:
        with self._lock:
            self._items.append(item)
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def take(self) -> _Item | None:
        """The next one; None: nothing is there."""
        with self._lock:
            return self._items.popleft() if self._items else None

    def listen(self, wake: Callable[[], None]) -> None:
        """`wake` is called once, from any thread: now where something is there, else with the next one. The last one counts."""
        with self._lock:
            empty = not self._items
            self._wake = wake if empty else None
        if not empty:
            wake()


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is there yet: on it goes once `listen` was answered, at `until` (`time.monotonic()`), or when `gone`."""

    listen: Callable[[Callable[[], None]], None]
    until: float
    gone: Callable[[], bool]

    def wait(self) -> None:
        """Holds this thread as long."""
        wake, look = threading.Event(), LOOK_S
        self.listen(wake.set)
        while (left := self.until - time.monotonic()) > 0 and not self.gone() and not wake.wait(min(left, look)):
            look = min(_LONGEST_LOOK_S, look * 1.25)


def waited(events: Generator[_Item | Pause, None, None]) -> Iterator[_Item]:
    """The same without pauses, in which this thread waits."""
    with closing(events):
        for event in events:
            if isinstance(event, Pause):
                event.wait()
            else:
                yield event
