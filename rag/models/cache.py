"""A bounded memory of query vectors: the least recently asked goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from rag.ports import Vectors


class QueryCache:
    """Vectors by text, safe from several threads. 4096 entries of 384 numbers take about 7 MB."""

    def __init__(self, size: int = 4096):
        self._size = size
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def rows(self, texts: Sequence[str], embed: Callable[[list[str]], Vectors]) -> Vectors:
        """Vectors of `texts`, float32 (len(texts), dim), computing by `embed` only those that are not known.

        The lock is not held while embedding: two threads may compute the same vector, none waits for another.
        """
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
            for text in known:
                self._vectors.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        made = embed(new)
        known.update(zip(new, made, strict=True))
        with self._lock:
            self._vectors.update((text, row.copy()) for text, row in zip(new, made, strict=True))
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else made
