"""Which day it is, in one place, so that a test can say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

_SET: ContextVar[date | None] = ContextVar("today", default=None)


def today() -> int:
    """The ordinal (`datetime.date`) of this machine's day, or of the one that was set."""
    return (_SET.get() or date.today()).toordinal()


@contextmanager
def on(day: date) -> Iterator[None]:
    """Within it, it is that day in this thread and in the tasks that it starts."""
    token = _SET.set(day)
    try:
        yield
    finally:
        _SET.reset(token)
