"""The live vector mirror: exact while small, an exactly re-ranked inverted file when large, always up to date.

Rows lie in one matrix. A new row goes to the *delta*, which is scanned exactly, so finding it never depends on the base's
recall; a deleted row leaves the id map first, so it can't come back from anywhere. In the background the delta moves into
the base, and the base is trained anew when the rows have doubled since. Only `rag/library/` imports faiss.
"""

from __future__ import annotations

import threading

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.library.base import Base, Interrupted, interrupt
from rag.library.rwlock import RWLock
from rag.ports import Vectors

Ids = NDArray[np.int64]

EXACT_BELOW = 30_000  # rows up to which a scan is as fast as the inverted file and exact
_DELTA = 2_000  # rows scanned exactly beside the base before they move into it: about 0.1 ms
_MOVE = 250  # rows moved under one lock: about 5 ms
_RETRAIN = 2.0  # growth since training after which centroids no longer fit
_GATHER = 4_000  # allowed rows up to which a filtered search reads just those


class LiveIndex:
    """Inner product over unit vectors (scores are cosines). Implements `rag.ports.VectorIndex`; safe for any mix of threads."""

    def __init__(self, dim: int, *, exact_below: int = EXACT_BELOW, background: bool = True):
        self._dim, self._exact_below, self._background = dim, exact_below, background
        self._rows = np.empty((1024, dim), np.float32)
        self._ids = np.full(1024, -1, np.int64)  # id of each slot, -1 when the slot is free
        self._slot: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0  # slots from here on were never used
        self._base: Base | None = None
        self._in_base = np.zeros(1024, bool)
        self._delta: dict[int, None] = {}  # slots that the base lacks, in order; used only when there is a base
        self._freed: list[int] | None = None  # slots freed while a new base is being trained
        self._lock = RWLock()
        self._training = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._slot)

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """ids (n,), vectors (n, dim). An id that is there already is replaced."""
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
        if self._base is not None:
            held = gone[self._in_base[gone]]
            if len(held):
                self._base.remove(held)
                self._in_base[held] = False
            for slot in slots:
                self._delta.pop(slot, None)
        # A slot is not given out again while a base that was copied before is being trained: it would hold the old row.
        (self._free if self._freed is None else self._freed).extend(slots)

    def _take(self, n: int) -> NDArray[np.int64]:
        again = [self._free.pop() for _ in range(min(n, len(self._free)))]
        fresh = n - len(again)
        while self._used + fresh > len(self._rows):
            grown = len(self._rows)
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
            return np.asarray(self._rows[[self._slot[key] for key in ids.tolist()]] @ query, np.float32)

    def vectors(self, ids: Ids) -> Vectors:
        """ids (n,) that are all there → their vectors (n, dim)."""
        with self._lock.reading():
            return self._rows[[self._slot[key] for key in ids.tolist()]]

    def _scan(self, query: Vectors, k: int) -> tuple[Ids, NDArray[np.float32]]:
        """Exact, over all slots; free ones are asked for besides and dropped."""
        dead = self._used - len(self._slot)
        if dead > max(64, k):  # too many holes to ask for all of them: read the living rows only
            return self._rank(query, np.flatnonzero(self._ids[: self._used] >= 0), k)
        scores, slots = (
            faiss.knn(query[None], self._rows[: self._used], min(k + dead, self._used), metric=faiss.METRIC_INNER_PRODUCT)
            if self._used
            else (np.empty((1, 0), np.float32), np.empty((1, 0), np.int64))
        )
        live = self._ids[slots[0]] >= 0
        return slots[0][live][:k], scores[0][live][:k]

    def _search_base(self, query: Vectors, k: int) -> tuple[Ids, NDArray[np.float32]]:
        assert self._base is not None
        candidates = self._base.search(query)
        if self._delta:
            candidates = np.concatenate([candidates, np.fromiter(self._delta, np.int64, len(self._delta))])
        return self._rank(query, candidates, k)

    def _search_among(self, query: Vectors, k: int, allowed: Ids) -> tuple[Ids, NDArray[np.float32]]:
        slots = np.array([slot for key in allowed.tolist() if (slot := self._slot.get(key)) is not None], np.int64)
        if self._base is None or len(slots) <= max(_GATHER, len(self._slot) // 20):
            return self._rank(query, slots, k)
        selector = faiss.IDSelectorBatch(slots)
        fresh = slots[~self._in_base[slots]]
        return self._rank(query, np.concatenate([self._base.search(query, selector=selector), fresh]), k)

    def _rank(self, query: Vectors, slots: Ids, k: int) -> tuple[Ids, NDArray[np.float32]]:
        """Exact scores of the slots, best first, at most k; equal scores in order of slot."""
        scores = self._rows[slots] @ query
        if len(slots) > k:
            kept = np.argpartition(-scores, k)[:k] if k else np.empty(0, np.int64)
            slots, scores = slots[kept], scores[kept]
        order = np.lexsort((slots, -scores))
        return slots[order], scores[order]

    # -- background ----------------------------------------------------------------------------------------------------

    def _maintain(self) -> None:
        """Starts training or moving when it is due; one at a time, in a thread of its own."""
        due = self._due()
        if due is None or self._closed or not self._training.acquire(blocking=False):
            return
        if self._background:
            self._worker = threading.Thread(target=self._work, args=(due,), name="index-maintenance")
            self._worker.start()
        else:
            self._work(due)

    def _due(self) -> str | None:
        live = len(self._slot)
        if self._base is None:
            return "train" if live > self._exact_below else None
        if live > _RETRAIN * self._base.trained_on:
            return "train"
        return "move" if len(self._delta) > _DELTA else None

    def close(self) -> None:
        """Ends background work; the process could not end while FAISS trains. The index still answers."""
        self._closed = True
        if self._worker is not None and self._worker.is_alive():
            interrupt()
            self._worker.join()
            interrupt(False)

    def _work(self, due: str) -> None:
        try:
            if due == "train" and not self._closed:
                self._train()
            self._move()
        except Interrupted:
            pass
        finally:
            self._training.release()

    def _train(self) -> None:
        """Trains on a copy while searches and changes go on, then catches up and swaps under the lock."""
        with self._lock.writing():
            self._freed = []
            slots = np.flatnonzero(self._ids[: self._used] >= 0)
            rows = self._rows[slots]
        base = Base.build(slots, rows)
        with self._lock.writing():
            gone = np.array(self._freed, np.int64)
            if len(gone):
                base.remove(gone[np.isin(gone, slots)])
            self._free += self._freed or []
            self._freed = None
            self._in_base[:] = False
            self._in_base[slots] = self._ids[slots] >= 0
            self._delta = dict.fromkeys(np.flatnonzero((self._ids[: self._used] >= 0) & ~self._in_base[: self._used]).tolist())
            self._base = base

    def _move(self) -> None:
        """Moves the delta into the base, a little under each lock so that searches wait milliseconds at most."""
        while len(self._delta) > _DELTA // 4 and not self._closed:
            with self._lock.writing():
                assert self._base is not None
                slots = np.array(list(self._delta)[:_MOVE], np.int64)
                self._base.add(slots, self._rows[slots])
                self._in_base[slots] = True
                for slot in slots.tolist():
                    del self._delta[slot]
