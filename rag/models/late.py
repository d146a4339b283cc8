"""The space in which token vectors are compared: centred, turned, so that one bit a dimension keeps their angles.

Late interaction scores a passage by the sum, over the question's tokens, of the best-matching passage token (ColBERT,
Khattab & Zaharia 2020). Signs of randomly turned coordinates keep inner products nearly unbiased (RaBitQ, arXiv 2405.12497).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from rag.ports import Vectors

LATE_MODEL = "multilingual-e5-small"  # the model that the mean below belongs to
_SEED = 3


def project(rows: Vectors) -> Vectors:
    """Token vectors (n, 384) of multilingual-e5-small → rows of L2 norm 1 in the space of comparison."""
    turned = (rows - _mean()) @ _rotation(rows.shape[1])
    norms = np.linalg.norm(turned, axis=1, keepdims=True)
    return np.asarray(turned / np.maximum(norms, 1e-6), np.float32)


@cache
def _mean() -> Vectors:
    """Mean token vector of 51,008 tokens of public Chinese and English passages: without it all tokens look alike."""
    with files("rag.models").joinpath("late_mean.npy").open("rb") as file:
        return np.asarray(np.load(file), np.float32)


@cache
def _rotation(dim: int) -> Vectors:
    """A random rotation (dim, dim), the same everywhere: signs of the decomposition are fixed."""
    q, r = np.linalg.qr(np.random.default_rng(_SEED).standard_normal((dim, dim)))
    return np.asarray(q * np.sign(np.diag(r)), np.float32)
