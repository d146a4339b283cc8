"""Redis full, and Redis half-open (a connection that is there and never answers): no job is lost, no question fails.

Killed and emptied: tests/integration/test_worker.py. A server that hangs or refuses: tests/integration/test_stores.py.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.jobs import Jobs
from rag.domain import DocumentInput, Question
from rag.fakes import HashEmbedder
from rag.runtime.remote import Doorbell
from rag.runtime.stores import EmbeddedValkey, open_redis
from rag.settings import Settings, load
from rag.wiring import open_application
from tests.support.processes import COMMAND

_JOBS = 12


@contextmanager
def full(folder: Path) -> Iterator[str]:
    """1 MB, all of it taken, and nothing is evicted."""
    server = EmbeddedValkey(folder / "valkey")
    server.start()
    with open_redis(load(env={}, overrides={"redis.url": server.url})) as connection:
        connection.config_set("maxmemory-policy", "noeviction")
        connection.set("ballast", b"x" * 1_000_000)
        connection.config_set("maxmemory", "1mb")
        yield server.url
    server.stop()


@contextmanager
def half_open(_: Path) -> Iterator[str]:
    """Accepts and reads, says nothing."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    held.append(listener.accept()[0])
            except OSError:
                return  # closed below

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in held:
        connection.close()


@pytest.mark.parametrize("fault", [full, half_open], ids=lambda fault: fault.__name__)
@pytest.mark.alone
def test_no_job_is_lost_and_no_question_fails(tmp_path: Path, fault: object) -> None:
    with fault(tmp_path) as url:  # type: ignore[operator]
        settings = load(env={}, overrides={"data_dir": str(tmp_path / "data"), "redis.url": url})
        states, slowest, found = _work(settings)
    assert states == ["live"] * _JOBS
    assert found == _JOBS
    assert slowest < 1.0  # a question never waits for Redis, whose timeout is two seconds


def _work(settings: Settings) -> tuple[list[str], float, int]:
    """Submits and asks while a worker process works: states of the jobs, the slowest question (s), documents found."""
    application = open_application(settings, embedder=HashEmbedder())
    jobs, bell = Jobs(application.ledger.engine), Doorbell(lambda: open_redis(settings))
    told = {"XIANSOU__DATA_DIR": str(settings.data_dir), "XIANSOU__REDIS__URL": settings.redis.url}
    worker = subprocess.Popen([*COMMAND, "worker"], env=os.environ | told)
    try:
        ids, slowest = [], 0.0
        for n in range(_JOBS):
            ids.append(jobs.submit(DocumentInput(f"d{n}", f"The bell rings at {n}.".encode(), "text/plain")))
            bell.ring()
            began = time.perf_counter()
            application.answerer.retrieve(Question("bell"))
            slowest = max(slowest, time.perf_counter() - began)
        states = [str(jobs.wait(job, bell, 60).state) for job in ids]
        hits = application.answerer.retrieve(Question("the bell rings", top_k=50)).hits
        return states, slowest, len({hit.passage.document_id for hit in hits})
    finally:
        worker.kill()
        worker.wait()
        application.close()
