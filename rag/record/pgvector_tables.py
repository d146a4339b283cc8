"""Making, filling and checking the tables of `rag.record.pgvector`. What is wrong is told before anything is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from rag.errors import ConfigError
from rag.record.engine import writing
from rag.record.pgvector import VectorTable, library, literal, note, say, side_values, table_of
from rag.record.prepared import borrowed, plain
from rag.runtime.logger import get_logger

log = get_logger()

_LOCKS = 20261130  # class of the advisory locks of this file; their second number is the generation
_OLDEST = (0, 8)  # iterative scans, without which a filter loses rows
_MOST_DIMENSIONS = 4_000  # of an HNSW graph over halfvec
_MOST_BUILD_MB = 2_048  # memory that the server may take for a graph while it is built
_PAGE = 100  # documents whose rows are filled in together, while writers wait

_EXTENSION = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
_CREATE = """CREATE TABLE {table} (
id bigint PRIMARY KEY, embedding vector({dim}) NOT NULL, created_seq bigint NOT NULL,
collection text NOT NULL, acl text[] NOT NULL, side smallint NOT NULL)"""
_COMMENT = "SELECT obj_description(to_regclass('{table}'), 'pg_class'), to_regclass('{table}') IS NOT NULL"
_LACKING = """SELECT DISTINCT p.document_id FROM passages p WHERE p.generation = %s AND p.retired_seq IS NULL
AND p.document_id > %s AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = p.id) ORDER BY p.document_id LIMIT %s"""
_ROWS = """SELECT p.document_id, p.id, p.words, p.created_seq, v.collection, v.acl, x.vector FROM passages p
JOIN versions v ON v.document_id = p.document_id AND v.version = p.version
JOIN vectors x ON x.generation = p.generation AND x.hash = p.hash
WHERE p.generation = %s AND p.retired_seq IS NULL AND p.document_id = ANY(%s) ORDER BY p.document_id, p.id"""
_FILL = """INSERT INTO {table} (id, embedding, created_seq, collection, acl, side)
VALUES (%s, %s::vector({dim}), %s, %s, %s::text[], %s) ON CONFLICT (id) DO NOTHING"""


def check(engine: Engine, dim: int) -> None:
    """Raises ConfigError: no PostgreSQL, no pgvector that can be used, more dimensions than it can index."""
    if engine.dialect.name != "postgresql":
        raise ConfigError(
            'index.engine = "pgvector" needs the ledger in PostgreSQL.',
            field="index.engine",
            fix='Set `database.url` to postgresql://USER:PASSWORD@HOST/NAME, or index.engine = "faiss".',
        )
    if dim > _MOST_DIMENSIONS:
        raise ConfigError(
            f"pgvector indexes at most {_MOST_DIMENSIONS} dimensions; the model has {dim}.",
            field="embedding.model",
            fix='Take a smaller model, or index.engine = "faiss".',
        )
    with _alone(engine, 0) as conn:
        version = conn.exec_driver_sql(_EXTENSION).scalar() or _install(conn)
    if tuple(int(part) for part in str(version).split(".")[:2]) < _OLDEST:
        raise ConfigError(
            f"the database has pgvector {version}; 0.8 or newer is needed.",
            field="index.engine",
            fix="Install a newer one on its server, then run `ALTER EXTENSION vector UPDATE` in the database.",
        )


def _install(conn: Connection) -> str:
    try:
        conn.exec_driver_sql("CREATE EXTENSION vector")
    except DBAPIError as exc:
        state = getattr(exc.orig, "sqlstate", "")
        if state == "42501":  # insufficient privilege
            fix = "Let an administrator run `CREATE EXTENSION vector` in this database once."
        elif state in ("0A000", "58P01"):  # not available on this server
            fix = "Install pgvector on the database server (package postgresql-NN-pgvector, or the image pgvector/pgvector)."
        else:
            raise
        raise ConfigError("the database has no extension `vector` (pgvector).", field="index.engine", fix=fix) from exc
    return str(conn.exec_driver_sql(_EXTENSION).scalar())


def adopt(engine: Engine, generation: int, dim: int) -> VectorTable:
    """The generation's table, with a row for every live passage; made and filled when it is not there or was left half-built.

    Processes that come meanwhile wait for the one that fills it; an interrupted filling goes on where it stopped. Raises
    ConfigError.
    """
    check(engine, dim)
    stands = _standing(engine, generation, dim)
    if stands is not None and stands.ready:
        return stands
    with _alone(engine, generation):
        stands = _standing(engine, generation, dim)  # another process may have been faster
        if stands is None:
            stands = _create(engine, generation, dim)
        return stands if stands.ready else _fill(engine, stands)


def _standing(engine: Engine, generation: int, dim: int) -> VectorTable | None:
    """The table as `meta` and the database know it; None: it is to be made. Raises ConfigError for one that is not ours."""
    name = VectorTable(generation, dim, False).name
    with engine.connect() as conn:
        noted, ours = table_of(conn, generation), library(conn)
        comment, exists = conn.exec_driver_sql(_COMMENT.format(table=name)).one()
    if not exists:
        if noted is not None:
            log.warning("the table of vectors is gone and is built anew from the ledger", table=name)
        return None
    fix = f"Rename or drop the table `{name}`; it is built anew from the ledger."
    described = _described(comment)
    if described.get("library") != ours:
        raise ConfigError(f"the table `{name}` belongs to another library.", field="index.engine", fix=fix)
    if described.get("dim") != dim:
        raise ConfigError(
            f"the table `{name}` holds vectors of {described.get('dim')} dimensions; the model has {dim}.",
            field="index.engine",
            fix=fix,
        )
    return noted or VectorTable(generation, dim, False)  # a restored ledger may not know of it: look through it once


def _described(comment: str | None) -> dict[str, Any]:
    try:
        values = orjson.loads(comment or "{}")
    except orjson.JSONDecodeError:
        return {}
    return values if isinstance(values, dict) else {}


def _create(engine: Engine, generation: int, dim: int) -> VectorTable:
    """From this commit on every writer writes into it."""
    table = VectorTable(generation, dim, False)
    with writing(engine) as conn:
        comment = orjson.dumps({"library": library(conn), "dim": dim}).decode()
        conn.exec_driver_sql(_CREATE.format(table=table.name, dim=dim))
        conn.exec_driver_sql(f"COMMENT ON TABLE {table.name} IS '{comment}'")
        note(conn, table)
    return table


def _fill(engine: Engine, table: VectorTable) -> VectorTable:
    """Adds what is lacking, removes what is not live, a page of documents at a time; then the table is ready."""
    after, full = "", VectorTable(table.generation, table.dim, True)
    with writing(engine) as conn:
        note(conn, table)
        conn.exec_driver_sql(
            f"DELETE FROM {table.name} t WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.id = t.id"
            f" AND p.generation = {table.generation} AND p.retired_seq IS NULL)"
        )
    while True:
        with writing(engine) as conn:
            values = (table.generation, after, _PAGE)
            documents = [key for (key,) in say(conn, _LACKING.format(table=table.name), values).fetchall()]
            if not documents:
                note(conn, full)
                return full
            _fill_page(conn, table, documents)
        after = documents[-1]


def _fill_page(conn: Connection, table: VectorTable, documents: list[str]) -> None:
    passage_rows = say(conn, _ROWS.format(table=table.name), (table.generation, documents)).fetchall()
    rows = []
    for _, group in groupby(passage_rows, key=lambda row: row[0]):
        mine = list(group)
        for (_, key, _, seq, collection, acl, vector), side in zip(mine, side_values([row[2] for row in mine]), strict=True):
            rows.append((key, literal(np.frombuffer(vector, "<f4")), seq, collection, orjson.loads(acl), side))
    if rows:
        conn.connection.cursor().executemany(_FILL.format(table=table.name, dim=table.dim), rows)


@contextmanager
def _alone(engine: Engine, number: int) -> Iterator[Connection]:
    """A connection that commits by itself and holds an advisory lock; others wait."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCKS}, {number})")
        try:
            yield conn
        finally:
            conn.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCKS}, {number})")


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a table and the live passages differ, in rows; `dead`: share of its rows that are deleted and not cleaned."""

    rows: int
    lacking: int
    foreign: int
    graph: bool
    dead: float


def drift(engine: Engine, table: VectorTable) -> Drift:
    """For `xiansou doctor`: reads both whole."""
    live = f"SELECT id FROM passages WHERE generation = {table.generation} AND retired_seq IS NULL"
    with borrowed(engine) as conn:
        rows = int(plain(conn, f"SELECT count(*) FROM {table.name}").fetchone()[0])
        gap = f"SELECT count(*) FROM ({live} EXCEPT SELECT id FROM {table.name}) x"
        lacking = int(plain(conn, gap).fetchone()[0])
        more = f"SELECT count(*) FROM (SELECT id FROM {table.name} EXCEPT {live}) x"
        foreign = int(plain(conn, more).fetchone()[0])
    return Drift(rows, lacking, foreign, has_graph(engine, table), dead_share(engine, table))


# -- the graph ---------------------------------------------------------------------------------------------------------

# Two graphs, for a model puts passages of the question's language first: the other language's best ones would be behind all.
GRAPHS = {"han": "side = 2", "rest": "side <> 2"}
_GRAPH = """CREATE INDEX CONCURRENTLY {table}_{name} ON {table}
USING hnsw ((embedding::halfvec({dim})) halfvec_ip_ops) WHERE {where}"""
_VALID = """SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass('{table}')"""
_DEAD = "SELECT n_dead_tup, n_live_tup FROM pg_stat_all_tables WHERE relid = to_regclass('{table}')"


def has_graph(engine: Engine, table: VectorTable) -> bool:
    """Whether both graphs are complete."""
    with borrowed(engine) as conn:
        valid = dict(plain(conn, _VALID.format(table=table.name)).fetchall())
    return all(valid.get(f"{table.name}_{name}") for name in GRAPHS)


def dead_share(engine: Engine, table: VectorTable) -> float:
    """Of the table's rows: deleted, and not yet cleaned out of the graph; as the server has counted."""
    with borrowed(engine) as conn:
        dead, live = plain(conn, _DEAD.format(table=table.name)).fetchone() or (0, 0)
    return float(dead) / max(1, dead + live)


def maintain(engine: Engine, table: VectorTable, *, graph_from: int, dead_above: float) -> bool:
    """Builds the graphs when there are `graph_from` rows, and cleans the table when so many are dead; whether it has graphs.

    One process at a time; another returns at once. Readers and writers go on. Raises DBAPIError.
    """
    if has_graph(engine, table) and dead_share(engine, table) <= dead_above:
        return True
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        lock = f"({_LOCKS + 1}, {table.generation})"
        if not conn.exec_driver_sql(f"SELECT pg_try_advisory_lock{lock}").scalar():
            return has_graph(engine, table)
        try:
            rows = int(conn.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one())
            if rows >= graph_from:
                _build(conn, table, rows)
            if dead_share(engine, table) > dead_above:  # a plain VACUUM leaves few dead rows in the graph
                conn.exec_driver_sql(f"VACUUM (INDEX_CLEANUP ON, ANALYZE) {table.name}")
        finally:
            conn.exec_driver_sql(f"SELECT pg_advisory_unlock{lock}")
    return has_graph(engine, table)


def _build(conn: Connection, table: VectorTable, rows: int) -> None:
    needed = min(rows * (2 * table.dim + 400) // 1_000_000 + 64, _MOST_BUILD_MB)  # else it is built on disk, many times slower
    conn.exec_driver_sql(f"SET maintenance_work_mem = '{needed}MB'")
    try:
        _build_graphs(conn, table)
    finally:
        conn.exec_driver_sql("RESET maintenance_work_mem")


def _build_graphs(conn: Connection, table: VectorTable) -> None:
    stands = {name: valid for name, valid in conn.exec_driver_sql(_VALID.format(table=table.name)).tuples()}
    for name, where in GRAPHS.items():
        full = f"{table.name}_{name}"
        if stands.get(full) is False:  # a build that was interrupted
            conn.exec_driver_sql(f"DROP INDEX CONCURRENTLY {full}")
        if not stands.get(full):
            conn.exec_driver_sql(_GRAPH.format(table=table.name, name=name, dim=table.dim, where=where))
