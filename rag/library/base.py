"""The trained part of the vector mirror: an inverted file of 1-bit codes (RaBitQ) whose candidates are re-ranked exactly.

RaBitQ: Gao & Long, SIGMOD 2024 (arXiv 2405.12497). Knows rows by their slot in the owner's matrix. Not locked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

Slots = NDArray[np.int64]

TARGET_RECALL = 0.99  # at 10, on held-out queries, when the number of probed lists is chosen
_TRAIN_A_LIST = 48  # training rows a list
_PROBE_QUERIES = 128
_ITERATIONS = 8


@dataclass(frozen=True, slots=True)
class Effort:
    """Lists probed and candidates re-ranked exactly."""

    nprobe: int
    candidates: int


class Interrupted(Exception):
    """Training was ended by `interrupt`."""


def interrupt(now: bool = True) -> None:
    """Makes every training of this process stop at its next iteration, or lets them run again."""
    if now:
        faiss.TimeoutCallback.reset(1e-9)  # zero would mean no limit
    else:
        faiss.InterruptCallback.clear_instance()


class Base:
    """An IVF-RaBitQ index over slots. `add` 17 µs a row, `remove` under 1 µs a row (a hash table maps slots to codes)."""

    def __init__(self, index: faiss.IndexIVFRaBitQ, effort: Effort, trained_on: int):
        self._index, self.effort, self.trained_on = index, effort, trained_on

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @classmethod
    def build(cls, slots: Slots, rows: Vectors, *, threads: int = 1) -> Base:
        """Trains on rows (n, dim) and holds them under slots (n,). At 100,000 rows some five seconds on one core."""
        faiss.omp_set_num_threads(threads)  # holds for this thread only
        n, dim = rows.shape
        lists = 2 ** round(math.log2(max(64, 1.7 * math.sqrt(n))))
        index = faiss.IndexIVFRaBitQ(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.cp.niter = _ITERATIONS
        index.cp.spherical = True
        chosen = np.random.default_rng(n).choice(n, min(n, lists * _TRAIN_A_LIST), replace=False)
        try:
            index.train(rows[np.sort(chosen)])
        except RuntimeError as exc:  # FAISS has one class for all its errors
            if "interrupt" in str(exc):
                raise Interrupted from exc
            raise
        index.set_direct_map_type(faiss.DirectMap.Hashtable)
        index.add_with_ids(rows, slots)
        base = cls(index, Effort(lists, 200), n)
        base.effort = base._tune(slots, rows)
        return base

    def _tune(self, slots: Slots, rows: Vectors) -> Effort:
        """The least effort that finds the target share of the exact ten nearest, for queries like the rows themselves.

        Queries are rows mixed with a little noise, their own row left out: nearer to real questions than the rows are.
        """
        rng = np.random.default_rng(len(rows))
        picked = rng.choice(len(rows), min(_PROBE_QUERIES, len(rows)), replace=False)
        noise = rng.standard_normal((len(picked), rows.shape[1]), np.float32)
        queries = rows[picked] + 0.5 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        _, exact = faiss.knn(queries, rows, 10, metric=faiss.METRIC_INNER_PRODUCT)
        place = np.full(int(slots.max()) + 1, -1, np.int64)
        place[slots] = np.arange(len(slots))
        lists = int(self._index.nlist)
        efforts = [Effort(min(lists, n), k) for n in (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512) for k in (200, 400)]
        for effort in efforts:
            found = 0
            for query, truth in zip(queries, exact, strict=True):
                candidates = place[self.search(query, effort=effort)]
                best = candidates[np.argsort(-(rows[candidates] @ query))[:10]]
                found += len(np.intersect1d(best, truth))
            if found >= TARGET_RECALL * exact.size:
                return effort
        return efforts[-1]

    def add(self, slots: Slots, rows: Vectors) -> None:
        self._index.add_with_ids(np.ascontiguousarray(rows, np.float32), slots)

    def remove(self, slots: Slots) -> None:
        self._index.remove_ids(faiss.IDSelectorArray(slots))

    def search(self, query: Vectors, *, effort: Effort | None = None, selector: faiss.IDSelector | None = None) -> Slots:
        """query (dim,) → candidate slots, in no order; the caller ranks them exactly."""
        told = effort or self.effort
        params = faiss.IVFRaBitQSearchParameters(nprobe=told.nprobe, qb=8, centered=False)
        if selector is not None:
            params.sel = selector
        _, slots = self._index.search(query[None], told.candidates, params=params)
        found: Slots = slots[0][slots[0] >= 0]
        return found
