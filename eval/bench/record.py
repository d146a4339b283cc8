"""The record and its mirrors: what a durable write costs over bare SQLite, whether the next search sees it, cold starts."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.data import DIM, clustered
from eval.bench.index import DOCUMENT, Say
from rag.domain import Chunk, DocumentInput, Scope
from rag.fakes import HashEmbedder
from rag.ports import Vectors
from rag.record import engine
from rag.record.rows import PreparedDocument
from rag.settings import load
from rag.text.tokens import words
from rag.wiring import Application, open_application

_WORDS_A_PASSAGE = 45  # about 300 characters
_ROUND = 25  # documents written in turn by us and by bare SQLite
BULK = 500  # passages of the documents that fill the library
_TABLES = ("changes", "documents", "versions", "contents", "vectors", "passages")  # in the order of their references
_RETIRE = (
    "INSERT INTO changes (kind, document_id, version, at) VALUES ('delete', :id, 1, 0)",
    "UPDATE passages SET retired_seq = :seq WHERE document_id = :id AND retired_seq IS NULL",
    "UPDATE versions SET retired_seq = :seq WHERE document_id = :id AND retired_seq IS NULL",
    "DELETE FROM contents WHERE document_id = :id",
    "UPDATE documents SET state = 'deleted', index_version = :seq, passages = 0 WHERE id = :id",
)


def measure(n: int, rounds: int, say: Say) -> dict[str, object]:
    """With n passages in the library: ms of a durable add and delete of one document, visibility, seconds of a cold start."""
    texts, data = Texts(), clustered(n, rounds * _ROUND * DOCUMENT, 0)
    with tempfile.TemporaryDirectory(prefix="xiansou-bench-") as folder, _application(Path(folder)) as application:
        for at in range(0, n, BULK):
            say(f"{n:,}: filling the library, {at:,}")
            application.ledger.put(texts.document(f"bulk{at}", data.rows[at : at + BULK]), application.generation)
        documents = [texts.document(f"doc{at}", rows) for at, rows in enumerate(np.split(data.spare, rounds * _ROUND))]
        say(f"{n:,}: cold start")
        cold = _cold_starts(Path(folder))
        say(f"{n:,}: durable writes")
        durable = _durable(application, documents, Path(folder))
        say(f"{n:,}: visibility")
        return {
            "durable": durable,
            "visibility": _visibility(application, documents[: 2 * _ROUND], Path(folder)),
            "cold_start": cold,
        }


class Texts:
    """Documents of made-up words with a natural spread of frequencies."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(3)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        self._words = ["".join(self._rng.choice(letters, self._rng.integers(3, 10))) for _ in range(20_000)]
        self._weights = 1 / np.arange(1, len(self._words) + 1)
        self._weights /= self._weights.sum()

    def document(self, key: str, vectors: Vectors, acl: tuple[str, ...] = ()) -> PreparedDocument:
        chosen = self._rng.choice(len(self._words), (len(vectors), _WORDS_A_PASSAGE), p=self._weights)
        passages = [" ".join(self._words[at] for at in row) for row in chosen]
        chunks, at = [], 0
        for passage in passages:
            chunks.append(Chunk(at, at + len(passage), passage))
            at += len(passage) + 2
        text = "\n\n".join(passages)
        cut = [" ".join(words(passage)) for passage in passages]  # as workers do, before they write
        return PreparedDocument(DocumentInput(key, text.encode(), acl=acl), key, text, chunks, vectors, words=cut)


@contextlib.contextmanager
def _application(folder: Path) -> Iterator[Application]:
    application = open_application(load(env={}, overrides={"data_dir": str(folder)}), embedder=HashEmbedder(DIM), serving=True)
    try:
        yield application
    finally:
        application.close()


def _durable(application: Application, documents: Sequence[PreparedDocument], folder: Path) -> dict[str, object]:
    """Alternates with bare SQLite, which commits the same rows to a copy of the ledger, under the same pragmas."""
    ours = application.ledger.engine.raw_connection()
    reader: Any = ours.driver_connection
    with contextlib.closing(sqlite3.connect(folder / "bare.db")) as copy:
        reader.backup(copy)
    bare_engine = engine.open_engine(f"sqlite:///{folder}/bare.db")
    bare = bare_engine.raw_connection()
    writer: Any = bare.driver_connection
    times: dict[str, list[list[float]]] = {name: [] for name in ("put", "bare put", "delete", "bare delete")}
    for at in range(0, len(documents), _ROUND):
        turn: dict[str, list[float]] = {name: [] for name in times}
        for ready in documents[at : at + _ROUND]:
            key = ready.input.id
            turn["put"].append(_timed(application.ledger.put, ready, application.generation))
            rows = _rows(reader, key)
            turn["bare put"].append(_timed(_insert, writer, rows))
            turn["delete"].append(_timed(application.ledger.delete, key))
            turn["bare delete"].append(_timed(_retire, writer, {"id": key, "seq": application.ledger.head()}))
        for name, took in turn.items():
            times[name].append(took)
    ours.close()
    bare.close()
    bare_engine.dispose()
    report: dict[str, object] = {f"{name.replace(' ', '_')}_ms": _median(turns) for name, turns in times.items()}
    return report | {
        "put_ratio": _ratio(times["put"], times["bare put"]),
        "delete_ratio": _ratio(times["delete"], times["bare delete"]),
    }


def _rows(reader: sqlite3.Connection, key: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a put wrote, table by table."""
    values = {
        "changes": "SELECT * FROM changes WHERE document_id = ?",
        "documents": "SELECT * FROM documents WHERE id = ?",
        "vectors": "SELECT DISTINCT v.* FROM vectors v JOIN passages p USING (generation, hash) WHERE p.document_id = ?",
    }
    return {
        table: reader.execute(values.get(table, f"SELECT * FROM {table} WHERE document_id = ?"), (key,)).fetchall()
        for table in _TABLES
    }


def _insert(writer: sqlite3.Connection, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    writer.execute("BEGIN IMMEDIATE")
    for table, values in rows.items():
        writer.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
    writer.execute("COMMIT")


def _retire(writer: sqlite3.Connection, values: dict[str, Any]) -> None:
    writer.execute("BEGIN IMMEDIATE")
    for statement in _RETIRE:
        writer.execute(statement, values)
    writer.execute("COMMIT")


def _visibility(application: Application, documents: Sequence[PreparedDocument], folder: Path) -> dict[str, object]:
    """Writes by one application, searches by that one and by another on the same ledger, as two processes have them."""
    seen, gone = [], []
    with _application(folder) as other:
        for ready in documents:
            application.ledger.put(ready, application.generation)
            ids = [_is_found(reader, ready) for reader in (application, other)]
            seen += [bool(hit) for hit in ids]
            application.ledger.delete(ready.input.id)
            gone += [not _is_found(reader, ready) for reader in (application, other)]
    return {
        "visible": {"true": sum(seen), "false": len(seen) - sum(seen)},
        "gone": {"true": sum(gone), "false": len(gone) - sum(gone)},
    }


def _is_found(application: Application, ready: PreparedDocument) -> bool:
    """Whether the document is among the hits of its own first vector and words."""
    candidates = application.views.live().mirror.search(ready.vectors[0], words(ready.chunks[0].text)[:6], 10, Scope())
    passages = application.ledger.passages_at(candidates.ids.tolist(), candidates.version)
    return any(passage.document_id == ready.input.id for passage in passages.values())


def _cold_starts(folder: Path) -> dict[str, object]:
    """Seconds until a new process can answer: from the ledger alone, and from a snapshot."""
    shutil.rmtree(folder / "snapshots", ignore_errors=True)
    with _application(folder) as application:
        ledger = _timed(application.views.live) / 1000
        application.views.live().mirror.snapshot()  # does nothing when one is being written already; closing waits for it
    saved = any((folder / "snapshots").glob("[0-9]*"))
    with _application(folder) as application:
        snapshot = _timed(application.views.live) / 1000
    return {"ledger_s": round(ledger, 2), "snapshot_s": round(snapshot, 2) if saved else None}


def _timed(work: Any, *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - start) * 1000


def _median(turns: list[list[float]]) -> float:
    return round(float(np.median(np.concatenate(turns))), 4)


def _ratio(one: list[list[float]], other: list[list[float]]) -> float:
    return round(float(np.median([np.median(a) / np.median(b) for a, b in zip(one, other, strict=True)])), 3)
