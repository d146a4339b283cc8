"""Search in PostgreSQL with pgvector: vectors stay in the record's own tables, no process holds them.

A search reads one snapshot of the database: the head, and the rows that are live there. Asked for an older version (a writer
was faster than the question, or the past is asked for), it leaves out what came later and reads what was retired since from
the record, exactly. Vectors are stored whole; the graph (HNSW) is over their halves, and what it proposes is ranked exactly.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rag.index.engines.pgvector_statements import MOST_EFFORT, OF_RECORD, OF_TABLE, PUT, RETIRED, Nearest, Way, Where, listed
from rag.index.products import dots
from rag.ports import Vectors
from rag.record.pgvector import VectorTable, literal
from rag.record.pgvector_tables import adopt, has_graph, maintain
from rag.record.prepared import Driver, borrowed, plain
from rag.runtime.logger import get_logger

log = get_logger()

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

GRAPH_FROM = 10_000  # rows from which on a graph is built: fewer are read in 15 ms
_GATHER = 10_000  # allowed rows up to which they are read one by one
_DEAD = 0.05  # share of dead rows above which the table is cleaned
_LOOK_S = 30.0  # how long it is believed that there is no graph
_KEPT = 2_048  # vectors of passages that were compared lately: 3 MB
_NOTICED = 1_000  # changed passages after which the table is looked after


class PgVectors:
    """Implements `rag.ports.VectorIndex` over one generation's table. Safe for any mix of threads and processes."""

    def __init__(
        self,
        engine: Engine,
        generation: int,
        dim: int,
        *,
        background: bool = True,
        graph_from: int = GRAPH_FROM,
        gather: int = _GATHER,
    ):
        """Makes and fills the table where it is not there. Raises ConfigError."""
        self._engine, self._dim = engine, dim
        self._table = adopt(engine, generation, dim)
        self._background, self._graph_from, self._gather = background, graph_from, gather
        self._kept: OrderedDict[int, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self._graph = (False, -_LOOK_S)  # whether there is one, and when that was looked up
        self._changed = _NOTICED  # so that the first change looks after a table that another engine left
        self._worker: threading.Thread | None = None
        self._closed = False

    @property
    def table(self) -> VectorTable:
        return self._table

    def __len__(self) -> int:
        with borrowed(self._engine) as conn:
            return int(plain(conn, f"SELECT count(*) FROM {self._table.name}").fetchone()[0])

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """ids (n,), vectors (n, dim), in a transaction of their own: the ledger writes its documents' rows by itself."""
        vectors = np.asarray(vectors, np.float32)
        if vectors.shape != (len(ids), self._dim):
            raise ValueError(f"{vectors.shape} vectors for {len(ids)} ids in {self._dim} dimensions")
        last = {key: at for at, key in enumerate(ids.tolist())}
        keys = list(last)
        for at in range(0, len(keys), 500):
            part = keys[at : at + 500]
            rows = ",".join(f"({key},'{literal(vectors[last[key]])}',0,'','{{}}',0)" for key in part)
            self._write(PUT.format(table=self._table.name, rows=rows))
        self.follow(ids, len(ids))

    def remove(self, ids: Ids) -> None:
        """Ids that are not there are ignored."""
        if len(ids):
            self._write(f"DELETE FROM {self._table.name} WHERE id IN ({listed(ids)})")
        self.follow(ids, len(ids))

    def follow(self, gone: Ids, changed: int) -> None:
        """Passages that were changed in the record: what is remembered of `gone` is forgotten, and the table looked after."""
        with self._lock:
            for key in gone.tolist():
                self._kept.pop(key, None)
            self._changed += changed
            due = self._changed >= _NOTICED and not self._closed and (self._worker is None or not self._worker.is_alive())
            if not due:
                return
            self._changed = 0
            if self._background:
                self._worker = threading.Thread(target=self.maintain, name="pgvector-maintenance")
                self._worker.start()

    def maintain(self) -> None:
        """Builds the graphs and cleans the table where that is due; without them searches are slower, not wrong."""
        try:
            graph = maintain(self._engine, self._table, graph_from=self._graph_from, dead_above=_DEAD)
            self._graph = graph, time.monotonic()
        except DBAPIError as exc:
            log.warning("the table of vectors was not looked after", table=self._table.name, reason=type(exc.orig).__name__)

    def settle(self) -> None:
        """Waits until the background work that is under way has been done."""
        while (worker := self._worker) is not None and worker.is_alive():
            worker.join()

    def close(self) -> None:
        """Ends background work. The index still answers."""
        self._closed = True
        self.settle()

    def _write(self, text: str) -> None:
        with borrowed(self._engine) as conn:
            plain(conn, text)
            conn.connection.commit()

    # -- searching -----------------------------------------------------------------------------------------------------

    def search(self, query: Vectors, k: int, allowed: Ids | None = None, where: Where | None = None) -> tuple[Ids, Scores]:
        """query (dim,) → (ids, cosines), best first, equal ones by id, at most k.

        `allowed`: among these ids only. `where`: at an older version than the newest, and what the database may leave out
        because `allowed` holds none of it. Fewer than k: there are no more.
        """
        query = np.ascontiguousarray(query, np.float32)
        if k < 1 or (allowed is not None and not len(allowed)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        late = np.empty(0, np.int64), np.empty(0, np.float32)
        for way in self._ways(query, k, allowed, where):
            head, ids, scores = self._read(way)
            if where is not None and head > where.version and not len(late[0]):
                late = self._retired(query, where.version)  # read later than the rows: nothing falls between
            best = _ranked(np.concatenate([ids, late[0]]), np.concatenate([scores, late[1]]), allowed, k)
            if len(best[0]) >= k or (way.exact and len(ids) < way.rows):
                break
        return best

    def _ways(self, query: Vectors, k: int, allowed: Ids | None, where: Where | None) -> Iterator[Way]:
        """Statements to try until there are k rows or truly no more."""
        nearest = Nearest(self._table.name, self._dim, literal(query))
        if allowed is not None and len(allowed) <= self._gather:
            yield nearest.among(allowed)
            return
        if 2 * k <= MOST_EFFORT and self._has_graph():
            yield nearest.by_graph(k, where)
        rows = k if allowed is None else 4 * k
        while True:
            yield nearest.exactly(rows, where)
            rows *= 8

    def _read(self, way: Way) -> tuple[int, Ids, Scores]:
        """The head, ids and cosines of one snapshot, in one round trip."""
        with _alone(self._engine) as conn:
            cursor = plain(conn, way.in_snapshot())
            results = [cursor.fetchall() if cursor.description else []]
            while cursor.nextset():
                results.append(cursor.fetchall() if cursor.description else [])
        (head,), rows = results[-3][0], results[-2]
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        return int(head), ids, np.fromiter((row[1] for row in rows), np.float32, len(rows))

    def _retired(self, query: Vectors, version: int) -> tuple[Ids, Scores]:
        """Passages that were live at a version and are not now, with their cosines; a thousand in memory at a time."""
        ids, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        text = RETIRED.format(generation=self._table.generation, at=int(version))
        with borrowed(self._engine) as conn, conn.connection.cursor("retired", binary=True) as cursor:
            cursor.execute(text)
            while rows := cursor.fetchmany(1_000):
                ids.append(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
                matrix = np.stack([np.frombuffer(row[1], "<f4") for row in rows])
                scores.append(dots(query, matrix, np.arange(len(rows))))
        return np.concatenate(ids), np.concatenate(scores)

    def _has_graph(self) -> bool:
        """Looked up now and then: a search that does not know of a graph is slower, one that looks for a lost one is right."""
        there, at = self._graph
        if not there and time.monotonic() - at > _LOOK_S:
            there = has_graph(self._engine, self._table)
            self._graph = there, time.monotonic()
        return there

    # -- vectors -------------------------------------------------------------------------------------------------------

    def cosines(self, query: Vectors, ids: Ids) -> Scores:
        """query (dim,), ids (n,) that are all there, or were at some version → their cosines (n,)."""
        return dots(np.ascontiguousarray(query, np.float32), self.vectors(ids), np.arange(len(ids)))

    def vectors(self, ids: Ids) -> Vectors:
        """ids (n,) → their vectors (n, dim); zeros for passages that were erased meanwhile."""
        with self._lock:
            known = {key: self._kept[key] for key in ids.tolist() if key in self._kept}
        for text, from_table in ((OF_TABLE, True), (OF_RECORD, False)):
            lacking = [key for key in ids.tolist() if key not in known]
            if lacking:
                known |= self._fetched(text.format(table=self._table.name, ids=listed(lacking)), from_table)
        with self._lock:
            for key in ids.tolist():
                if key in known:
                    self._kept[key] = known[key]
                    self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        nothing = np.zeros(self._dim, np.float32)
        rows = [known.get(key, nothing) for key in ids.tolist()]
        return np.stack(rows) if rows else np.empty((0, self._dim), np.float32)

    def _fetched(self, text: str, from_table: bool) -> dict[int, Vectors]:
        """By id. pgvector sends its length, two bytes of nothing, and big-endian float32."""
        kind, offset = (">f4", 4) if from_table else ("<f4", 0)
        with borrowed(self._engine) as conn, conn.connection.cursor(binary=True) as cursor:
            cursor.execute(text, prepare=False)
            return {key: np.frombuffer(raw, kind, offset=offset).astype(np.float32) for key, raw in cursor.fetchall()}


@contextmanager
def _alone(engine: Engine) -> Iterator[Driver]:
    """A connection whose transactions we begin and end ourselves, in the text that is sent."""
    with borrowed(engine) as conn:
        conn.connection.autocommit = True
        try:
            yield conn
        finally:
            if conn.connection.info.transaction_status.name != "IDLE":
                conn.connection.rollback()
            if not conn.connection.closed:
                conn.connection.autocommit = False


def _ranked(ids: Ids, scores: Scores, allowed: Ids | None, k: int) -> tuple[Ids, Scores]:
    """Each id once, of the allowed ones, best first, equal ones by id."""
    ids, at = np.unique(ids, return_index=True)
    scores = scores[at]
    if allowed is not None:
        kept = np.isin(ids, allowed)
        ids, scores = ids[kept], scores[kept]
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]
