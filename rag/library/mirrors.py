"""The mirrors of one process: the live one, and a few of the past for `as_of`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from rag.library.mirror import Mirror

_PAST = 2  # each holds all vectors of its version


class Mirrors:
    """Hands out mirrors that are up to date. Safe for any mix of threads."""

    def __init__(self, make: Callable[[], Mirror]):
        self._make = make
        self._live = make()
        self._past: OrderedDict[int, Mirror] = OrderedDict()
        self._lock = threading.Lock()

    def live(self) -> Mirror:
        """The live mirror, with everything applied that was acknowledged before this call."""
        self._live.sync()
        return self._live

    def at(self, version: int) -> Mirror:
        """A mirror of the library as it was at an index version; built on first use."""
        with self._lock:
            mirror = self._past.get(version) or self._make()
            self._past[version] = mirror
            self._past.move_to_end(version)
            while len(self._past) > _PAST:
                self._past.popitem(last=False)
            mirror.sync(version)
            return mirror
