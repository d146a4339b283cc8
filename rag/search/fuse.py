"""From two scores a candidate to one order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def standardise(scores: Scores) -> Scores:
    """z-scores over the candidates (m,); all zeros when they do not differ."""
    spread = float(scores.std())
    return ((scores - scores.mean()) / spread).astype(np.float32) if spread > 1e-9 else np.zeros_like(scores)


def fuse(cosine: Scores, bm25: Scores, dense_weight: float) -> Scores:
    """Weighted sum of z-scores (m,): scale-free, and unlike reciprocal ranks it keeps how far ahead the first one is."""
    return np.asarray(dense_weight * standardise(cosine) + (1 - dense_weight) * standardise(bm25), np.float32)
