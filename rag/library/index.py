"""The vector mirror. The only importer of faiss."""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

Ids = NDArray[np.int64]


class ExactIndex:
    """Exact inner-product search over unit vectors, so scores are cosines. Implements `rag.ports.VectorIndex`.

    Not locked: FAISS crashes when a search meets a change, so the mirror that owns the index orders them.
    """

    def __init__(self, dim: int):
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
        self._ids: set[int] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """ids (n,), vectors (n, dim). An id that is there already is replaced."""
        self.remove(ids)
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64))
        self._ids.update(ids.tolist())

    def remove(self, ids: Ids) -> None:
        """Ids that are not there are ignored."""
        known = self._ids.intersection(ids.tolist())
        if known:
            self._index.remove_ids(np.fromiter(known, np.int64, len(known)))
            self._ids -= known

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, NDArray[np.float32]]:
        """query (dim,) → (ids, cosines), best first, at most k. `allowed`: search among these ids only."""
        k = min(k, len(self._ids))
        if k == 0 or (allowed is not None and len(allowed) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        params = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))
        scores, ids = self._index.search(np.ascontiguousarray(query[None], np.float32), k, params=params)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def cosines(self, query: Vectors, ids: Ids) -> NDArray[np.float32]:
        """query (dim,), ids (n,) that are all there → their cosines (n,)."""
        if len(ids) == 0:
            return np.empty(0, np.float32)
        return np.asarray(self._index.reconstruct_batch(np.ascontiguousarray(ids, np.int64)) @ query, np.float32)
