"""What stands in a snapshot of a mirror, and back: index, words and attributes of the passages live at one version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern

import numpy as np
import orjson
from sqlalchemy import Engine, select

from rag.index.languages import Spoken
from rag.index.lexical import Lexical, save
from rag.index.postings import Ids
from rag.index.roll import Columns
from rag.index.snapshot import Part, Saved, Vanished, array
from rag.index.state import IndexState
from rag.record.schema import passages

_LEXICAL, _COLUMNS = "lexical", "passages"
_OF_PASSAGES = ("ids", "document", "kind", "own")
_OF_LANGUAGES = ("ids", "counts", "side", "document")


@dataclass(frozen=True, slots=True)
class Thawed:
    """What a snapshot holds, ready to be taken over by a mirror that is empty."""

    state: IndexState
    lexical: Lexical
    columns: Columns
    spoken: Spoken


def freeze(engine: Engine, state: IndexState, columns: Columns, spoken: Spoken) -> dict[str, Part]:
    """Files of a snapshot. Words are read from the ledger: the mirror keeps them in its inverted index only."""
    shared = {"documents": columns.documents, "kinds": columns.kinds, "fields": columns.fields}
    files: dict[str, Part] = {
        "rows.npy": state.rows,
        "ids.npy": state.ids,
        "in_base.npy": state.in_base,
        "attributes.json": orjson.dumps(shared),
        _COLUMNS: lambda folder: _columns(folder, columns, spoken),
        _LEXICAL: lambda folder: save(folder, _every(engine, columns.ids)),
    }
    if state.base is not None:
        files["base.faiss"] = bytes(state.base)
    return files


def _columns(folder: Path, columns: Columns, spoken: Spoken) -> None:
    folder.mkdir()
    held = {f"{name}.npy": getattr(columns, name) for name in _OF_PASSAGES}
    held |= {f"spoken_{name}.npy": getattr(spoken, name) for name in _OF_LANGUAGES}
    for name, rows in held.items():
        np.save(folder / name, rows, allow_pickle=False)


def without_rows(ids: Ids, dim: int) -> IndexState:
    """Of a mirror whose vectors are in the record."""
    return IndexState(np.empty((0, dim), np.float32), ids, np.zeros(len(ids), np.bool_), None)


def mapped_words(folder: Path) -> Lexical:
    """The words of a snapshot, mapped from its folder. Raises ValueError, KeyError, OSError."""
    words = Lexical()
    words.open(folder / _LEXICAL)
    return words


def thaw(saved: Saved) -> Thawed:
    """Raises ValueError, KeyError, OSError when its parts cannot be read or do not fit together."""
    files = saved.files
    state = IndexState(array(files["rows.npy"]), array(files["ids.npy"]), array(files["in_base.npy"]), files.get("base.faiss"))
    shared = orjson.loads(files["attributes.json"])
    documents = [(collection, tuple(acl), *rest) for collection, acl, *rest in shared["documents"]]
    mapped = saved.folder / _COLUMNS
    columns = Columns(
        **{name: np.load(mapped / f"{name}.npy", mmap_mode="r") for name in _OF_PASSAGES},
        documents=documents,
        kinds=[intern(kind) for kind in shared["kinds"]],
        fields=shared["fields"],
    )
    spoken = Spoken(**{name: np.load(mapped / f"spoken_{name}.npy", mmap_mode="r") for name in _OF_LANGUAGES})
    lexical = mapped_words(saved.folder)
    live = np.sort(state.ids[state.ids >= 0])
    if not (np.array_equal(live, columns.ids) and np.array_equal(live, spoken.ids)) or len(lexical) != len(live):
        raise ValueError("its parts hold different passages")
    return Thawed(state, lexical, columns, spoken)


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
