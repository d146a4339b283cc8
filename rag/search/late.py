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
    """query (m, dim), rows of L2 norm 1; packed token bits of k passages → (k,) scores, about −1..1.

    Each of the question's tokens finds its best-matching token in a passage (MaxSim); the mean over the tokens is weighted
    by how far a token's best passage stands out from the others, so that function words, which match everywhere, do not
    count: an idf over the candidates. A passage without tokens scores as the lowest of the others.
    """
    dim = query.shape[1]
    sizes = np.array([len(bits) * 8 // dim for bits in packed])
    filled = sizes > 0
    if not filled.any():
        return np.zeros(len(packed), np.float32)
    bits = np.unpackbits(np.frombuffer(b"".join(packed), np.uint8)).reshape(-1, dim)
    similar = query @ (bits.astype(np.float32) * 2 - 1).T / np.sqrt(dim)
    best = np.maximum.reduceat(similar, (np.cumsum(sizes) - sizes)[filled], axis=1)
    weights = best.max(axis=1) - best.mean(axis=1) + 1e-3
    found = weights @ best / weights.sum()
    scores = np.full(len(packed), found.min(), np.float32)
    scores[filled] = found
    return scores
