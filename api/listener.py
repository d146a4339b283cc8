"""Who waits for an answer on the event loop: told when there is more of it, and telling when he goes away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import suppress

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

from rag.answering.inbox import Pause
from rag.domain import Answer, Question, Sentence
from rag.wiring import Application

Event = Sentence | Answer | None
AT_WORK = 8  # answers that are worked on at once, in a thread each; all others wait, for a turn or for an LLM
_working: RunVar[CapacityLimiter] = RunVar("answers at work")


class Listener:
    """Of one answer. A thread works for it only while there is something to do."""

    def __init__(self, application: Application, question: Question):
        self._gone = threading.Event()
        self._running: Generator[Sentence | Answer | Pause, None, None] = application.answerer.steps(question, self._gone)
        self._pause: asyncio.Future[None] | None = None

    async def next(self) -> Event:
        """The next sentence, or the answer; None: it is over. Raises what the pipeline raises; Cancelled after `leave`."""
        while isinstance(event := await to_thread.run_sync(next, self._running, None, limiter=_turns()), Pause):
            await self._over(event)
        return event

    def leave(self) -> None:
        """Nobody waits any more: the step that goes on ends at once."""
        self._gone.set()
        if self._pause is not None:
            _wake(self._pause)

    async def close(self) -> None:
        """When no step goes on: a running generator cannot be closed."""
        await run_in_threadpool(self._running.close)

    async def _over(self, pause: Pause) -> None:
        loop = asyncio.get_running_loop()
        here = self._pause = loop.create_future()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: the process ends
                loop.call_soon_threadsafe(_wake, here)

        pause.listen(wake)
        if self._gone.is_set():
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(here, max(0.0, pause.until - time.monotonic()))


def _turns() -> CapacityLimiter:
    """Of this event loop."""
    try:
        return _working.get()
    except LookupError:
        limiter = CapacityLimiter(AT_WORK)
        _working.set(limiter)
        return limiter


def _wake(here: asyncio.Future[None]) -> None:
    if not here.done():
        here.set_result(None)
