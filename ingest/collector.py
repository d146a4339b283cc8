"""Python's search for garbage in cycles, while a document is read: it finds
next to none there and takes a quarter of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL = gc.get_threshold()
_NEW_OBJECTS = 50_000
"""After so many new containers it looks: what a parser leaks in cycles stays within some megabytes."""


@contextmanager
def seldom() -> Iterator[None]:
    """Within it, garbage in cycles is looked for less often, in the whole process."""
    gc.set_threshold(max(_NEW_OBJECTS, _USUAL[0]) if _USUAL[0] else 0, *_USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)
