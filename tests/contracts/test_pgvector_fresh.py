"""Processes that ask and processes that write, over one PostgreSQL: every question sees what was acknowledged before it.

Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import defaultdict
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Scope
from rag.fakes import HashEmbedder
from rag.index.engines.pgvector import PgVectors
from rag.settings import load
from rag.wiring import Application, open_application
from tests.support.postgres import postgres

_KEYS = 2  # each has a process that writes it
_GONE = -1
Told = tuple[str, int, int, float, float]  # "write" or "seen", key, number, when it began, when it ended


def _open(folder: str, url: str) -> Application:
    values = {"data_dir": folder, "database.url": url, "index.engine": "pgvector", "answer.max_wrong_rate": 1.0}
    return open_application(load(env={}, overrides=values), load=lambda _: HashEmbedder(32))


def _write(folder: str, url: str, key: int, writes: int, told: Queue[Told]) -> None:
    """Replaces a document again and again, and deletes it now and then."""
    application = _open(folder, url)
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    for number in range(1, writes + 1):
        began = time.monotonic()
        if number % 5 == 0:
            application.ledger.delete(f"d{key}")
        else:
            pipeline.put(DocumentInput(f"d{key}", f"subject{key} says number {number}.".encode()))
        told.put(("write", key, number if number % 5 else _GONE * number, began, time.monotonic()))
    application.close()


def _ask(folder: str, url: str, ended: Any, told: Queue[Told]) -> None:
    """Both sides of the search: by the vector alone, and joined to the record."""
    application = _open(folder, url)
    index = application.views.live().mirror.index
    assert isinstance(index, PgVectors)
    turn = 0
    while not ended.is_set():
        key, turn = turn % _KEYS, turn + 1
        vector = application.embedder.embed_queries([f"subject{key} says"])[0]
        began = time.monotonic()
        found = application.views.live().mirror.search(vector, [f"subject{key}"], 50, Scope())
        passages = application.ledger.passages_at(found.ids.tolist(), found.version).values()
        until = time.monotonic()
        texts = [p.text for p in passages if p.document_id == f"d{key}"]
        assert len(texts) <= 1, texts
        assert len(passages) == len(found.ids)
        told.put(("seen", key, int(texts[0].split()[-1].rstrip(".")) if texts else 0, began, until))
    application.close()


def run(folder: Path, number: int) -> dict[str, int]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    told: Queue[Told] = context.Queue()
    ended = context.Event()
    with postgres() as database:
        url = database()
        first = _open(str(folder), url)
        writers: list[Any] = [
            context.Process(target=_write, args=(str(folder), url, key, number, told)) for key in range(_KEYS)
        ]
        readers: list[Any] = [context.Process(target=_ask, args=(str(folder), url, ended, told)) for _ in range(2)]
        for work in readers + writers:
            work.start()
        rows: list[Told] = []
        while any(work.is_alive() for work in readers + writers) or not told.empty():
            if not any(work.is_alive() for work in writers):
                ended.set()
            try:
                rows.append(told.get(timeout=0.2))
            except Empty:
                continue
        assert [work.exitcode for work in readers + writers] == [0] * (len(readers) + _KEYS)
        first.close()
    writes: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        if row[0] == "write":
            writes[row[1]].append(row)
    seen = [row for row in rows if row[0] == "seen"]
    stale = [row for row in seen if not _may(row, writes[row[1]])]
    assert stale == []
    return {"questions": len(seen), "writes": sum(map(len, writes.values()))}


def _may(row: Told, writes: list[Told]) -> bool:
    """Whether the number seen stood at some moment between the beginning and the end of the question."""
    _, _, number, began, ended = row
    states = [(0, 0.0, 0.0), *((max(told, 0), sent, acked) for _, _, told, sent, acked in writes)]
    for at, (stood, sent, _) in enumerate(states):
        replaced = states[at + 1][2] if at + 1 < len(states) else float("inf")
        if stood == number and sent <= ended and replaced >= began:
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_processes_that_ask_see_what_two_others_were_told_is_written(tmp_path: Path) -> None:
    told = run(tmp_path, 40)
    assert told["questions"] >= 20
    assert told["writes"] == 40 * _KEYS


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_thousands_of_writes(tmp_path: Path) -> None:
    print(run(tmp_path, 1_000))
