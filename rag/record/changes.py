"""The change feed: what a mirror at one index version lacks to be at another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.engine import Connection

from rag.ports import Vectors
from rag.record.schema import erased, passages, vectors, versions


@dataclass(frozen=True, slots=True)
class Attributes:
    """What filters and weights look at. One object a passage; those of one document share their mappings."""

    collection: str
    acl: tuple[str, ...]
    metadata: Mapping[str, Any]
    fields: Mapping[str, str]
    kind: str = "text"
    document_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """ids (n,) int64, vectors (n, dim) float32, words and attributes of n added passages; ids of removed ones.

    `vectors` is (0, dim) where they were not asked for.
    """

    ids: NDArray[np.int64]
    vectors: Vectors
    words: list[str]  # of each passage, with a space between
    attributes: list[Attributes]
    removed: NDArray[np.int64]


def between(conn: Connection, generation: int, after: int, upto: int, dim: int, *, with_vectors: bool = True) -> Delta:
    """Passages live at `upto` and not at `after`, and those live at `after` and not at `upto`."""
    gone = select(passages.c.id).where(
        passages.c.generation == generation,
        passages.c.retired_seq > after,
        passages.c.retired_seq <= upto,
        passages.c.created_seq <= after,
    )
    wiped = select(erased.c.passage_id).where(
        erased.c.generation == generation, erased.c.seq > after, erased.c.seq <= upto, erased.c.created_seq <= after
    )
    rows = conn.execute(_added(generation, after, upto, with_vectors)).all()
    shared: dict[tuple[str, int], tuple[str, tuple[str, ...], dict[str, Any], str, str]] = {}
    for row in rows:
        key = (row.document_id, row.version)
        if key not in shared:
            acl, metadata = tuple(orjson.loads(row.acl)), orjson.loads(row.metadata)
            shared[key] = (row.collection, acl, metadata, row.document_id, row.source or "")
    flat = np.frombuffer(b"".join(row.vector for row in rows) if with_vectors else b"", "<f4")
    return Delta(
        ids=np.fromiter((row.id for row in rows), np.int64, len(rows)),
        vectors=flat.reshape(-1, dim),
        words=[row.words for row in rows],
        attributes=[_attributes(row, *shared[row.document_id, row.version]) for row in rows],
        removed=np.array([*conn.scalars(gone), *conn.scalars(wiped)], np.int64),
    )


def _attributes(
    row: Any, collection: str, acl: tuple[str, ...], metadata: dict[str, Any], document_id: str, source: str
) -> Attributes:
    return Attributes(collection, acl, metadata, orjson.loads(row.fields), intern(row.kind), document_id, source)


def _added(generation: int, after: int, upto: int, with_vectors: bool) -> Any:
    query = (
        select(
            passages.c.id,
            passages.c.document_id,
            passages.c.version,
            passages.c.words,
            passages.c.fields,
            passages.c.kind,
            versions.c.collection,
            versions.c.source,
            versions.c.acl,
            versions.c.metadata,
        )
        .join(versions, (versions.c.document_id == passages.c.document_id) & (versions.c.version == passages.c.version))
        .where(
            passages.c.generation == generation,
            passages.c.created_seq > after,
            passages.c.created_seq <= upto,
            (passages.c.retired_seq.is_(None)) | (passages.c.retired_seq > upto),
        )
        .order_by(passages.c.id)
    )
    if not with_vectors:
        return query
    stored = (vectors.c.generation == passages.c.generation) & (vectors.c.hash == passages.c.hash)
    return query.join(vectors, stored).add_columns(vectors.c.vector)
