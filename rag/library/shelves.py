"""What a process searches: the live generation's mirror with its embedder, and mirrors of the past for `as_of`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from rag.library.calibration import PLAIN, Calibration
from rag.library.generations import generation_at
from rag.library.ledger import live_generation
from rag.library.mirror import Mirror, Swapped
from rag.library.tokens import Cutter
from rag.ports import Embedder

_PAST = 2  # each holds all vectors of its version


@dataclass(frozen=True, slots=True)
class Shelf:
    """A generation's mirror, the model that its vectors come from, the size of its passages in that model's tokens, how
    their words are cut, and what its probabilities are corrected by."""

    generation: int
    chunk_tokens: int
    embedder: Embedder
    mirror: Mirror
    cutter: Cutter = field(default_factory=Cutter)
    calibration: Calibration = PLAIN


class Shelves:
    """Hands out shelves that are up to date; follows a swap of generations. Safe for any mix of threads."""

    def __init__(self, first: Shelf, open_shelf: Callable[[int], Shelf]):
        self._current, self._open = first, open_shelf
        self._past: OrderedDict[int, Shelf] = OrderedDict()
        self._lock = threading.Lock()
        self._pinned = False

    @classmethod
    def of(cls, shelf: Shelf) -> Shelves:
        """One shelf as it stands, whichever generation is live."""
        shelves = cls(shelf, lambda _: shelf)
        shelves._pinned = True
        return shelves

    @property
    def current(self) -> Shelf:
        """The shelf that was live last, without asking the ledger."""
        return self._current

    def live(self) -> Shelf:
        """The live shelf, with everything applied that was acknowledged before this call."""
        while True:
            shelf = self._current
            if self._pinned:
                return shelf
            try:
                shelf.mirror.sync()
                return shelf
            except Swapped as swap:
                self._follow(shelf, swap.generation)

    def writing(self) -> Shelf:
        """The live shelf for one who writes: its mirror is not brought up to date, so a worker never holds one."""
        shelf = self._current
        with shelf.mirror.engine.connect() as conn:
            live = live_generation(conn)
        if live is not None and live != shelf.generation:
            self._follow(shelf, live)
        return self._current

    def at(self, version: int) -> Shelf:
        """The library as it was at an index version; built on first use."""
        with self._lock:
            shelf = self._past.get(version)
            if shelf is None:
                shelf = self._open(generation_at(self._current.mirror.engine, version))
                shelf.mirror.sync(version)
                self._past[version] = shelf
            self._past.move_to_end(version)
            while len(self._past) > _PAST:
                self._past.popitem(last=False)
            return shelf

    def _follow(self, former: Shelf, generation: int) -> None:
        """Opens the new live generation once, whichever thread noticed first."""
        with self._lock:
            if self._current is former:
                self._current = self._open(generation)

    def close(self) -> None:
        """Ends the mirrors' background work."""
        for shelf in (self._current, *self._past.values()):
            shelf.mirror.close()
