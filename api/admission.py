"""How many questions are answered at once. The rest wait in a short line; who finds it full is told at once to come back.

Work that is begun beyond what the cores can do makes every answer late. All of this runs on the event loop: turning a
request away needs no thread, so it is quick however busy the threads are.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from rag.errors import Overloaded


class Arrival:
    """One on the way to the line, who is looked up and whose body is read: a place is kept until then."""

    def __init__(self, admission: Admission):
        self._admission: Admission | None = admission

    def over(self) -> None:
        """Stands in line now, or went away. Once is enough, more often does no harm."""
        if self._admission is not None:
            self._admission.coming -= 1
            self._admission = None


class Admission:
    """`concurrent` at once, `queued` waiting, none longer than `wait_s`. For one event loop."""

    def __init__(self, concurrent: int, queued: int, wait_s: float):
        self._concurrent, self._queued, self._wait_s = concurrent, queued, wait_s
        self._running = 0
        self.coming = 0  # arrivals that are not over
        self._line: deque[asyncio.Future[None]] = deque()
        self._seconds = 0.1  # that one answer takes, lately

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def running(self) -> int:
        return self._running

    def arrive(self) -> Arrival:
        """Keeps a place in line. Raises Overloaded when none is left, so that nothing is done for a question that will not
        be answered. Without it, five came for each place that became free, and four were looked up in vain."""
        self._check()
        self.coming += 1
        return Arrival(self)

    def _check(self) -> None:
        if self._running + len(self._line) + self.coming >= self._concurrent + self._queued:
            raise self._full("too many questions at once.")

    async def enter(self, patience_s: float | None = None) -> float:
        """Returns when it is one's turn: the time, for `leave`. Raises Overloaded: the line is full, or moves too slowly."""
        if self._running < self._concurrent and not self._line:
            self._running += 1
            return time.monotonic()
        self._check()
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await asyncio.wait_for(turn, self._wait_s if patience_s is None else min(patience_s, self._wait_s))
        except (TimeoutError, asyncio.CancelledError) as exc:
            if turn.done() and not turn.cancelled():
                self._next()  # it was one's turn at the same moment: the next one's
            elif turn in self._line:
                self._line.remove(turn)
            if isinstance(exc, TimeoutError):
                raise self._full("too many questions are waiting.") from exc
            raise
        return time.monotonic()

    def leave(self, entered: float) -> None:
        """The question is answered."""
        self._seconds += 0.1 * (time.monotonic() - entered - self._seconds)
        self._next()

    def _next(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)  # the place goes on to the next in line
                return
        self._running -= 1

    def _full(self, detail: str) -> Overloaded:
        """When about half of the line will have been answered."""
        return Overloaded(detail, retry_after=max(1.0, len(self._line) / 2 * self._seconds / self._concurrent))
