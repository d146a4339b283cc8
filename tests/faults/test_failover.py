"""A standby takes over: with synchronous commit nothing acknowledged is lost; without, the doctor said so, and no process goes
on answering from a past that has been lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question
from rag.errors import UpstreamError
from rag.fakes import HashEmbedder
from rag.record.damage import explained
from rag.record.durability import durability
from rag.settings import load
from rag.wiring import Application, open_application
from tests.support.cluster import Server, folders


@contextmanager
def pair(*, synchronous: bool) -> Iterator[tuple[Server, Server, str]]:
    """Two servers, the second one follows the first; and the URL of both."""
    with folders(2) as (one, two):
        first, second = Server(one), Server(two)
        try:
            first.create()
            first.start("fsync=on")
            first.ask("CREATE DATABASE x")
            second.follow(first, "second")
            second.start("fsync=on")
            if synchronous:
                first.ask("ALTER SYSTEM SET synchronous_standby_names = 'second'")
                first.ask("SELECT pg_reload_conf()")
            _until(lambda: first.ask("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == 1)
            yield first, second, f"postgresql://postgres@/x?host={one}&host={two}"
        finally:
            second.stop()
            first.stop()


def _until(true: Callable[[], bool], patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


Open = Callable[[str, str], Application]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """opened(name of a folder, URL) → what a process works with."""
    made: list[Application] = []

    def make(name: str, url: str) -> Application:
        told = {"database.url": url, "index.engine": "pgvector", "answer.max_wrong_rate": 1.0}
        settings = load(env={}, overrides=told | {"data_dir": str(tmp_path / name)})
        made.append(open_application(settings, embedder=HashEmbedder()))
        return made[-1]

    yield make
    for application in made:
        application.close()


def put(application: Application, name: str, text: str) -> int:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    return pipeline.put(DocumentInput(name, text.encode())).index_version


def found(application: Application, question: str) -> set[str]:
    return {hit.passage.text for hit in application.answerer.retrieve(Question(question, top_k=100)).hits}


def test_with_synchronous_commit_nothing_acknowledged_is_lost(opened: Open) -> None:
    with pair(synchronous=True) as (first, second, url):
        application, other = opened("a", url), opened("b", url)
        assert "on a standby too" in durability(application.ledger.engine).detail  # type: ignore[union-attr]
        acked: list[int] = []
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                try:
                    put(application, f"d{len(acked)}", f"The gauge shows {len(acked)} bar.")
                    acked.append(len(acked))
                except Exception as exc:
                    if explained(exc) is None and not isinstance(exc, UpstreamError):
                        raise
                    time.sleep(0.1)

        writer = threading.Thread(target=write)
        writer.start()
        _until(lambda: len(acked) >= 5)
        first.kill()
        before = len(acked)
        second.promote()
        _until(lambda: len(acked) >= before + 5)
        stop.set()
        writer.join()
        for one in (application, other):
            assert found(one, "gauge shows") >= {f"The gauge shows {n} bar." for n in acked}
            assert {doc.id for doc in one.ledger.page(limit=500)} >= {f"d{n}" for n in acked}
        assert "no standby follows" in durability(application.ledger.engine).detail  # type: ignore[union-attr]


def test_a_commit_is_not_acknowledged_while_the_standby_is_away_whatever_the_time_limit(opened: Open) -> None:
    """A cancelled wait would be a success with a WARNING; `statement_timeout` does not cancel it (PostgreSQL 18.6)."""
    with pair(synchronous=True) as (first, second, url):
        first.ask("ALTER DATABASE x SET statement_timeout = '1s'")
        application = opened("a", url)
        put(application, "a", "Before.")
        second.stop()
        done: list[int] = []
        writer = threading.Thread(target=lambda: done.append(put(application, "a", "After.")))
        writer.start()
        time.sleep(4)
        assert done == []
        assert found(application, "before after") == {"Before."}
        second.start()
        writer.join(60)
        assert len(done) == 1
        assert found(application, "before after") == {"After."}


def test_what_a_failover_lost_is_not_answered_from(opened: Open) -> None:
    with pair(synchronous=False) as (first, second, url):
        application = opened("a", url)
        put(application, "kept", "The valve is green.")
        _until(lambda: second.ask("SELECT to_regclass('documents')", "x") is not None)
        _until(lambda: second.ask("SELECT count(*) FROM documents", "x") == 1)
        told = durability(application.ledger.engine)
        assert told is not None and told.fix is not None and "may lose" in told.detail
        second.stop()  # the last writes reach it too late
        put(application, "kept", "The valve is red.")
        put(application, "lost", "The lost valve is blue.")
        lost = put(application, "lost", "The lost valve is black.")
        assert found(application, "valve") == {"The valve is red.", "The lost valve is black."}
        assert application.views.live().mirror.snapshot()
        first.kill()
        second.start()
        second.promote()
        fresh = opened("b", url)
        for n in range(3):
            put(fresh, "new", f"The new valve is white, {n}.")
        assert found(fresh, "valve") == {"The valve is green.", "The new valve is white, 2."}
        _until(lambda: _asked(application))
        assert found(application, "valve") == found(fresh, "valve")
        while put(fresh, "new", f"The new valve {time.monotonic()}.") <= lost:
            pass
        assert found(application, "valve") == found(fresh, "valve")
        application.close()
        again = opened("a", url)  # its snapshot is of the lost past
        assert found(again, "valve") == found(fresh, "valve")


def _asked(application: Application) -> bool:
    try:
        found(application, "valve")
    except Exception as exc:
        if explained(exc) is None:
            raise
        return False
    return True
