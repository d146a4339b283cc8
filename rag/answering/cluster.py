"""Groups questions that ask the same, in the order in which they came, so that a question more never moves the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors
from rag.text.tokens import words

# Cosine to the middle of a group from which a question belongs to it; measured: docs/decisions/0054.
ALIKE = 0.91


def group(vectors: Vectors, fences: Sequence[object], alike: float = ALIKE) -> list[int]:
    """vectors (n, dim) of L2 norm 1, in order of time → the group of each, numbered from 0 in order of their founders.

    A question joins the nearest group of its own fence (questions of different collections never meet) whose middle is at
    least `alike` near, else it founds one.
    """
    sums = np.zeros_like(vectors)
    middles, owners, chosen = np.zeros_like(vectors), list[object](), list[int]()
    for vector, fence in zip(vectors, fences, strict=True):
        count = len(owners)
        near = middles[:count] @ vector
        near[[at for at, owner in enumerate(owners) if owner != fence]] = -1.0
        at = int(np.argmax(near)) if count else -1
        if at < 0 or near[at] < alike:
            at = count
            owners.append(fence)
        sums[at] += vector
        middles[at] = sums[at] / np.linalg.norm(sums[at])
        chosen.append(at)
    return chosen


def central(vectors: Vectors) -> int:
    """The one that is nearest to the middle of all; of equals the first."""
    return int(np.argmax(np.round(vectors @ vectors.sum(axis=0), 6)))


def keywords(groups: Sequence[Sequence[str]], limit: int = 4) -> list[list[str]]:
    """Words that tell each group of texts from the others: frequent in it, rare elsewhere (class-based TF-IDF)."""
    counts = [Counter(word for text in texts for word in set(words(text))) for texts in groups]
    spread = Counter(word for count in counts for word in count)
    named = []
    for count in counts:
        weight = {word: number * math.log(1 + len(groups) / spread[word]) for word, number in count.items()}
        named.append(sorted(weight, key=lambda word: (-weight[word], word))[:limit])
    return named


def unpack(blobs: Sequence[bytes]) -> NDArray[np.float32]:
    """Stored vectors, float32 (n, dim)."""
    return np.stack([np.frombuffer(blob, "<f4") for blob in blobs])
