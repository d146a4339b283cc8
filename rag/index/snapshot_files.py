"""What stands in a snapshot of a mirror, and back: index, words and attributes of the passages live at one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sys import intern

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from rag.index.lexical import Lexical, save
from rag.index.postings import Ids
from rag.index.snapshot import Part, Saved, Vanished, array
from rag.index.state import IndexState
from rag.record.changes import Attributes
from rag.record.schema import passages

_LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Thawed:
    """What a snapshot holds, ready to be taken over by a mirror that is empty."""

    state: IndexState
    lexical: Lexical
    counts: dict[int, tuple[int, int]]  # Han characters and Latin words of each passage
    attributes: dict[int, Attributes]


def freeze(
    engine: Engine, state: IndexState, attributes: Mapping[int, Attributes], counted: tuple[Ids, NDArray[np.int32]]
) -> dict[str, Part]:
    """Files of a snapshot. Words are read from the ledger: the mirror keeps them in its inverted index only."""
    ids = np.array(sorted(attributes), np.int64)
    files: dict[str, Part] = {
        "rows.npy": state.rows,
        "ids.npy": state.ids,
        "in_base.npy": state.in_base,
        "counted_ids.npy": counted[0],
        "counts.npy": counted[1],
        "attributes.json": orjson.dumps(_shared(attributes, ids)),
        _LEXICAL: lambda folder: save(folder, _every(engine, ids)),
    }
    if state.base is not None:
        files["base.faiss"] = bytes(state.base)
    return files


def without_rows(attributes: Mapping[int, Attributes], dim: int) -> IndexState:
    """Of a mirror whose vectors are in the record."""
    ids = np.array(sorted(attributes), np.int64)
    return IndexState(np.empty((0, dim), np.float32), ids, np.zeros(len(ids), np.bool_), None)


def thaw(saved: Saved) -> Thawed:
    """Raises ValueError, KeyError, OSError when its parts cannot be read or do not fit together."""
    files = saved.files
    state = IndexState(array(files["rows.npy"]), array(files["ids.npy"]), array(files["in_base.npy"]), files.get("base.faiss"))
    header = orjson.loads(files["attributes.json"])
    documents = [(collection, tuple(acl), *rest) for collection, acl, *rest in header["documents"]]
    attributes: dict[int, Attributes] = {}
    for key, document, fields, kind in header["passages"]:
        collection, acl, metadata, document_id, source = documents[document]
        attributes[key] = Attributes(collection, acl, metadata, fields, intern(kind), document_id, source)
    pairs = array(files["counts.npy"]).tolist()
    counts = dict(zip(array(files["counted_ids.npy"]).tolist(), map(tuple, pairs), strict=True))
    lexical = Lexical()
    held = lexical.open(saved.folder / _LEXICAL)
    live = set(state.ids[state.ids >= 0].tolist())
    if not (live == attributes.keys() == counts.keys()) or held != len(live):
        raise ValueError("its parts hold different passages")
    return Thawed(state, lexical, counts, attributes)


def _every(engine: Engine, ids: Ids) -> Iterator[tuple[int, str]]:
    """As `words_of`; raises Vanished when one is not there any more."""
    missing = len(ids)
    for pair in words_of(engine, ids):
        missing -= 1
        yield pair
    if missing:
        raise Vanished


def words_of(engine: Engine, ids: Ids) -> Iterator[tuple[int, str]]:
    """(id, words with a space between) of passages that the ledger has. No transaction is open between two parts."""
    for at in range(0, len(ids), 5000):
        part = select(passages.c.id, passages.c.words).where(passages.c.id.in_(ids[at : at + 5000].tolist()))
        with engine.connect() as conn:
            rows = conn.execute(part).tuples().all()
        yield from rows


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
