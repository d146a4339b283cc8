"""Loading much at once without Python's garbage collector, which would walk over all of it again and again."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def give_back() -> None:
    """Gives memory that is free to the system again, where the C library knows how: after much was let go at once."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def without_collecting() -> Iterator[None]:
    """For what makes many objects that stay. Of the whole process; a second one inside does nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
