"""Pauses: who finds nothing goes on with the next item, at the time that was set, or when nobody waits any more."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Generator

import pytest

from rag.answering.inbox import Inbox, Pause, waited
from rag.runtime import background, collecting

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nobody")


def pause(inbox: Inbox[str], seconds: float, gone: threading.Event | None = None) -> Pause:
    return Pause(inbox.listen, time.monotonic() + seconds, (gone or threading.Event()).is_set)


def test_items_come_in_order_and_a_listener_is_told_once() -> None:
    inbox, told = Inbox[str](), list[str]()
    inbox.listen(lambda: told.append("replaced"))
    inbox.listen(lambda: told.append("told"))
    inbox.put("a")
    inbox.put("b")
    assert told == ["told"]
    inbox.listen(lambda: told.append("at once"))
    assert told == ["told", "at once"]
    assert [inbox.take(), inbox.take(), inbox.take()] == ["a", "b", None]


@pytest.mark.parametrize("ends", ["item", "time", "gone"])
def test_a_pause_ends(ends: str) -> None:
    inbox, gone = Inbox[str](), threading.Event()
    threading.Timer(0.05, {"item": lambda: inbox.put("a"), "time": lambda: None, "gone": gone.set}[ends]).start()
    began = time.monotonic()
    pause(inbox, 0.2 if ends == "time" else 20, gone).wait()
    assert time.monotonic() - began < 10


def test_what_is_waited_for_has_no_pauses_and_is_closed() -> None:
    closed = list[bool]()

    def steps() -> Generator[str | Pause, None, None]:
        try:
            yield "a"
            yield pause(Inbox(), 0.01)
            yield "b"
        finally:
            closed.append(True)

    assert list(waited(steps())) == ["a", "b"]
    coming = waited(steps())
    assert next(iter(coming)) == "a"
    coming.close()  # type: ignore[attr-defined]
    assert closed == [True, True]


def test_work_on_the_loop_has_the_callers_context_and_can_be_cancelled() -> None:
    seen, over = list[str](), threading.Event()

    async def work() -> None:
        seen.append(CURRENT.get())
        try:
            await asyncio.sleep(60)
        finally:
            over.set()

    CURRENT.set("me")
    cancel = background.spawn(work())
    deadline = time.monotonic() + 10
    while not seen and time.monotonic() < deadline:
        time.sleep(0.005)
    cancel()
    assert over.wait(10)
    assert seen == ["me"]
    cancel()  # in vain
    assert background.run(asyncio.sleep(0, "done"), 5) == "done"


def test_memory_is_given_back_wherever_the_c_library_can() -> None:
    collecting.give_back()
