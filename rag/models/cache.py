"""Bounded memories of what questions were embedded to: the least recently asked goes first."""

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
        if texts and not new:
            return np.stack([known[text] for text in texts])
        vectors = embed(new)
        known.update(zip(new, vectors, strict=True))
        with self._lock:
            self._vectors.update((text, row.copy()) for text, row in zip(new, vectors, strict=True))
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else vectors


class TokenCache:
    """Token vectors by question, safe from several threads; at most `rows` of them in all (20,000 of 384 take 31 MB)."""

    def __init__(self, rows: int = 20_000):
        self._most, self._held = rows, 0
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, Vectors] = OrderedDict()

    def get(self, text: str) -> Vectors | None:
        """What was kept (tokens, dim), not to be changed."""
        with self._lock:
            cached = self._tokens.get(text)
            if cached is not None:
                self._tokens.move_to_end(text)
            return cached

    def keep(self, text: str, tokens: Vectors) -> None:
        """Remembers them; others go until there is room."""
        with self._lock:
            former = self._tokens.pop(text, None)
            self._held += len(tokens) - (0 if former is None else len(former))
            self._tokens[text] = tokens
            while self._held > self._most and len(self._tokens) > 1:
                self._held -= len(self._tokens.popitem(last=False)[1])
