"""What stands in a snapshot of a mirror, and back: index, words and attributes of the passages live at one version."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from rag.index.snapshot import array
from rag.index.vectors import IndexState
from rag.record.changes import Attributes
from rag.record.schema import passages

Files = dict[str, "bytes | NDArray[np.generic]"]


def freeze(engine: Engine, state: IndexState, attributes: Mapping[int, Attributes]) -> Files:
    """Files of a snapshot. Words are read from the ledger: the mirror keeps them in its inverted index only."""
    ids = np.array(sorted(attributes), np.int64)
    files: Files = {
        "rows.npy": state.rows,
        "ids.npy": state.ids,
        "in_base.npy": state.in_base,
        "words.json": orjson.dumps(words_of(engine, ids)),
        "attributes.json": orjson.dumps(_shared(attributes, ids)),
    }
    if state.base is not None:
        files["base.faiss"] = state.base
    return files


def without_rows(attributes: Mapping[int, Attributes], dim: int) -> IndexState:
    """Of a mirror whose vectors are in the record."""
    ids = np.array(sorted(attributes), np.int64)
    return IndexState(np.empty((0, dim), np.float32), ids, np.zeros(len(ids), np.bool_), None)


def thaw(files: Mapping[str, bytes]) -> tuple[IndexState, list[tuple[int, str]], dict[int, Attributes]]:
    """(index, (id, words) of each passage, attributes by id). Raises ValueError, KeyError when they do not fit together."""
    state = IndexState(array(files["rows.npy"]), array(files["ids.npy"]), array(files["in_base.npy"]), files.get("base.faiss"))
    words: list[tuple[int, str]] = [(key, text) for key, text in orjson.loads(files["words.json"])]
    header = orjson.loads(files["attributes.json"])
    documents = [(collection, tuple(acl), *rest) for collection, acl, *rest in header["documents"]]
    attributes: dict[int, Attributes] = {}
    for key, document, fields, kind in header["passages"]:
        collection, acl, metadata, document_id, source = documents[document]
        attributes[key] = Attributes(collection, acl, metadata, fields, intern(kind), document_id, source)
    live = set(state.ids[state.ids >= 0].tolist())
    if not (live == set(attributes) == {key for key, _ in words}):
        raise ValueError("its parts hold different passages")
    return state, words, attributes


def words_of(engine: Engine, ids: NDArray[np.int64]) -> list[tuple[int, str]]:
    """(id, words with a space between) of passages that the ledger has."""
    found: list[tuple[int, str]] = []
    with engine.connect() as conn:
        for at in range(0, len(ids), 5000):
            part = select(passages.c.id, passages.c.words).where(passages.c.id.in_(ids[at : at + 5000].tolist()))
            found += [(row.id, row.words) for row in conn.execute(part)]
    return found


def _shared(attributes: Mapping[int, Attributes], ids: NDArray[np.int64]) -> dict[str, list[object]]:
    """Passages of one document share one entry."""
    documents: list[object] = []
    known: dict[int, int] = {}
    rows: list[object] = []
    for key in ids.tolist():
        its = attributes[key]
        place = known.setdefault(id(its.metadata), len(documents))
        if place == len(documents):
            documents.append([its.collection, its.acl, its.metadata, its.document_id, its.source])
        rows.append([key, place, its.fields, its.kind])
    return {"documents": documents, "passages": rows}
