"""A process's mirror of the live passages: vectors, words and attributes, all at one index version.

A query first compares the ledger's head with the version that the mirror has applied and applies what is missing, so it
sees every write acknowledged before it began. Search and version are read under one lock: hits belong to one version.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rag.domain import Scope
from rag.index.access import AccessFilter
from rag.index.candidates import Candidates, Query, together, weights_of
from rag.index.engines.pgvector import PgVectors
from rag.index.facets import Facets
from rag.index.fields import Field, fields_of
from rag.index.languages import Languages
from rag.index.lexical import Lexical
from rag.index.roll import Roll
from rag.index.sides import Sides
from rag.index.snapshot import Snapshots, identity
from rag.index.snapshot_files import freeze, mapped_words, thaw, without_rows, words_of
from rag.index.vectors import LiveIndex
from rag.ports import Vectors
from rag.record import queries
from rag.record.changes import Delta, between
from rag.record.feed import head, live_generation, made_at
from rag.runtime.collecting import give_back, without_collecting
from rag.runtime.logger import get_logger
from rag.runtime.rwlock import RWLock

log = get_logger()

_Reply = TypeVar("_Reply")

_SAVE_AFTER = 5_000  # passages changed: fewer are applied from the ledger in less than a second


class Swapped(Exception):
    """Another generation has become the live one. Signals the owner of a mirror; never leaves `rag.index`."""

    def __init__(self, generation: int):
        super().__init__(generation)
        self.generation = generation


class Mirror:
    """Follows one generation of a ledger. Safe for any mix of threads."""

    def __init__(
        self,
        engine: Engine,
        generation: int,
        dim: int,
        make_index: Callable[[int], LiveIndex | PgVectors],
        snapshots: Snapshots | None = None,
    ):
        self.engine, self._generation, self._dim = engine, generation, dim
        self._make_index, self._snapshots = make_index, snapshots
        self._lock = RWLock()
        self._begin()
        self._saved = 0  # passages changed since the last snapshot
        self._saving: threading.Thread | None = None

    def _begin(self) -> None:
        """Empty, at version 0."""
        self._index = self._make_index(self._dim)
        self._lexical = Lexical()
        self._languages = Languages()
        self._enrol(Roll())
        self._version = 0
        self._at: float | None = None  # when the change with this number was made
        self._fields: tuple[Any, Mapping[str, Field]] | None = None

    def _enrol(self, attributes: Roll) -> None:
        self._attributes = attributes
        self._permitted = AccessFilter(attributes)
        self._named = Facets(attributes, lambda word: self._lexical.spread(word))
        self._named.fill(attributes.alike())

    @property
    def version(self) -> int:
        return self._version

    @property
    def index(self) -> LiveIndex | PgVectors:
        """Of the vectors."""
        return self._index

    def settle(self) -> None:
        """Waits until the index's background work that is under way has been done."""
        self._index.settle()

    def close(self) -> None:
        """Ends background work."""
        self._index.close()
        if self._saving is not None:
            self._saving.join()

    def __len__(self) -> int:
        return len(self._attributes)

    def sync(self, upto: int | None = None) -> int:
        """Applies what the ledger has acknowledged; returns the version.

        With `upto` it goes to that version of the past and stays there. Raises Swapped when it follows the present and its
        generation is no longer the live one.
        """
        if self._stands(upto):
            return self._version
        with self._lock.writing(), self.engine.connect() as conn:
            live = live_generation(conn)
            if upto is None and live is not None and live != self._generation:
                raise Swapped(live)
            if upto is None and self._at != made_at(conn, self._version):
                log.warning("the ledger has lost changes that were applied here; all is read anew", version=self._version)
                self._index.close()
                self._begin()
            if self._version == 0 and upto is None:
                self._start()
            target = upto if upto is not None else head(conn)
            if target > self._version:
                ours = not isinstance(self._index, PgVectors)  # else the record is the index
                self._apply(between(conn, self._generation, self._version, target, self._dim, with_vectors=ours))
                self._version, self._at = target, made_at(conn, target)
        self._save_when_due()
        return self._version

    def _stands(self, upto: int | None) -> bool:
        """Whether there is nothing to apply, and what was applied is still of the ledger's past."""
        if upto is not None:
            return upto <= self._version
        return queries.place(self.engine, self._version) == (self._version, self._at)

    def _start(self) -> None:
        """From the newest good snapshot, when there is one; the rest comes from the ledger."""
        if self._snapshots is None:
            return
        with without_collecting():  # a million new objects, none of which is garbage
            loaded = self._snapshots.load(identity(self.engine, self._generation), thaw)
            if loaded is None:
                return
            version, saved = loaded
            if isinstance(self._index, LiveIndex):
                if len(saved.state.rows) != len(saved.state.ids):  # written by a process whose vectors are in the record
                    return
                self._index.restore(saved.state)
            self._lexical = saved.lexical
            self._languages = Languages(saved.spoken)
            self._enrol(Roll(saved.columns))
            self._version, self._at = version, queries.place(self.engine, version)[1]

    def snapshot(self) -> bool:
        """Writes a snapshot of this moment; False when another process is at it, or an erasure came between.

        From then on words are read from its files, where nothing has changed meanwhile: they leave the memory.
        """
        if self._snapshots is None:
            return False
        with self._lock.reading():
            version, at, columns = self._version, self._at, self._attributes.columns()
            state = self._index.state() if isinstance(self._index, LiveIndex) else without_rows(columns.ids, self._dim)
            spoken = self._languages.columns()
        whose = identity(self.engine, self._generation)
        self._saved = 0
        place = self._snapshots.save(whose, version, freeze(self.engine, state, columns, spoken), at)
        if place is not None:
            self._lighten(place, version)
        return place is not None

    def _lighten(self, place: Path, version: int) -> None:
        try:
            words = mapped_words(place)
        except (OSError, ValueError, KeyError):  # removed already: an erasure, a newer one
            return
        with self._lock.writing():
            if self._version == version and len(words) == len(self._lexical):
                self._lexical = words
        give_back()

    def _save_when_due(self) -> None:
        due = self._snapshots is not None and self._saved >= max(_SAVE_AFTER, len(self) // 10)
        if due and (self._saving is None or not self._saving.is_alive()):
            self._saving = threading.Thread(target=self._save, name="snapshot")
            self._saving.start()

    def _save(self) -> None:
        try:
            self.snapshot()
        except (OSError, DBAPIError) as exc:  # the ledger is the record: a mirror without snapshots starts slower, no more
            log.warning("no snapshot was written", reason=str(exc))

    def _apply(self, delta: Delta) -> None:
        self._saved += len(delta.ids) + len(delta.removed)
        if isinstance(self._index, PgVectors):
            self._index.follow(delta.removed, len(delta.ids) + len(delta.removed))
        else:
            self._index.remove(delta.removed)
            self._index.add(delta.ids, delta.vectors)
        if len(delta.ids) or len(delta.removed):
            removed = delta.removed.tolist()
            self._lexical.apply(zip(delta.ids.tolist(), delta.words, strict=True), removed)
            shared = (id(its.metadata) for its in delta.attributes)  # by the passages of one document
            self._languages.apply(zip(delta.ids.tolist(), delta.words, shared, strict=True), removed)
            for key in removed:
                if (former := self._attributes.pop(key)) is not None:
                    self._named.remove(former)
            added = list(zip(delta.ids.tolist(), delta.attributes, strict=True))
            self._attributes.add(added)
            self._named.add(added)
            self._permitted.apply(delta.ids.tolist(), delta.removed)
            if self._lexical.stale:  # so that we rank as a process that is started now
                self._lexical.rebuild(words_of(self.engine, self._attributes.ids()))

    def consult(self, ask: Callable[[Facets], _Reply]) -> _Reply:
        """What the library's products, versions and dates tell, while nothing changes."""
        with self._lock.reading():
            return ask(self._named)

    def fields(self, scope: Scope) -> Mapping[str, Field]:
        """What filters know of the passages that the scope's caller may see; kept until something changes."""
        mine = replace(scope, collection=None, filters={})
        with self._lock.reading():
            key = (self._version, mine.groups, mine.collections)
            if self._fields is None or self._fields[0] != key:
                ids = self._permitted.ids(mine)
                every = self._attributes.values() if ids is None else self._attributes.many(ids)
                self._fields = key, fields_of(every)
            return self._fields[1]

    def look(self, scope: Scope, ask: Callable[[Lexical, NDArray[np.int64] | None], _Reply]) -> _Reply:
        """What the words of the passages tell that the scope permits (None: all of them), while nothing changes."""
        with self._lock.reading():
            return ask(self._lexical, self._permitted.ids(scope))

    def search(
        self,
        vector: Vectors,
        terms: Sequence[str],
        k: int,
        scope: Scope,
        *,
        also: Mapping[str, tuple[str, ...]] | None = None,
        chinese: bool | None = None,
        matching: Sequence[NDArray[np.int64]] = (),
        apart: AbstractSet[str] = frozenset(),
    ) -> Candidates:
        """vector (dim,), the question's words, at most k candidates from each side; both scores for every candidate.

        `also`: other words that may stand for one of the question's. `chinese`: the question's language; when it is given
        and the library holds both, the best passages of the other language are among the candidates. `matching`: ids that fit
        what the question states, for each such statement, the most telling first; the best of those are candidates too.
        """
        query = Query(vector, terms, also or {}, chinese, matching, apart, scope)
        with self._lock.reading():
            allowed = self._permitted.ids(scope)
            sides = Sides(self._index, self._lexical, self._languages, self._version)
            dense = sides.near(query, k, allowed)
            abroad, bias = sides.abroad(query, allowed)
            also = sides.spelled(query, allowed)
            weights = weights_of(query, also)
            lexical, scores = self._lexical.search(weights, k, allowed)
            ids = together(dense, lexical, abroad, *([sides.matching(query, weights, allowed)] if matching else []))
            bm25 = dict(zip(lexical.tolist(), scores.tolist(), strict=True))
            bm25 |= sides.scored(weights, np.array([key for key in ids.tolist() if key not in bm25], np.int64))
            topic = {term: weight for term, weight in weights.items() if term not in query.apart} if query.apart else {}
            about = sides.scored(topic, ids)
            return Candidates(
                version=self._version,
                ids=ids,
                cosine=self._index.cosines(query.vector, ids),
                bm25=np.array([bm25.get(key, 0.0) for key in ids.tolist()], np.float32),
                idf=self._lexical.idf(query.terms),
                foreign=sides.foreign(query, ids),
                attributes=self._attributes.many(ids),
                bias=bias,
                also=also,
                topic=np.array([about.get(key, 0.0) for key in ids.tolist()], np.float32) if topic else None,
            )
