"""Whether a library keeps its promises after a fault: reads the files by SQL of its own and asks by the product."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import zlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ingest.pipeline import Pipeline
from rag.domain import Question
from rag.errors import XiansouError
from rag.fakes import HashEmbedder
from rag.index.mirror import Mirror
from rag.index.vectors import LiveIndex
from rag.record.backup import restore
from rag.record.engine import open_engine
from rag.record.pgvector import tables
from rag.record.pgvector_tables import drift
from rag.record.prepared import borrowed
from rag.record.rows import passage_hash
from rag.wiring import Application
from tests.support.faults_claims import ABSENT, Line, Op, State, States, after_restore, operations, reused, states
from tests.support.faults_ops import BACKUP, Env, content, document, embedder, read_journal, sentinel
from tests.support.faults_raw import Raw, raw

MARK = re.compile(r"(\w+)\.v(\d+)\.p(\d+)of(\d+)")
_DIGESTED = ("documents", "versions", "passages", "vectors", "late", "contents", "changes", "erased", "generations")
_NOT_DIGESTED = {"updated_at", "write_order"}


def examine(folder: Path, base_head: int) -> list[str]:
    """Everything that is wrong with the library below `folder`, given its journal. Empty: all promises are kept.

    `base_head`: an index version before the faults, where a process is pretended to have stood all the time.
    """
    lines = read_journal(folder / "journal.jsonl")
    ops = operations(lines)
    env = Env.at(folder)
    before = _erased_bytes(folder, ops) if all(op.kind != "restore" for op in ops) else []  # an opening may clean up
    try:
        application = env.open()
    except (XiansouError, sqlite3.Error) as exc:
        return [f"it does not open: {exc}"]
    try:
        wrong = before + [line["what"] for line in lines if line["state"] == "wrong"]
        wrong += integrity(folder) + structure(folder) + reused(ops)
        claimed, found = _claims(lines, ops, _states(folder))
        wrong += claimed
        restored = any(op.kind == "restore" for op in ops)
        wrong += _swapped(folder, ops) + answers(application, found) + mirrors(application, None if restored else base_head)
        if restored and ops[-1].acked is None:  # its operator tries again
            env.close()
            restore(folder / BACKUP, folder / "data")
        wrong += _erased_bytes(folder, ops) + _erased_in_snapshots(folder, ops, found) + _backup(folder, lines, ops)
        if restored:
            return wrong + differences(after_restore(lines), _states(folder))
        env.drain()
        ops = operations(read_journal(folder / "journal.jsonl"))
        wrong += [f"after its jobs: {w}" for w in differences(states(ops, drained=True), _states(folder))]
        return wrong + _replay(folder, application, ops)
    finally:
        env.close()


def integrity(folder: Path) -> list[str]:
    with raw(folder) as record:
        if not record.sqlite:
            return _drift(folder)
        found = [row[0] for row in record.execute("PRAGMA integrity_check")]
        keys = record.execute("PRAGMA foreign_key_check").fetchall()
    return [f"integrity: {text}" for text in found if text != "ok"] + [f"foreign key: {row}" for row in keys]


def _drift(folder: Path) -> list[str]:
    """Whether the tables of vectors have a row for each live passage of their generation and no other."""
    engine = open_engine((folder / "database").read_text())
    try:
        with borrowed(engine) as conn:
            there = tables(conn)
        found = [(table, drift(engine, table)) for table in there if table.ready]
    finally:
        engine.dispose()
    return [f"{table.name}: {its}" for table, its in found if its.lacking or its.foreign]


def structure(folder: Path) -> list[str]:
    """Every live document whole, at one version, with its own vectors; nothing left of what is not live."""
    wrong: list[str] = []
    with raw(folder) as record:
        live = record.execute(
            "SELECT g.id, g.fingerprint FROM generations g JOIN meta m ON m.key='generation' AND m.value=CAST(g.id AS TEXT)"
        )
        generation = live.fetchone()
        if generation is None:
            return wrong  # it was never opened
        head = record.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()[0]
        model = embedder(orjson.loads(generation["fingerprint"])["embedding"])
        for doc in record.execute("SELECT * FROM documents").fetchall():
            if doc["index_version"] > head:
                wrong.append(f"{doc['id']} has index version {doc['index_version']} after the head {head}")
            current = record.execute(
                "SELECT * FROM passages WHERE document_id=? AND retired_seq IS NULL ORDER BY generation, ordinal", (doc["id"],)
            ).fetchall()
            kept = record.execute("SELECT count(*) FROM contents WHERE document_id=?", (doc["id"],)).fetchone()[0]
            if doc["state"] != "live":
                wrong += [f"{doc['id']} is {doc['state']} with {len(current)} live passages"] if current else []
                wrong += [f"{doc['id']} is {doc['state']} with its upload"] if kept else []
                continue
            mine = [row for row in current if row["generation"] == generation["id"]]
            wrong += _whole(record, doc, mine, model)
            wrong += [
                f"{doc['id']}: passages of versions beside {doc['version']}" for r in current if r["version"] != doc["version"]
            ]
    return wrong


def _whole(record: Raw, doc: Any, mine: Sequence[Any], model: HashEmbedder) -> list[str]:
    """Against the upload that is kept: its text, as many passages as it has, each with the vector of its text."""
    key, wrong = doc["id"], []
    versions = record.execute("SELECT * FROM versions WHERE document_id=? AND retired_seq IS NULL", (key,)).fetchall()
    if [row["version"] for row in versions] != [doc["version"]]:
        return [f"{key}: version {doc['version']} stands as {[row['version'] for row in versions]}"]
    text = versions[0]["text"]
    content = record.execute("SELECT content FROM contents WHERE document_id=?", (key,)).fetchone()
    if content is None or zlib.decompress(content[0]).decode() != text:
        wrong.append(f"{key}: its upload is not its text")
    marks = MARK.findall(text)
    told = [m for row in mine for m in MARK.findall(row["text"])]
    if told != marks or len(marks) != int(marks[0][3]) or len(mine) != doc["passages"]:
        wrong.append(f"{key}: half a document: {told} of {marks}, {doc['passages']} passages told")
    for row in mine:
        if row["text"] != text[row["start"] : row["end"]]:
            wrong.append(f"{key}: passage {row['id']} is not its span")
        wrong += _vector(record, row, model)
    return wrong


def _vector(record: Raw, row: Any, model: HashEmbedder) -> list[str]:
    found = record.execute(
        "SELECT vector FROM vectors WHERE generation=? AND hash=?", (row["generation"], row["hash"])
    ).fetchone()
    if found is None:
        return [f"{row['document_id']}: passage {row['id']} has no vector"]
    told = f"{row['context']}\n{row['text']}"
    stands, wanted = np.frombuffer(found[0], "<f4"), model.embed_passages([told])[0]
    if row["hash"] != passage_hash(told) or len(stands) != len(wanted) or not np.allclose(stands, wanted, atol=1e-6):
        return [f"{row['document_id']}: passage {row['id']} has another text's or model's vector"]
    return []


def _states(folder: Path) -> dict[str, State]:
    """Of each document, by the marks in the text that stands: what a reader of the record gets."""
    with raw(folder) as record:
        rows = record.execute(
            "SELECT d.id, d.state, v.text FROM documents d"
            " LEFT JOIN versions v ON v.document_id = d.id AND v.version = d.version"
        ).fetchall()
    found: dict[str, State] = {}
    for key, state, text in rows:
        if state != "live":
            found[key] = (state, 0)
        else:
            marked = MARK.search(text or "")
            version = int(marked[2]) if marked else -1
            whole = text is not None and text.encode() == document(key, version).content
            found[key] = ("live", version if whole else -1)
    return found


def differences(allowed: States, found: dict[str, State]) -> list[str]:
    wrong = [
        f"{key} is {found.get(key, ABSENT)}, not {may}" for key, may in allowed.items() if found.get(key, ABSENT) not in may
    ]
    return wrong + [f"{key} is {state} and was never sent" for key, state in found.items() if key not in allowed]


def _claims(lines: Sequence[Line], ops: Sequence[Op], found: dict[str, State]) -> tuple[list[str], dict[str, State]]:
    """A restore that was not acknowledged left the library as it was, or as the backup: never between."""
    plain = differences(states(ops), found)
    last = [op for op in ops if op.kind == "restore"]
    if not last:
        return plain, found
    back = differences(after_restore(lines), found)
    if last[-1].acked is not None:
        return back, found
    return (min(plain, back, key=len)), found


def _swapped(folder: Path, ops: Sequence[Op]) -> list[str]:
    swaps = [op for op in ops if op.kind == "swap" and op.acked is not None]
    if not swaps:
        return []
    assert swaps[-1].acked
    with raw(folder) as record:
        live = int(record.execute("SELECT value FROM meta WHERE key='generation'").fetchone()[0])
    told = swaps[-1].acked["generation"]
    return [] if live == told else [f"generation {live} is live, {told} was acknowledged"]


def answers(application: Application, found: dict[str, State]) -> list[str]:
    """Each live document is found by its own word, whole and at its version; others are not found."""
    wrong = []
    for key, (state, version) in found.items():
        hits = application.answerer.retrieve(Question(sentinel(key), top_k=20)).hits
        marks = sorted(m for hit in hits for m in MARK.findall(hit.passage.text) if m[0] == key)
        wanted = sorted(MARK.findall(document(key, version).content.decode())) if state == "live" else []
        if marks != wanted:
            wrong.append(f"{key} ({state} {version}) answers with {marks}")
    return wrong


def mirrors(application: Application, since: int | None) -> list[str]:
    """The mirror that starts from a snapshot, and one that stood at `since` all the time, equal one made anew."""
    view = application.views.live()
    wrong = []

    def fresh() -> Mirror:
        return Mirror(view.mirror.engine, view.generation, view.embedder.dim, LiveIndex)

    anew = fresh()
    anew.sync()
    others = {"from its snapshot": view.mirror}
    if since is not None:
        others["that ran all the time"] = fresh()
        others["that ran all the time"].sync(since)
        others["that ran all the time"].sync()
    for name, mirror in others.items():
        if content(mirror) != content(anew):
            wrong.append(f"the mirror {name} differs from a new one")
    return wrong


def _erased_bytes(folder: Path, ops: Sequence[Op]) -> list[str]:
    """After an acknowledged erasure no byte of the document is below the data directory."""
    last = {op.id: op for op in ops}
    gone = [op.id for op in last.values() if op.kind == "erase" and op.acked is not None and op.acked["clean"]]
    return _standing(folder, folder / "data", gone)


def _erased_in_snapshots(folder: Path, ops: Sequence[Op], found: dict[str, State]) -> list[str]:
    """Nor is one in a snapshot after an erasure that was committed and not acknowledged, once a process has started."""
    gone = [op.id for op in ops if op.kind == "erase" and found.get(op.id) == ("erased", 0)]
    return _standing(folder, folder / "data" / "snapshots", gone)


def _standing(folder: Path, where: Path, gone: Sequence[str]) -> list[str]:
    texts = {file: file.read_bytes() for file in where.rglob("*") if gone and file.is_file()}
    return [
        f"{key} is erased and stands in {file.relative_to(folder)}"
        for file, text in texts.items()
        for key in gone
        if sentinel(key).encode() in text
    ]


def _backup(folder: Path, lines: Sequence[Line], ops: Sequence[Op]) -> list[str]:
    """A backup that was acknowledged, or that is there, holds what had been acknowledged before."""
    for op in ops:
        if op.kind != "backup":
            continue
        file = folder / op.id
        if not file.exists():
            return [f"the backup {op.id} is missing"] if op.acked is not None else []
        scratch = folder / "scratch"
        try:
            restore(file, scratch / "data")
        except XiansouError as exc:
            return [f"the backup {op.id} cannot be restored: {exc}"]
        before = states(operations([line for line in lines if line["n"] < op.number]))
        wrong = integrity(scratch) + structure(scratch) + differences(before, _states(scratch))
        shutil.rmtree(scratch)
        return [f"in the backup: {text}" for text in wrong]
    return []


def _replay(folder: Path, application: Application, ops: Sequence[Op]) -> list[str]:
    """Every delivery again, jobs in any order: nothing changes."""
    before = digest(folder)
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    jobs = [op for op in ops if op.job is not None]
    random.Random(len(ops)).shuffle(jobs)
    for op in jobs:
        pipeline.put(document(op.id, op.version), order=op.job)
    last = {op.id: op for op in ops if op.acked is not None and op.kind in ("put", "job", "delete", "erase")}
    for op in last.values():
        if op.effect == _states(folder).get(op.id) and op.effect[0] == "live":
            pipeline.put(document(op.id, op.version))
    return [] if digest(folder) == before else ["replaying the journal changed the record"]


def digest(folder: Path) -> str:
    """Of all rows that say what the library holds."""
    total = sha256()
    with raw(folder) as record:
        for table in _DIGESTED:
            columns = [column for column in record.columns(table) if column not in _NOT_DIGESTED]
            quoted = ",".join(f'"{column}"' for column in columns)
            for row in record.execute(f"SELECT {quoted} FROM {table} ORDER BY 1, 2"):
                total.update(repr(tuple(row)).encode())
    return total.hexdigest()
