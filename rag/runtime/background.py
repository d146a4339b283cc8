"""One event loop in a thread of its own, for all in this process that only waits: ten thousand take no more threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_tasks: set[asyncio.Task[Any]] = set()  # the loop itself holds them only weakly


def loop() -> asyncio.AbstractEventLoop:
    """Started when it is first asked for."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="background", daemon=True).start()
        return _loop


def spawn(work: Coroutine[Any, Any, None]) -> Callable[[], None]:
    """Runs it in the caller's context. Returns what cancels it, to be called from any thread; once it is over, in vain."""
    task: asyncio.Task[None] | None = None
    here, running = contextvars.copy_context(), loop()

    def begin() -> None:
        nonlocal task
        task = running.create_task(work, context=here)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    def cancel() -> None:
        if task is not None:
            task.cancel()

    def end() -> None:
        running.call_soon_threadsafe(cancel)

    running.call_soon_threadsafe(begin)
    return end


def run(work: Coroutine[Any, Any, _Result], timeout_s: float) -> _Result:
    """Waits for its result. Raises what it raises, TimeoutError."""
    return asyncio.run_coroutine_threadsafe(work, loop()).result(timeout_s)
