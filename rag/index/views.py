"""What a process searches: the live generation's mirror with its embedder, and mirrors of the past for `as_of`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from rag.index.mirror import Mirror, Swapped
from rag.ports import Embedder
from rag.record.calibration import PLAIN, Calibration
from rag.record.feed import live_generation
from rag.record.generations import generation_at
from rag.record.queries import place
from rag.text.tokens import Cutter

_PAST = 2  # each holds all vectors of its version


@dataclass(frozen=True, slots=True)
class IndexView:
    """A generation's mirror, the model that its vectors come from, the size of its passages in that model's tokens, how
    their words are cut, and what its probabilities are corrected by."""

    generation: int
    chunk_tokens: int
    embedder: Embedder
    mirror: Mirror
    cutter: Cutter = field(default_factory=Cutter)
    calibration: Calibration = PLAIN


class IndexViews:
    """Hands out shelves that are up to date; follows a swap of generations. Safe for any mix of threads."""

    def __init__(self, first: IndexView, open_view: Callable[[int], IndexView]):
        self._current, self._open = first, open_view
        self._past: OrderedDict[tuple[int, float | None], IndexView] = OrderedDict()
        self._lock = threading.Lock()
        self._pinned = False

    @classmethod
    def of(cls, view: IndexView) -> IndexViews:
        """One shelf as it stands, whichever generation is live."""
        views = cls(view, lambda _: view)
        views._pinned = True
        return views

    @property
    def current(self) -> IndexView:
        """The shelf that was live last, without asking the ledger."""
        return self._current

    def live(self) -> IndexView:
        """The live shelf, with everything applied that was acknowledged before this call."""
        while True:
            view = self._current
            if self._pinned:
                return view
            try:
                view.mirror.sync()
                return view
            except Swapped as swap:
                self._follow(view, swap.generation)

    def writing(self) -> IndexView:
        """The live shelf for one who writes: its mirror is not brought up to date, so a worker never holds one."""
        view = self._current
        with view.mirror.engine.connect() as conn:
            live = live_generation(conn)
        if live is not None and live != view.generation:
            self._follow(view, live)
        return self._current

    def at(self, version: int) -> IndexView:
        """The library as it was at an index version; built on first use."""
        key = version, place(self._current.mirror.engine, version)[1]  # a fail-over may have lost what had this number
        with self._lock:
            view = self._past.get(key)
            if view is None:
                view = self._open(generation_at(self._current.mirror.engine, version))
                view.mirror.sync(version)
                self._past[key] = view
            self._past.move_to_end(key)
            while len(self._past) > _PAST:
                self._past.popitem(last=False)
            return view

    def _follow(self, former: IndexView, generation: int) -> None:
        """Opens the new live generation once, whichever thread noticed first."""
        with self._lock:
            if self._current is former:
                self._current = self._open(generation)

    def close(self) -> None:
        """Ends the mirrors' background work."""
        for view in (self._current, *self._past.values()):
            view.mirror.close()
