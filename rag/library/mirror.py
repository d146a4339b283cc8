"""A process's mirror of the live passages: vectors, words and attributes, all at one index version.

A query first compares the ledger's head with the version that the mirror has applied and applies what is missing, so it
sees every write acknowledged before it began. Search and version are read under one lock: hits belong to one version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from rag.domain import Scope
from rag.library.changes import Attributes, Delta, between
from rag.library.ledger import head, live_generation
from rag.library.lexical import Lexical
from rag.library.rwlock import RWLock
from rag.ports import VectorIndex, Vectors


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates at index version `version`: m ids in no order, cosine and BM25 score of each; idf of the question's words."""

    version: int
    ids: NDArray[np.int64]
    cosine: NDArray[np.float32]
    bm25: NDArray[np.float32]
    idf: NDArray[np.float32]


class Swapped(Exception):
    """Another generation has become the live one. Signals the owner of a mirror; never leaves `rag.library`."""

    def __init__(self, generation: int):
        super().__init__(generation)
        self.generation = generation


class Mirror:
    """Follows one generation of a ledger. Safe for any mix of threads."""

    def __init__(self, engine: Engine, generation: int, dim: int, make_index: Callable[[int], VectorIndex]):
        self.engine, self._generation, self._dim = engine, generation, dim
        self._index = make_index(dim)
        self._lexical = Lexical()
        self._attributes: dict[int, Attributes] = {}
        self._lock = RWLock()
        self._version = 0

    @property
    def version(self) -> int:
        return self._version

    def close(self) -> None:
        """Ends background work."""
        self._index.close()

    def __len__(self) -> int:
        return len(self._attributes)

    def sync(self, upto: int | None = None) -> int:
        """Applies what the ledger has acknowledged; returns the version.

        With `upto` it goes to that version of the past and stays there. Raises Swapped when it follows the present and its
        generation is no longer the live one.
        """
        with self.engine.connect() as conn:
            if (upto if upto is not None else head(conn)) <= self._version:
                return self._version
        with self._lock.writing(), self.engine.connect() as conn:
            live = live_generation(conn)
            if upto is None and live is not None and live != self._generation:
                raise Swapped(live)
            target = upto if upto is not None else head(conn)
            if target > self._version:
                self._apply(between(conn, self._generation, self._version, target, self._dim))
                self._version = target
            return self._version

    def _apply(self, delta: Delta) -> None:
        if len(delta.removed):
            self._index.remove(delta.removed)
        if len(delta.ids):
            self._index.add(delta.ids, delta.vectors)
        if len(delta.ids) or len(delta.removed):
            removed = delta.removed.tolist()
            self._lexical.apply(zip(delta.ids.tolist(), delta.words, strict=True), removed)
            for key in removed:
                self._attributes.pop(key, None)
            self._attributes.update(zip(delta.ids.tolist(), delta.attributes, strict=True))

    def search(self, vector: Vectors, terms: Sequence[str], k: int, scope: Scope) -> Found:
        """vector (dim,), the question's words, at most k candidates from each side; both scores for every candidate."""
        with self._lock.reading():
            allowed = self._allowed(scope)
            dense, _ = self._index.search(vector, k, allowed)
            lexical, scores = self._lexical.search(terms, k, allowed)
            ids = np.union1d(dense, lexical)
            bm25 = dict(zip(lexical.tolist(), scores.tolist(), strict=True))
            rest, scores = self._lexical.search(terms, len(ids), np.setdiff1d(ids, lexical))
            bm25.update(zip(rest.tolist(), scores.tolist(), strict=True))
            return Found(
                version=self._version,
                ids=ids,
                cosine=self._index.cosines(vector, ids),
                bm25=np.array([bm25.get(key, 0.0) for key in ids.tolist()], np.float32),
                idf=self._lexical.idf(terms),
            )

    def _allowed(self, scope: Scope) -> NDArray[np.int64] | None:
        if scope.collection is None and not scope.filters and scope.groups is None:
            return None
        ids = [key for key, attributes in self._attributes.items() if permits(scope, attributes)]
        return np.array(ids, np.int64)


def permits(scope: Scope, attributes: Attributes) -> bool:
    """Whether a passage may be searched: its collection, one shared ACL group (or no ACL), and every filter.

    A filter names a key of the passage's fields or the document's metadata; its value, or one of a list, must be equal.
    """
    if scope.collection is not None and attributes.collection != scope.collection:
        return False
    if scope.groups is not None and attributes.acl and not set(attributes.acl).intersection(scope.groups):
        return False
    for key, wanted in scope.filters.items():
        has = attributes.fields.get(key, attributes.metadata.get(key))
        values = has if isinstance(has, list) else [has]
        if not any(value in (wanted if isinstance(wanted, list) else [wanted]) for value in values):
            return False
    return True
