"""The trained part of the vector mirror: an inverted file of 4-bit product codes whose candidates are re-ranked exactly.

The codes are summed by the processor's table look-ups, 32 rows at a time (Andre et al., "Quicker ADC", arXiv 1812.09162).
Knows rows by their slot in the owner's matrix. Not locked.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.index.products import dots
from rag.ports import Vectors

Slots = NDArray[np.int64]

TARGET_RECALL = 0.986  # at 10, on held-out queries, when the effort is chosen
_TRAIN_A_LIST = 48  # training rows a list
_PROBE_QUERIES = 128
_ITERATIONS = 8
_RANKS = 4  # candidates for each row that is asked for, at least
_FILTERED = 4  # times the lists probed when only some rows may be found
_SHARE = 4  # one list in so many is looked at, unless the rows are so scattered that this finds too few
_REACHES = tuple(0.02 * 1.12**step for step in range(32))  # 0.02 to 0.67
_CANDIDATES = (100, 150, 200, 400)
_CODES_A_CANDIDATE = 50  # what one more candidate costs, in codes read: 0.5 µs
_PART = 16_384  # rows copied at a time
_BIT = (1 << np.arange(8)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Effort:
    """Lists are probed, `most` at most, whose centroids' cosines are within `reach` of the best; `candidates` are re-ranked.

    A question amid one topic reads few lists, one between topics many: a sixth less for the same recall than with a fixed
    number of lists.
    """

    reach: float
    candidates: int
    most: int


class Interrupted(Exception):
    """Building was ended by `stopped`."""


class Base:
    """An `IndexIVFPQFastScan` over slots. `add` 28 µs a row; `remove` sets a bit, the code stays and is passed over."""

    def __init__(self, index: faiss.IndexIVFPQFastScan, effort: Effort, trained_on: int, alive: Slots):
        """`alive`: slots whose codes may be found."""
        self._index, self.effort, self.trained_on = index, effort, trained_on
        self._coarse = faiss.downcast_index(index.quantizer)
        self._alive = len(alive)
        self._mark(_bits(alive))

    def __len__(self) -> int:
        """Codes, those of deleted rows too."""
        return int(self._index.ntotal)

    @property
    def dead(self) -> int:
        """Codes of deleted rows."""
        return len(self) - self._alive

    def _mark(self, bits: NDArray[np.uint8]) -> None:
        self._bits, self._selector = bits, faiss.IDSelectorBitmap(bits)  # which reads them where they are

    @classmethod
    def build(cls, slots: Slots, matrix: Vectors, stopped: Callable[[], bool] = lambda: False) -> Base:
        """Trains on matrix[slots] and holds those rows. At 100,000 rows some ten seconds on one core.

        `matrix` (m, dim) is read part by part rather than copied; the rows must stay as they are meanwhile. `stopped` is
        asked every few seconds at least. Raises Interrupted when it says so.
        """
        faiss.omp_set_num_threads(1)  # holds for this thread only: the other cores answer questions
        n, dim = len(slots), matrix.shape[1]
        lists = 2 ** round(math.log2(max(64, 1.7 * math.sqrt(n))))
        chosen = np.random.default_rng(n).choice(n, min(n, lists * _TRAIN_A_LIST), replace=False)
        sample = matrix[slots[np.sort(chosen)]]
        codes = dim // 2 if dim % 2 == 0 else dim  # of 4 bits
        index = faiss.IndexIVFPQFastScan(_cluster(sample, lists, stopped), dim, lists, codes, 4, faiss.METRIC_INNER_PRODUCT)
        index.by_residual, index.pq.cp.min_points_per_centroid = True, 1
        index.train(sample)
        for part in _parts(slots, stopped):
            index.add_with_ids(matrix[part], part)
        base = cls(index, Effort(_REACHES[-1], _CANDIDATES[-1], lists), n, slots)
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
        for most in (lists // _SHARE, lists):
            fits = list(self._least(queries, exact, matrix, most, stopped))
            if fits:
                return min(fits, key=lambda effort: self._codes(queries, effort) + _CODES_A_CANDIDATE * effort.candidates)
        return Effort(_REACHES[-1], _CANDIDATES[-1], lists)

    def _least(
        self, queries: Vectors, exact: NDArray[np.int64], matrix: Vectors, most: int, stopped: Callable[[], bool]
    ) -> Iterator[Effort]:
        """For each number of candidates the least reach that finds enough, where there is one; a wider one finds no less."""
        at = 0
        for candidates in reversed(_CANDIDATES):  # fewer of them need as much reach or more

            def reached(reach: float, candidates: int = candidates) -> bool:
                if stopped():
                    raise Interrupted
                return self._reached(Effort(reach, candidates, most), queries, exact, matrix)

            at = bisect_left(_REACHES, True, lo=at, key=reached)
            if at < len(_REACHES):
                yield Effort(_REACHES[at], candidates, most)

    def _reached(self, effort: Effort, queries: Vectors, exact: NDArray[np.int64], matrix: Vectors) -> bool:
        """Whether the target share of the exact nearest is found. Ends as soon as too many are missed."""
        may_miss = (1 - TARGET_RECALL) * exact.size
        for query, truth in zip(queries, exact, strict=True):
            candidates = self._search(query, effort, self._selector)
            best = candidates[np.argsort(-dots(query, matrix, candidates))[:10]]
            may_miss -= len(set(truth.tolist()).difference(best.tolist()))
            if may_miss < 0:
                return False
        return True

    def _codes(self, queries: Vectors, effort: Effort) -> float:
        """Codes read for a query, on the average."""
        sizes = [int(self._index.get_list_size(one)) for one in range(self._index.nlist)]
        read = [lists[:n] for lists, _, n in (self._lists(query, effort) for query in queries)]
        return float(np.mean([sum(sizes[one] for one in lists) for lists in read]))

    def dump(self) -> bytes:
        """For a snapshot; the caller guards it with a checksum, as FAISS loads flipped bits without a word."""
        header = f"{self.effort.reach} {self.effort.candidates} {self.effort.most} {self.trained_on}\n".encode()
        body: bytes = faiss.serialize_index(self._index).tobytes()
        return header + body

    @classmethod
    def load(cls, dumped: bytes | bytearray, alive: Slots) -> Base:
        head, _, body = dumped.partition(b"\n")
        reach, *whole = head.decode().split()
        candidates, most, trained_on = map(int, whole)
        index = faiss.deserialize_index(np.frombuffer(body, np.uint8))
        return cls(index, Effort(float(reach), candidates, most), trained_on, alive)

    def add(self, slots: Slots, rows: Vectors) -> None:
        """slots (n,), rows (n, dim), n > 0."""
        # `add_core` with lists that were found outside the lock would pack blocks wrongly: 276 of 950 rows were not found.
        faiss.omp_set_num_threads(1)
        self._index.add_with_ids(rows, slots)
        if (beyond := int(slots.max()) // 8 + 1 - len(self._bits)) > 0:
            self._mark(np.concatenate([self._bits, np.zeros(beyond + len(self._bits), np.uint8)]))
        np.bitwise_or.at(self._bits, slots >> 3, _BIT[slots & 7])
        self._alive += len(slots)

    def remove(self, slots: Slots) -> None:
        """Slots that have codes which were not removed before."""
        np.bitwise_and.at(self._bits, slots >> 3, ~_BIT[slots & 7])
        self._alive -= len(slots)

    def search(self, query: Vectors, k: int) -> Slots:
        """query (dim,) → candidate slots for the k best, in no order; the caller ranks them exactly."""
        return self._search(query, replace(self.effort, candidates=max(self.effort.candidates, _RANKS * k)), self._selector)

    def search_among(self, query: Vectors, k: int, allowed: Slots) -> Slots:
        """As `search`, among these slots only. Probes more lists: those nearest to the query may hold none of them."""
        most = min(int(self._index.nlist), _FILTERED * self.effort.most)
        effort = Effort(self.effort.reach, max(2 * self.effort.candidates, _RANKS * k), most)
        return self._search(query, effort, faiss.IDSelectorBitmap(_bits(allowed)), _FILTERED)

    def _search(self, query: Vectors, effort: Effort, among: faiss.IDSelector, wider: int = 1) -> Slots:
        lists, scores, n = self._lists(query, effort, wider)
        params = faiss.IVFSearchParameters(nprobe=n, sel=among)
        slots, distances = np.empty(effort.candidates, np.int64), np.empty(effort.candidates, np.float32)
        pointers = [faiss.swig_ptr(array) for array in (query, lists, scores, distances, slots)]
        self._index.search_preassigned_c(1, pointers[0], effort.candidates, *pointers[1:], False, params)
        return slots[slots >= 0]

    def _lists(self, query: Vectors, effort: Effort, wider: int = 1) -> tuple[NDArray[np.int64], Vectors, int]:
        """Lists by their centroids' cosines, best first; those cosines; how many of them to read, `wider` times as many."""
        scores, lists = self._coarse.search(query[None], effort.most)
        n = wider * int(np.count_nonzero(scores[0] >= scores[0, 0] - effort.reach))
        return lists[0], scores[0], min(n, effort.most)


def _bits(slots: Slots) -> NDArray[np.uint8]:
    """One bit a slot, up to the last of them."""
    held = np.zeros(int(slots.max(initial=-1)) + 1, bool)
    held[slots] = True
    return np.packbits(held, bitorder="little")


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
