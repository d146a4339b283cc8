"""The trained part of the vector mirror: an inverted file of 1-bit codes (RaBitQ) whose candidates are re-ranked exactly.

RaBitQ: Gao & Long, SIGMOD 2024 (arXiv 2405.12497). Knows rows by their slot in the owner's matrix. Not locked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

Slots = NDArray[np.int64]

TARGET_RECALL = 0.985  # at 10, on held-out queries, when the number of probed lists is chosen
_TRAIN_A_LIST = 48  # training rows a list
_PROBE_QUERIES = 128
_ITERATIONS = 8
_QUERY_BITS = 4  # 8 find no more and take an eighth longer
_FILTERED = 4  # times the lists probed when only some rows may be found
_PART = 16_384  # rows copied at a time


@dataclass(frozen=True, slots=True)
class Effort:
    """Lists probed and candidates re-ranked exactly."""

    nprobe: int
    candidates: int


class Interrupted(Exception):
    """Building was ended by `stopped`."""


class Base:
    """An IVF-RaBitQ index over slots. `add` 17 µs a row, `remove` under 1 µs a row (a hash table maps slots to codes)."""

    def __init__(self, index: faiss.IndexIVFRaBitQ, effort: Effort, trained_on: int):
        self._index, self.effort, self.trained_on = index, effort, trained_on

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @classmethod
    def build(cls, slots: Slots, matrix: Vectors, stopped: Callable[[], bool] = lambda: False) -> Base:
        """Trains on matrix[slots] and holds those rows. At 100,000 rows some five seconds on one core.

        `matrix` (m, dim) is read part by part rather than copied; the rows must stay as they are meanwhile. `stopped` is
        asked every few seconds at least. Raises Interrupted when it says so.
        """
        faiss.omp_set_num_threads(1)  # holds for this thread only: the other cores answer questions
        n, dim = len(slots), matrix.shape[1]
        lists = 2 ** round(math.log2(max(64, 1.7 * math.sqrt(n))))
        chosen = np.random.default_rng(n).choice(n, min(n, lists * _TRAIN_A_LIST), replace=False)
        sample = matrix[slots[np.sort(chosen)]]
        index = faiss.IndexIVFRaBitQ(_cluster(sample, lists, stopped), dim, lists, faiss.METRIC_INNER_PRODUCT)
        index.train(sample)
        index.set_direct_map_type(faiss.DirectMap.Hashtable)
        for part in _parts(slots, stopped):
            index.add_with_ids(matrix[part], part)
        base = cls(index, Effort(lists, 200), n)
        base.effort = base._tune(slots, matrix, stopped)
        return base

    def _tune(self, slots: Slots, matrix: Vectors, stopped: Callable[[], bool]) -> Effort:
        """The least effort that finds the target share of the exact ten nearest, for queries like the rows themselves.

        Queries are rows mixed with a little noise: nearer to real questions than the rows are.
        """
        rng = np.random.default_rng(len(slots))
        rows = matrix[rng.choice(slots, min(_PROBE_QUERIES, len(slots)), replace=False)]
        noise = rng.standard_normal(rows.shape, np.float32)
        queries = rows + 0.5 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        exact = _nearest(queries, slots, matrix, stopped)
        lists = int(self._index.nlist)
        efforts = [Effort(min(lists, n), k) for n in (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512) for k in (100, 200, 400)]
        for effort in efforts:
            found = 0
            for query, truth in zip(queries, exact, strict=True):
                candidates = self.search(query, effort=effort)
                best = candidates[np.argsort(-dots(query, matrix, candidates))[:10]]
                found += len(np.intersect1d(best, truth))
            if found >= TARGET_RECALL * exact.size:
                return effort
        return efforts[-1]

    def dump(self) -> bytes:
        """For a snapshot; the caller guards it with a checksum, as FAISS loads flipped bits without a word."""
        told = f"{self.effort.nprobe} {self.effort.candidates} {self.trained_on}\n".encode()
        body: bytes = faiss.serialize_index(self._index).tobytes()
        return told + body

    @classmethod
    def load(cls, dumped: bytes) -> Base:
        head, _, body = dumped.partition(b"\n")
        nprobe, candidates, trained_on = map(int, head.split())
        index = faiss.deserialize_index(np.frombuffer(body, np.uint8))
        return cls(index, Effort(nprobe, candidates), trained_on)

    def add(self, slots: Slots, rows: Vectors) -> None:
        self._index.add_with_ids(np.ascontiguousarray(rows, np.float32), slots)

    def remove(self, slots: Slots) -> None:
        self._index.remove_ids(faiss.IDSelectorArray(slots))

    def search(self, query: Vectors, *, effort: Effort | None = None) -> Slots:
        """query (dim,) → candidate slots, in no order; the caller ranks them exactly."""
        return self._search(query, effort or self.effort)

    def search_among(self, query: Vectors, allowed: Slots) -> Slots:
        """As `search`, among these slots only. Probes more lists: those nearest to the query may hold none of them."""
        held = np.zeros(int(allowed.max()) + 1, bool)
        held[allowed] = True
        selector = faiss.IDSelectorBitmap(np.packbits(held, bitorder="little"))
        wide = min(int(self._index.nlist), _FILTERED * self.effort.nprobe)
        return self._search(query, Effort(wide, 2 * self.effort.candidates), sel=selector)

    def _search(self, query: Vectors, effort: Effort, **told: faiss.IDSelector) -> Slots:
        params = faiss.IVFRaBitQSearchParameters(nprobe=effort.nprobe, qb=_QUERY_BITS, centered=False, **told)
        _, slots = self._index.search(query[None], effort.candidates, params=params)
        found: Slots = slots[0][slots[0] >= 0]
        return found


def dots(query: Vectors, matrix: Vectors, slots: Slots) -> Vectors:
    """query (dim,), matrix (m, dim), slots (n,) → inner products (n,).

    Half the time of `matrix[slots] @ query`: no row is copied. And no thread of BLAS waits for another, which took 15 ms
    from 1,200 rows on when the cores were busy.
    """
    out = np.empty(len(slots), np.float32)
    if len(slots):
        faiss.omp_set_num_threads(1)
        pointers = (faiss.swig_ptr(array) for array in (out, query, matrix, slots))
        faiss.fvec_inner_products_by_idx(*pointers, matrix.shape[1], 1, len(slots))
    return out


def _cluster(sample: Vectors, lists: int, stopped: Callable[[], bool]) -> faiss.IndexFlatIP:
    """Centroids by spherical k-means; one iteration a call, as FAISS itself can only be stopped for the whole process."""
    centroids = faiss.IndexFlatIP(sample.shape[1])
    clustering = faiss.Clustering(sample.shape[1], lists)
    clustering.niter, clustering.spherical = 1, True
    clustering.min_points_per_centroid, clustering.max_points_per_centroid = 1, _TRAIN_A_LIST
    for _ in range(_ITERATIONS):
        if stopped():
            raise Interrupted
        centroids.reset()
        clustering.train(sample, centroids)  # goes on from its own centroids
    return centroids


def _parts(slots: Slots, stopped: Callable[[], bool]) -> Iterator[Slots]:
    for at in range(0, len(slots), _PART):
        if stopped():
            raise Interrupted
        yield slots[at : at + _PART]


def _nearest(queries: Vectors, slots: Slots, matrix: Vectors, stopped: Callable[[], bool]) -> NDArray[np.int64]:
    """The slots of each query's ten nearest rows (n, 10)."""
    best = faiss.ResultHeap(len(queries), min(10, len(slots)), keep_max=True)
    for part in _parts(slots, stopped):
        scores, places = faiss.knn(queries, matrix[part], min(10, len(part)), metric=faiss.METRIC_INNER_PRODUCT)
        best.add_result(scores, part[places])
    best.finalize()
    return np.asarray(best.I, np.int64)
