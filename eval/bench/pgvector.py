"""PostgreSQL with pgvector as the index, beside LlamaIndex's own PGVectorStore on the same server; and what a write costs.

Both have the same vectors, texts and groups, graphs with the same m and ef_construction, and give passages with their text.
Ours is asked with an ACL and at the head of the ledger; theirs without a filter, and with one for the same rows.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine, make_url, text

from eval.bench.data import DIM, clustered, nearest
from eval.bench.index import DOCUMENT, K, Say, recall
from eval.bench.pgvector_store import Ask, PgVectorStore
from eval.bench.record import Texts
from rag.domain import Scope
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.index.engines.pgvector_statements import Where
from rag.ports import Vectors
from rag.record.pgvector import literal
from rag.record.pgvector_tables import maintain
from rag.record.server import driven
from rag.settings import Settings, load
from rag.wiring import Application, open_application

_QUERIES = 200
_BULK = 200  # passages of the documents that fill the library: half of them for everyone, half for staff
_WRITES = 30  # documents written in turn by us and by bare INSERTs
_EFFORTS = (40, 60, 80, 100, 150, 200, 300, 400)  # ef_search of theirs: the least that finds as much as ours
_TABLES = ("changes", "documents", "versions", "contents", "vectors", "passages")  # in the order of their references
_NEW = {"changes": ("seq",), "passages": ("id",)}  # columns that the database counts


def measure(url: str, n: int, rounds: int, say: Say) -> dict[str, object]:
    """Fills a new database of the server at `url`, which is dropped afterwards, and measures side by side."""
    data = clustered(n, 0, _QUERIES)
    with _database(url) as mine, tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder:
        settings = _settings(mine, Path(folder), "pgvector")
        application = _open(settings)
        try:
            report: dict[str, object] = {"passages": n}
            began = time.perf_counter()
            ids = _fill(application, data.rows, say)
            report["fill_s"] = round(time.perf_counter() - began, 1)
            say(f"{n:,}: building the graph")
            index = application.open_view(application.generation).mirror.index
            assert isinstance(index, PgVectors)
            began = time.perf_counter()
            maintain(application.ledger.engine, index.table, graph_from=1, dead_above=1.0)
            report["graph_s"] = round(time.perf_counter() - began, 1)
            report["search"] = _search(application, index, mine, data.rows, data.queries, ids, rounds, say)
            say(f"{n:,}: writes")
            report["write"] = _writes(application, index)
            say(f"{n:,}: memory")
            report["memory_mb"] = {engine: _memory(mine, engine) for engine in ("pgvector", "faiss")}
            return report
        finally:
            application.close()


@contextmanager
def _database(url: str) -> Iterator[str]:
    name = f"xiansou_bench_{os.getpid()}"
    admin = create_engine(driven(url), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _settings(url: str, folder: Path, engine: str) -> Settings:
    return load(env={}, overrides={"data_dir": str(folder), "database.url": url, "index.engine": engine})


def _open(settings: Settings) -> Application:
    return open_application(settings, embedder=HashEmbedder(DIM))


def _fill(application: Application, rows: Vectors, say: Say) -> NDArray[np.int64]:
    """Passage ids in the order of the rows."""
    texts = Texts()
    for turn, at in enumerate(range(0, len(rows), _BULK)):
        if turn % 50 == 0:
            say(f"{len(rows):,}: filling the library, {at:,}")
        acl = ("staff",) if turn % 2 else ()
        application.ledger.put(texts.document(f"bulk{at}", rows[at : at + _BULK], acl=acl), application.generation)
    with application.ledger.engine.connect() as conn:
        return np.array(conn.execute(text("SELECT id FROM passages ORDER BY id")).scalars().all(), np.int64)


# -- search ------------------------------------------------------------------------------------------------------------


def _search(
    application: Application,
    index: PgVectors,
    url: str,
    rows: Vectors,
    queries: Vectors,
    ids: NDArray[np.int64],
    rounds: int,
    say: Say,
) -> dict[str, Any]:
    public = np.arange(len(rows)) // _BULK % 2 == 0
    truth = {False: ids[nearest(rows, queries, K)], True: ids[public][nearest(rows[public], queries, K)]}

    def ours(scope: Scope) -> Ask:
        def ask(query: Vectors) -> list[int]:
            head = application.ledger.head()
            ids, _ = index.search(query, K, None, Where(head, scope))
            passages = application.ledger.passages_at(ids.tolist(), head)
            return [key for key in ids.tolist() if key in passages]

        return ask

    asks: dict[str, tuple[Ask, bool]] = {
        "xiansou, no filter": (ours(Scope()), False),
        "xiansou, ACL": (ours(Scope(groups=("sales",))), True),
    }
    recalls = {name: recall([ask(query) for query in queries], truth[part]) for name, (ask, part) in asks.items()}
    try:
        theirs = PgVectorStore(url, rows, ids, public, say)
    except ModuleNotFoundError:
        say("LlamaIndex's PGVectorStore is not installed (extra `bench`)")
    else:
        for filtered in (False, True):
            name = "PGVectorStore, a filter" if filtered else "PGVectorStore, no filter"
            asks[name], recalls[name] = _tuned(theirs, filtered, queries, truth[filtered], recalls["xiansou, no filter"])
    times: dict[str, list[list[float]]] = {name: [] for name in asks}
    for turn in range(rounds):
        say(f"{len(rows):,}: round {turn + 1} of {rounds}")
        for name, (ask, _) in asks.items():
            times[name].append(_timed(ask, queries))
    p50 = {name: float(np.median(np.concatenate(turns))) for name, turns in times.items()}
    base = times.get("PGVectorStore, no filter")
    return {
        name: {
            "recall": round(recalls[name], 4),
            "p50_ms": round(p50[name], 3),
            "p99_ms": round(float(np.percentile(np.concatenate(times[name]), 99)), 3),
            "to_pgvectorstore": round(
                float(np.median([np.median(a) / np.median(b) for a, b in zip(turns, base, strict=True)])), 3
            )
            if base
            else None,
        }
        for name, turns in times.items()
    }


def _timed(ask: Ask, queries: Vectors) -> list[float]:
    times = []
    for query in queries:
        began = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _tuned(
    theirs: PgVectorStore, filtered: bool, queries: Vectors, truth: NDArray[np.int64], wanted: float
) -> tuple[tuple[Ask, bool], float]:
    """With the least effort that finds as much as ours, or the most of ours."""
    reached = 0.0
    for effort in _EFFORTS:
        theirs.effort = effort
        ask = theirs.asking(filtered, effort)
        reached = recall([ask(query) for query in queries], truth)
        if reached >= wanted - 0.002:
            break
    return (ask, filtered), reached


# -- writes ------------------------------------------------------------------------------------------------------------


def _writes(application: Application, index: PgVectors) -> dict[str, float]:
    """A document of ten passages with its graph kept up, by us and as bare INSERTs of the same rows in one transaction."""
    engine, texts = application.ledger.engine, Texts()
    parts = np.split(clustered(0, 3 * (_WRITES + 1) * DOCUMENT, 0, seed=11).spare, 3 * (_WRITES + 1))
    ours: list[float] = []
    bare: list[float] = []
    for turn in range(_WRITES + 1):
        began = time.perf_counter()
        application.ledger.put(texts.document(f"w{turn}", parts[3 * turn]), application.generation)
        ours.append((time.perf_counter() - began) * 1000)
        key = f"b{turn}"
        application.ledger.put(texts.document(key, parts[3 * turn + 1]), application.generation)
        raw = engine.raw_connection()
        try:
            bare.append(_again(raw.driver_connection, key, index.table.name, parts[3 * turn + 2]))
        finally:
            raw.close()
    ratio = float(np.median(np.array(ours[1:]) / np.array(bare[1:])))
    return {
        "ours_ms": round(float(np.median(ours[1:])), 2),
        "bare_ms": round(float(np.median(bare[1:])), 2),
        "ratio": round(ratio, 3),
    }


def _again(conn: Any, key: str, table: str, vectors: Vectors) -> float:
    """Takes a document's rows out and puts them in again with bare INSERTs; ms of the latter.

    With other vectors: those that were there have their places in the graph already.
    """
    fresh = iter([literal(row) for row in vectors])
    kept: list[tuple[str, list[Any]]] = []
    mine = "SELECT id FROM passages WHERE document_id = %s"
    hashes = "hash IN (SELECT hash FROM passages WHERE document_id = %s)"
    for name in (*_TABLES, table):
        where = {"vectors": hashes, "documents": "id = %s", table: f"id IN ({mine})"}.get(name, "document_id = %s")
        cursor = conn.execute(f"SELECT * FROM {name} WHERE {where}", (key,))
        names = [f'"{column.name}"' for column in cursor.description]
        places = ",".join("%s::vector" if column == '"embedding"' else "%s" for column in names)
        rows = cursor.fetchall()
        if name == table:
            at = names.index('"embedding"')
            rows = [(*row[:at], next(fresh), *row[at + 1 :]) for row in rows]
        kept.append((f"INSERT INTO {name} ({','.join(names)}) VALUES ({places})", rows))
    for statement, rows in reversed(kept):
        name = statement.split()[2]
        column = {"vectors": "hash", "documents": "id", table: "id"}.get(name, "document_id")
        at = next(i for i, name in enumerate(statement.split("(")[1].split(")")[0].split(",")) if name == f'"{column}"')
        conn.execute(f"DELETE FROM {name} WHERE {column} = ANY(%s)", ([row[at] for row in rows],))
    conn.commit()
    began = time.perf_counter()
    with conn.cursor() as cursor:
        for statement, rows in kept:
            cursor.executemany(statement, rows)
    conn.commit()
    return (time.perf_counter() - began) * 1000


# -- memory ------------------------------------------------------------------------------------------------------------


def _memory(url: str, engine: str) -> float:
    """MB that a process grows by when it opens the library and is ready for questions: mirrors and all, no model."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_grow, args=(theirs, url, engine))
    child.start()
    grown = float(ours.recv())
    child.join()
    return round(grown, 1)


def _grow(pipe: Any, url: str, engine: str) -> None:
    import gc

    import psutil

    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder:
        settings = _settings(url, Path(folder), engine)
        import faiss  # noqa: F401

        before = psutil.Process().memory_info().rss
        application = open_application(settings, embedder=HashEmbedder(DIM), serving=False)
        mirror = application.views.live().mirror
        mirror.search(HashEmbedder(DIM).embed_queries(["x"])[0], ["x"], 50, Scope())
        gc.collect()
        pipe.send((psutil.Process().memory_info().rss - before) / 1e6)
        application.close()
