"""Late interaction over one-bit token vectors: the re-ranker that needs no second model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_LEVELS = 127


def pack(tokens: Vectors) -> bytes:
    """Token vectors (n, dim) → their signs, a bit a dimension; dim is a multiple of 8."""
    return np.packbits(tokens > 0).tobytes()


@dataclass(frozen=True, slots=True)
class LateScores:
    """Of k passages: late interaction scores (k,), by how much the passage is behind the best of all passages on the
    question's token on which it is most behind (k,): a name that stands elsewhere, say; and the similarity of the question's
    token that finds the least of itself in the passage (k,): a thing that it does not speak of."""

    scores: NDArray[np.float32]
    short: NDArray[np.float32]
    weakest: NDArray[np.float32]


def compare(query: Vectors, packed: Sequence[bytes]) -> LateScores:
    """query (m, dim), rows of L2 norm 1; packed token bits of k passages → scores, about −1..1.

    Each of the question's tokens finds its best-matching token in a passage (MaxSim); the mean over the tokens is weighted
    by how far a token's best passage stands out from the others, so that function words, which match everywhere, do not
    count: an idf over the candidates. A passage without tokens scores as the lowest of the others.
    """
    dim = query.shape[1]
    sizes = np.array([len(bits) * 8 // dim for bits in packed])
    filled = sizes > 0
    if not filled.any():
        return LateScores(*np.zeros((3, len(packed)), np.float32))
    bits = np.unpackbits(np.frombuffer(b"".join(packed), np.uint8)).reshape(-1, dim)
    best = _best(query, bits, (np.cumsum(sizes) - sizes)[filled])
    most = best.max(axis=1)
    weights = most - best.mean(axis=1) + 1e-3
    score, behind, least = weights @ best / weights.sum(), (most[:, None] - best).max(axis=0), best.min(axis=0)
    scores = np.empty((3, len(packed)), np.float32)
    scores[:, ~filled] = np.array([[score.min()], [behind.max()], [least.min()]])
    scores[:, filled] = score, behind, least
    return LateScores(*scores)


def maxsim(query: Vectors, packed: Sequence[bytes]) -> NDArray[np.float32]:
    """The scores of `compare`."""
    return compare(query, packed).scores


def best_in(query: Vectors, packed: Sequence[bytes], ranges: Sequence[tuple[int, int, int]]) -> Vectors:
    """(m, r): cosine of each of the question's tokens with its best token in each range (passage, first row, end row).

    A range without tokens matches as badly as the worst of the others.
    """
    dim = query.shape[1]
    sizes = [len(bits) * 8 // dim for bits in packed]
    rows = [np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(-1, dim) for bits in packed]
    spans = [(at, min(first, sizes[at]), min(last, sizes[at])) for at, first, last in ranges]
    filled = np.array([last > first for _, first, last in spans])
    if not filled.any():
        return np.zeros((len(query), len(ranges)), np.float32)
    taken = [rows[at][first:last] for at, first, last in spans if last > first]
    lengths = np.array([len(part) for part in taken])
    closest = _best(query, np.concatenate(taken), np.cumsum(lengths) - lengths)
    best = np.repeat(closest.min(axis=1, keepdims=True), len(ranges), axis=1)
    best[:, filled] = closest
    return best


def _best(query: Vectors, bits: NDArray[np.uint8], starts: NDArray[np.int64]) -> Vectors:
    """(m, k): cosine of each of the question's tokens with its best token in each passage, whose bits begin at `starts`.

    The question's tokens take 8 bits a dimension: ten times the speed of float32, and no score moves by more than .003.
    A sign is 2 · bit − 1, so the product with signs is twice the product with bits less the sum of the row.
    """
    scale = np.maximum(np.abs(query).max(axis=1, keepdims=True), 1e-9) / _LEVELS
    rounded = np.rint(query / scale).astype(np.int8)
    products = _integer_product().run(None, {"bits": bits, "query": np.ascontiguousarray(rounded.T)})[0]
    best = np.maximum.reduceat(products, starts, axis=0).T
    signed = 2 * best - rounded.sum(axis=1, dtype=np.int32, keepdims=True)
    return np.asarray(signed * scale / np.sqrt(query.shape[1]), np.float32)


# bits uint8 (n, dim), query int8 (dim, m) → products int32 (n, m), in ONNX's format 8 with its operators 17; a test builds it
# anew with the library that writes such files, which takes longer to import than a question to answer.
PRODUCT = (
    b'\x08\x08:\x89\x01\n&\n\x04bits\n\x05query\x12\x08products"\rMatMulInteger\x12\x08products'
    b"Z\x1a\n\x04bits\x12\x12\n\x10\x08\x02\x12\x0c\n\x03\x12\x01n\n\x05\x12\x03dim"
    b"Z\x1b\n\x05query\x12\x12\n\x10\x08\x03\x12\x0c\n\x05\x12\x03dim\n\x03\x12\x01m"
    b"b\x1c\n\x08products\x12\x10\n\x0e\x08\x06\x12\n\n\x03\x12\x01n\n\x03\x12\x01mB\x04\n\x00\x10\x11"
)


@cache
def _integer_product() -> InferenceSession:
    """bits uint8 (n, dim) · query int8 (dim, m) → int32 (n, m); NumPy multiplies integers without the processor's help."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    return InferenceSession(PRODUCT, options, providers=["CPUExecutionProvider"])
