"""Late interaction over one-bit token vectors: the re-ranker that needs no second model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors


def pack(tokens: Vectors) -> bytes:
    """Token vectors (n, dim) → their signs, a bit a dimension; dim is a multiple of 8."""
    return np.packbits(tokens > 0).tobytes()


def maxsim(query: Vectors, packed: Sequence[bytes]) -> NDArray[np.float32]:
    """query (m, dim), rows of L2 norm 1; packed token bits of k passages → (k,) mean over the query's tokens of the
    greatest inner product with a passage's token, about −1..1. A passage without tokens scores the lowest of the others.
    """
    dim = query.shape[1]
    sizes = np.array([len(bits) * 8 // dim for bits in packed])
    if sizes.sum() == 0:
        return np.zeros(len(packed), np.float32)
    bits = np.unpackbits(np.frombuffer(b"".join(packed), np.uint8)).reshape(-1, dim)
    similar = query @ (bits.astype(np.float32) * 2 - 1).T / np.sqrt(dim)
    starts = np.cumsum(sizes) - sizes
    filled = sizes > 0
    best = np.maximum.reduceat(similar, starts[filled], axis=1).mean(axis=0)
    scores = np.full(len(packed), best.min(), np.float32)
    scores[filled] = best
    return scores
