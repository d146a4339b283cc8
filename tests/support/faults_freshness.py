"""Reader processes beside a writer on one ledger: what each question saw, judged by when writes were sent and acknowledged.

Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import os
import random
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ingest.pipeline import Pipeline
from ingest.reindex import reindex
from rag.domain import Question
from rag.errors import Conflict
from rag.record.erase import erase
from tests.support.faults_ops import Env, document, sentinel
from tests.support.faults_oracle import MARK

READERS, THREADS = 4, 2
_KEYS = [f"f{n}" for n in range(6)]


@dataclass(frozen=True, slots=True)
class Write:
    """`version` None: deleted or erased. `acked` is infinity for a write that was not acknowledged."""

    key: str
    version: int | None
    sent: float
    acked: float
    index_version: int


def run(folder: Path, seconds: float, recall: bool) -> dict[str, Any]:
    """Writes and asks for so long, in processes of their own; counts, and what was wrong.

    Without `recall` a question may miss passages; it still must not see what does not stand.
    """
    env = Env.at(folder)
    env.open()
    pipeline = Pipeline(env.opened.ledger, env.opened.views.writing, env.opened.settings)
    (folder / "writes").write_bytes(
        orjson.dumps(["still", 1, 0.0, 0.0, pipeline.put(document("still", 1)).index_version]) + b"\n"
    )
    env.close()
    end = time.monotonic() + seconds
    works: list[Callable[[], None]] = [lambda: _write(folder, end), lambda: _swap(folder, end - seconds / 2)]
    works += [_reader(folder, n, end) for n in range(READERS)]
    children = [_fork(work) for work in works]
    wrong = [f"process {n} ended with {os.waitpid(child, 0)[1]}" for n, child in enumerate(children)]
    wrong = [text for text in wrong if not text.endswith(" 0")]
    writes = [Write(*orjson.loads(line)) for line in (folder / "writes").read_bytes().splitlines()]
    asked = [orjson.loads(line) for n in range(READERS) for line in (folder / f"reads{n}").read_bytes().splitlines()]
    for question in asked:
        wrong += judge(question, writes, recall)
    busy = sum(any(w.key == key and w.sent < t1 and w.acked > t0 for w in writes) for key, t0, t1, *_ in asked)
    return {"writes": len(writes), "questions": len(asked), "during_a_write": busy, "wrong": wrong}


def judge(asked: Sequence[Any], writes: Sequence[Write], recall: bool) -> list[str]:
    """What a question may see: what stood when it began, or a write to this document that was under way meanwhile."""
    key, began, ended, version, seen = asked
    mine = [write for write in writes if write.key == key]
    before = [n for n, write in enumerate(mine) if write.acked < began]
    may = [mine[before[-1]].version if before else None]
    may += [write.version for write in mine[(before[-1] + 1 if before else 0) :] if write.sent < ended]
    wrong = []
    whole = [_marks(key, told) for told in may]
    if seen not in whole and (recall or not any(set(seen) <= set(marks) for marks in whole)):
        wrong.append(f"{key} at index version {version} answered {seen}; it stood at one of {may}")
    acknowledged = max((write.index_version for write in writes if write.acked < began), default=0)
    if version < acknowledged:
        wrong.append(f"asked after index version {acknowledged} was acknowledged, answered at {version}")
    return wrong


def _marks(key: str, version: int | None) -> list[str]:
    return [] if version is None else sorted(m[0] for m in MARK.finditer(document(key, version).content.decode()))


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _write(folder: Path, end: float) -> None:
    """Edits, deletions and erasures without a pause."""
    env, rng = Env.at(folder), random.Random(1)
    application = env.open()
    pipeline, engine = Pipeline(application.ledger, application.views.writing, application.settings), application.ledger.engine
    versions: dict[str, int] = {}
    standing: set[str] = set()
    with (folder / "writes").open("ab") as file:
        while time.monotonic() < end:
            key, kind = rng.choice(_KEYS), rng.random()
            sent, version = time.monotonic(), None
            if key in standing and kind < 0.2:
                index_version = application.ledger.delete(key).index_version
            elif key in standing and kind < 0.3:
                index_version = erase(engine, application.settings.data_dir, key).index_version
            else:
                versions[key] = version = versions.get(key, 0) + 1
                index_version = _put(pipeline, key, version)
            acked = time.monotonic()
            (standing.discard if version is None else standing.add)(key)
            file.write(orjson.dumps([key, version, sent, acked, index_version]) + b"\n")
            file.flush()


def _put(pipeline: Pipeline, key: str, version: int) -> int:
    while True:
        try:
            return pipeline.put(document(key, version)).index_version
        except Conflict as exc:
            if exc.code != "generation_changed":
                raise


def _swap(folder: Path, at: float) -> None:
    """Another model goes live in the middle."""
    time.sleep(max(0.0, at - time.monotonic()))
    env = Env.at(folder)
    application = env.open("hash-96")
    for _ in range(5):
        try:
            assert reindex(application, lambda *_: []).state == "swapped"
            return
        except Conflict:  # edits came too fast, as it may say
            continue
    raise RuntimeError("the swap never came")


def _reader(folder: Path, number: int, end: float) -> Callable[[], None]:
    def ask() -> None:
        env, lock = Env.at(folder), threading.Lock()
        application, faults = env.open(), list[BaseException]()

        def thread(seed: int) -> None:
            rng = random.Random(seed)
            try:
                while time.monotonic() < end:
                    key = rng.choice([*_KEYS, "still"])
                    began = time.monotonic()
                    found = application.answerer.retrieve(Question(sentinel(key), top_k=30))
                    ended = time.monotonic()
                    seen = sorted(m[0] for hit in found.hits for m in MARK.finditer(hit.passage.text) if m[1] == key)
                    with lock:
                        file.write(orjson.dumps([key, began, ended, found.version, seen]) + b"\n")
            except BaseException as exc:
                faults.append(exc)

        with (folder / f"reads{number}").open("wb") as file:
            threads = [threading.Thread(target=thread, args=(number * THREADS + n,)) for n in range(THREADS)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
        if faults:
            raise faults[0]

    return ask
