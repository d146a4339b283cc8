"""Inner products of one vector with rows of a matrix: by FAISS where it is loaded, by NumPy for a command that asks once.

Loading FAISS takes as long as some thousand such searches of a small library.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

_SMALL = 20_000  # rows up to which NumPy does for one question
_PART = 1_024  # rows copied at a time


def wants_faiss(rows: int) -> bool:
    """Whether FAISS is there, or worth loading for so many rows."""
    return rows > _SMALL or "faiss" in sys.modules


def dots(query: Vectors, matrix: Vectors, slots: NDArray[np.int64]) -> Vectors:
    """query (dim,), matrix (m, dim), slots (n,) → inner products (n,); equal rows have equal ones.

    By FAISS half the time of `matrix[slots] @ query`: no row is copied. And no thread of BLAS waits for another, which took
    15 ms from 1,200 rows on when the cores were busy.
    """
    out = np.empty(len(slots), np.float32)
    if not len(slots):
        return out
    if wants_faiss(len(slots)):
        import faiss

        faiss.omp_set_num_threads(1)
        pointers = (faiss.swig_ptr(array) for array in (out, query, matrix, slots))
        faiss.fvec_inner_products_by_idx(*pointers, matrix.shape[1], 1, len(slots))
        return out
    for at in range(0, len(slots), _PART):
        np.einsum("ij,j->i", matrix[slots[at : at + _PART]], query, out=out[at : at + _PART])
    return out
