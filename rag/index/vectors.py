"""The live vector mirror: exact while small, an exactly re-ranked inverted file when large, always up to date.

Rows lie in one matrix. A new row goes to the *delta*, which is scanned exactly, so finding it never depends on the base's
recall; a deleted row leaves the id map first, so it can't come back from anywhere. In the background the delta moves into
the base, and the base is trained anew when the rows have doubled or a quarter of its codes are of deleted rows. The slot of
a row that the base has a code of is not given out again before that. Only `rag/index/` imports faiss.
"""

from __future__ import annotations

import threading
from itertools import islice, repeat
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.index.products import dots, wants_faiss
from rag.index.state import IndexState
from rag.ports import Vectors
from rag.runtime.rwlock import RWLock

if TYPE_CHECKING:
    from rag.index.ivf import Base

Ids = NDArray[np.int64]

EXACT_BELOW = 30_000  # rows up to which a scan is as fast as the inverted file and exact
_DELTA = 1_000  # rows scanned exactly beside the base before they move into it: 0.07 ms
_MOVE = 10  # rows moved under one lock: .3 ms
_RETRAIN = 2.0  # growth since training after which centroids no longer fit
_STALE = 0.25  # share of the base's codes that may be of deleted rows
_GATHER = 20_000  # allowed rows up to which a filtered search is exact: about 4 ms


class LiveIndex:
    """Inner product over unit vectors (scores are cosines). Implements `rag.ports.VectorIndex`; safe for any mix of threads."""

    def __init__(self, dim: int, *, exact_below: int = EXACT_BELOW, background: bool = True):
        self._dim, self._exact_below, self._background = dim, exact_below, background
        self._rows = np.empty((1024, dim), np.float32)
        self._ids = np.full(1024, -1, np.int64)  # id of each slot, -1 when there is no row
        self._slot: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0  # slots from here on were never used
        self._base: Base | None = None
        self._in_base = np.zeros(1024, bool)  # slots that the base has a code of, also after their row is deleted
        self._delta: dict[int, None] = {}  # slots that the base lacks, in order; used only when there is a base
        self._building = False  # a base is being trained, from rows that must stay as they are
        self._lock = RWLock()
        self._training = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._slot)

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """ids (n,), vectors (n, dim). An id that is there already is replaced."""
        vectors = np.asarray(vectors, np.float32)
        if vectors.shape != (len(ids), self._dim):
            raise ValueError(f"{vectors.shape} vectors for {len(ids)} ids in {self._dim} dimensions")
        if len(last := {key: at for at, key in enumerate(ids.tolist())}) < len(ids):  # the last of each id counts
            ids, vectors = np.array(list(last), np.int64), vectors[list(last.values())]
        with self._lock.writing():
            self._remove(ids)
            slots = self._take(len(ids))
            self._rows[slots] = vectors
            self._ids[slots] = ids
            self._slot.update(zip(ids.tolist(), slots.tolist(), strict=True))
            if self._base is not None:
                self._delta.update(dict.fromkeys(slots.tolist()))
        self._maintain()

    def remove(self, ids: Ids) -> None:
        """Ids that are not there are ignored. O(1) a row."""
        with self._lock.writing():
            self._remove(ids)

    def _remove(self, ids: Ids) -> None:
        slots = [slot for key in ids.tolist() if (slot := self._slot.pop(key, None)) is not None]
        if not slots:
            return
        gone = np.array(slots, np.int64)
        self._ids[gone] = -1
        held = self._in_base[gone]
        if self._base is not None:
            self._base.remove(gone[held])
            for slot in slots:
                self._delta.pop(slot, None)
        if not self._building:
            self._free += gone[~held].tolist()

    def _take(self, n: int) -> NDArray[np.int64]:
        again = [self._free.pop() for _ in range(min(n, len(self._free)))]
        fresh = n - len(again)
        while self._used + fresh > len(self._rows):
            grown = max(1024, len(self._rows))
            self._rows = np.concatenate([self._rows, np.empty((grown, self._dim), np.float32)])
            self._ids = np.concatenate([self._ids, np.full(grown, -1, np.int64)])
            self._in_base = np.concatenate([self._in_base, np.zeros(grown, bool)])
        slots = np.array(again + list(range(self._used, self._used + fresh)), np.int64)
        self._used += fresh
        return slots

    # -- searching -----------------------------------------------------------------------------------------------------

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, NDArray[np.float32]]:
        """query (dim,) → (ids, cosines), best first, at most k. `allowed`: search among these ids only."""
        query = np.ascontiguousarray(query, np.float32)
        with self._lock.reading():
            if allowed is not None:
                slots, scores = self._search_among(query, k, allowed)
            elif self._base is None:
                slots, scores = self._scan(query, k)
            else:
                slots, scores = self._search_base(query, k)
            return self._ids[slots], scores

    def cosines(self, query: Vectors, ids: Ids) -> NDArray[np.float32]:
        """query (dim,), ids (n,) that are all there → their cosines (n,)."""
        with self._lock.reading():
            slots = np.array([self._slot[key] for key in ids.tolist()], np.int64)
            return dots(np.ascontiguousarray(query, np.float32), self._rows, slots)

    def vectors(self, ids: Ids) -> Vectors:
        """ids (n,) that are all there → their vectors (n, dim)."""
        with self._lock.reading():
            return self._rows[[self._slot[key] for key in ids.tolist()]]

    def _scan(self, query: Vectors, k: int) -> tuple[Ids, NDArray[np.float32]]:
        """Exact, over all slots; free ones are asked for besides and dropped."""
        dead = self._used - len(self._slot)
        if dead > max(64, k) or not wants_faiss(self._used):
            # Too many holes to ask for all of them, or few rows: read the living ones only.
            return self._rank(query, np.flatnonzero(self._ids[: self._used] >= 0), k)
        import faiss

        most = min(k + dead + 1, self._used)
        scores, slots = (
            faiss.knn(query[None], self._rows[: self._used], most, metric=faiss.METRIC_INNER_PRODUCT)
            if self._used
            else (np.empty((1, 0), np.float32), np.empty((1, 0), np.int64))
        )
        live = self._ids[slots[0]] >= 0
        near, best = slots[0][live], scores[0][live]
        if len(near) > k and best[k] == best[k - 1]:  # the last one has equals, and FAISS took any of them
            return self._rank(query, np.flatnonzero(self._ids[: self._used] >= 0), k)
        order = np.lexsort((self._ids[near], -best))[:k]
        return near[order], best[order]

    def _search_base(self, query: Vectors, k: int) -> tuple[Ids, NDArray[np.float32]]:
        assert self._base is not None
        candidates = self._base.search(query, k)
        if self._delta:
            candidates = np.concatenate([candidates, np.fromiter(self._delta, np.int64, len(self._delta))])
        return self._rank(query, candidates, k)

    def _search_among(self, query: Vectors, k: int, allowed: Ids) -> tuple[Ids, NDArray[np.float32]]:
        slots = np.fromiter(map(self._slot.get, allowed.tolist(), repeat(-1)), np.int64, len(allowed))
        slots = slots[slots >= 0]
        if self._base is None or len(slots) <= _GATHER:
            return self._rank(query, slots, k)
        fresh = slots[~self._in_base[slots]]
        return self._rank(query, np.concatenate([self._base.search_among(query, k, slots), fresh]), k)

    def _rank(self, query: Vectors, slots: Ids, k: int) -> tuple[Ids, NDArray[np.float32]]:
        """Exact scores of the slots, best first, at most k; equal scores in order of id, whatever k is."""
        scores = dots(query, self._rows, slots)
        if len(slots) > k:
            kept = np.flatnonzero(scores >= np.partition(scores, -k)[-k]) if k else np.empty(0, np.int64)
            slots, scores = slots[kept], scores[kept]
        order = np.lexsort((self._ids[slots], -scores))[:k]
        return slots[order], scores[order]

    # -- snapshots -----------------------------------------------------------------------------------------------------

    def state(self) -> IndexState:
        """A copy of everything, for a snapshot."""
        with self._lock.reading():
            used = slice(self._used)
            base = None if self._base is None else self._base.dump()
            return IndexState(self._rows[used].copy(), self._ids[used].copy(), self._in_base[used].copy(), base)

    def restore(self, state: IndexState) -> None:
        """Takes the place of an empty index's content."""
        with self._lock.writing():
            self._rows, self._ids, self._in_base = state.rows, state.ids, state.in_base
            self._used = len(state.ids)
            live = np.flatnonzero(state.ids >= 0)
            self._slot = dict(zip(state.ids[live].tolist(), live.tolist(), strict=True))
            self._free = self._reusable()
            if state.base is not None:
                from rag.index.ivf import Base

                self._base = Base.load(state.base, live[state.in_base[live]])
                self._delta = dict.fromkeys(live[~state.in_base[live]].tolist())
        self._maintain()

    # -- background ----------------------------------------------------------------------------------------------------

    def _maintain(self) -> None:
        """Starts training or moving when it is due; one at a time, in a thread of its own."""
        if self._closed or self._due() is None or not self._training.acquire(blocking=False):
            return
        if self._background:
            self._worker = threading.Thread(target=self._work, name="index-maintenance")
            self._worker.start()
        else:
            self._work()

    def _due(self) -> str | None:
        live = len(self._slot)
        if self._base is None:
            return "train" if live > self._exact_below else None
        if live > _RETRAIN * self._base.trained_on or self._base.dead > _STALE * len(self._base):
            return "train"
        return "move" if len(self._delta) > _DELTA else None

    def settle(self) -> None:
        """Waits until the background work that is under way has been done."""
        while (worker := self._worker) is not None and worker.is_alive():
            worker.join()

    def close(self) -> None:
        """Ends background work; the process could not end while FAISS trains. The index still answers."""
        self._closed = True
        self.settle()

    def _work(self) -> None:
        from rag.index.ivf import Interrupted

        try:
            while not self._closed and (due := self._due()) is not None:
                if due == "train":
                    self._train()
                else:
                    self._move()
        except Interrupted:
            pass
        finally:
            self._training.release()

    def _train(self) -> None:
        """Trains while searches and changes go on, then catches up and swaps under the lock.

        The rows are read without a lock and not copied: until the swap, no slot that held a row is given out again.
        """
        from rag.index.ivf import Base

        with self._lock.writing():
            self._building = True
            slots = np.flatnonzero(self._ids[: self._used] >= 0)
            matrix = self._rows
        try:
            few = len(slots) <= self._exact_below
            base = None if few else Base.build(slots, matrix, lambda: self._closed)
            with self._lock.writing():
                self._swap(base, slots)
        finally:
            with self._lock.writing():
                self._building = False
                self._free = self._reusable()

    def _swap(self, base: Base | None, slots: Ids) -> None:
        """`slots`: those that the base has codes of; rows of some may have been deleted meanwhile."""
        self._base = base
        self._in_base[:] = False
        if base is None:
            self._delta = {}
            return
        self._in_base[slots] = True
        alive = self._ids[: self._used] >= 0
        coded = self._in_base[: self._used]
        base.remove(np.flatnonzero(coded & ~alive))
        self._delta = dict.fromkeys(np.flatnonzero(alive & ~coded).tolist())

    def _reusable(self) -> list[int]:
        """Slots without a row that the base has no code of."""
        free: list[int] = np.flatnonzero((self._ids[: self._used] < 0) & ~self._in_base[: self._used]).tolist()
        return free

    def _move(self) -> None:
        """Moves the delta into the base, a little under each lock so that a search hardly waits."""
        while len(self._delta) > _DELTA // 4 and not self._closed:
            with self._lock.writing():
                assert self._base is not None
                slots = np.array(list(islice(self._delta, _MOVE)), np.int64)
                if not len(slots):  # all were deleted since the last look
                    return
                self._base.add(slots, self._rows[slots])
                self._in_base[slots] = True
                for slot in slots.tolist():
                    del self._delta[slot]
