"""What a search asks PostgreSQL.

Every search is text without parameters: from the eleventh run on a prepared one may take a generic plan and lose rows. Exact
searches order by an expression that no graph has, so the planner cannot take one by mistake; a graph is scanned iteratively,
and where it gives fewer rows than asked for, the rows are read exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.domain import Scope
from rag.record.pgvector import CHINESE, OTHER
from rag.record.pgvector_tables import GRAPHS

Ids = NDArray[np.int64]

MOST_EFFORT = 1_000  # of pgvector
_EFFORT = 200  # candidates that the graph keeps while it searches (ef_search): recall .98 at a million passages
_SCANNED = 100_000  # rows that an iterative scan looks at before the rows are read exactly

EVERYTHING = Scope()

RETIRED = """SELECT p.id, x.vector FROM passages p JOIN vectors x ON x.generation = p.generation AND x.hash = p.hash
WHERE p.generation = {generation} AND p.retired_seq > {at} AND p.created_seq <= {at}"""
OF_TABLE = "SELECT id, embedding FROM {table} WHERE id IN ({ids})"
OF_RECORD = """SELECT p.id, x.vector FROM passages p JOIN vectors x ON x.generation = p.generation AND x.hash = p.hash
WHERE p.id IN ({ids})"""
PUT = """INSERT INTO {table} (id, embedding, created_seq, collection, acl, side) VALUES {rows}
ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding"""

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_HEAD = "SELECT COALESCE(MAX(seq), 0) FROM changes"
_EXACT = """SELECT id, -(embedding <#> '{q}'::vector({dim})) AS score FROM {table}{where}
ORDER BY embedding <#> '{q}'::vector({dim}), id LIMIT {n}"""
_PART = """(SELECT id, embedding FROM {table}{where}
ORDER BY (embedding::halfvec({dim})) <#> '{q}'::halfvec({dim}) LIMIT {n})"""
_NEAR = """WITH near AS MATERIALIZED ({parts})
SELECT id, -(embedding <#> '{q}'::vector({dim})) AS score FROM near ORDER BY 2 DESC, 1 LIMIT {n}"""


@dataclass(frozen=True, slots=True)
class Where:
    """What the database itself can leave out: rows outside the scope's collections and groups, those of the other language
    (`chinese`), and changes after index version `version`."""

    version: int
    scope: Scope = EVERYTHING
    chinese: bool | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A statement that gives at most `rows` rows; `exact`: fewer of them means that there are no more."""

    text: str
    rows: int
    exact: bool

    def in_snapshot(self) -> str:
        """With the head of that moment before it, in one transaction."""
        steps = [_BEGIN]
        if not self.exact:
            steps += [
                "SET LOCAL hnsw.iterative_scan = strict_order",
                f"SET LOCAL hnsw.ef_search = {min(max(_EFFORT, self.rows), MOST_EFFORT)}",
                f"SET LOCAL hnsw.max_scan_tuples = {_SCANNED}",
                "SET LOCAL enable_seqscan = off",
                "SET LOCAL enable_bitmapscan = off",
            ]
        return "; ".join([*steps, _HEAD, self.text, "COMMIT"])


@dataclass(frozen=True, slots=True)
class Nearest:
    """The rows of a table that are nearest to a query (a literal of pgvector)."""

    table: str
    dim: int
    query: str

    def among(self, ids: Ids) -> Way:
        return self._exact(f" WHERE id IN ({listed(ids)})", len(ids) + 1)

    def exactly(self, rows: int, where: Where | None) -> Way:
        return self._exact(_all_of(_conditions(where)), rows)

    def by_graph(self, k: int, where: Where | None) -> Way:
        """More than k, of which the k nearest by whole vectors are taken."""
        rows = max(2 * k, k + 30)
        parts = [
            _PART.format(table=self.table, dim=self.dim, q=self.query, where=_all_of([of_graph, *_conditions(where)]), n=rows)
            for name, of_graph in GRAPHS.items()
            if where is None or where.chinese is None or where.chinese == (name == "han")
        ]
        return Way(_NEAR.format(parts=" UNION ALL ".join(parts), n=rows, dim=self.dim, q=self.query), rows, exact=False)

    def _exact(self, where: str, rows: int) -> Way:
        return Way(_EXACT.format(table=self.table, dim=self.dim, q=self.query, where=where, n=rows), rows, exact=True)


def listed(ids: Ids | Sequence[int]) -> str:
    """For `IN (…)`."""
    return ",".join(str(int(key)) for key in (ids.tolist() if isinstance(ids, np.ndarray) else ids))


def _conditions(where: Where | None) -> list[str]:
    """Of the columns; see `Scope.permits`."""
    if where is None:
        return []
    conditions, scope = [f"created_seq <= {int(where.version)}"], where.scope
    if where.chinese is not None:
        conditions.append(f"side = {CHINESE if where.chinese else OTHER}")
    if scope.collection is not None:
        conditions.append(f"collection = {_quoted(scope.collection)}")
    if scope.collections is not None:
        conditions.append(f"collection = ANY({_array(scope.collections)})")
    if scope.groups is not None:
        conditions.append(f"(acl = '{{}}' OR acl && {_array(scope.groups)})")
    return conditions


def _all_of(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _array(texts: Sequence[str]) -> str:
    return f"ARRAY[{','.join(map(_quoted, texts))}]::text[]"


def _quoted(text: str) -> str:
    """A literal; a text with NUL is none that a row could have."""
    from psycopg import sql  # a driver that a command over SQLite does without

    return "NULL" if "\0" in text else sql.Literal(text).as_string(None)
