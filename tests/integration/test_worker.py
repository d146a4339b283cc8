"""The ingest worker with a real ledger and a real Valkey: what its death, a zombie, a poison and a dead Redis do."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

import ingest.worker
from ingest.jobs import Job, Jobs
from ingest.queue import Queue
from rag.domain import DocumentInput, WriteResult
from rag.errors import NotFound
from rag.fakes import HashEmbedder
from rag.record.engine import writing
from rag.record.ledger import Ledger
from rag.record.schema import job_contents, jobs, passages, versions
from rag.runtime.remote import Doorbell
from rag.runtime.stores import EmbeddedValkey, open_redis
from rag.settings import Settings, load
from tests.support.processes import COMMAND

pytestmark = pytest.mark.alone  # leases, deadlines and rings of parts of a second


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(tmp_path: Path, valkey: EmbeddedValkey) -> Settings:
    return load(env={}, overrides={"data_dir": str(tmp_path / "data"), "redis.url": valkey.url})


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    opened = Ledger.open(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def queue(ledger: Ledger) -> Jobs:
    return Jobs(ledger.engine)


@pytest.fixture
def bell(settings: Settings) -> Doorbell:
    return Doorbell(lambda: open_redis(settings))


@contextmanager
def working(settings: Settings, **told: object) -> Iterator[threading.Event]:
    """A worker in a thread; ended at exit."""
    stop, faults = threading.Event(), []

    def run() -> None:
        try:
            ingest.worker.run(settings, stop=stop, **{"embedder": HashEmbedder()} | told)  # type: ignore[arg-type]
        except BaseException as exc:
            faults.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
        assert not faults


@contextmanager
def worker_process(settings: Settings, lease_s: float = 1.5) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own; killed at exit."""
    told = {"DATA_DIR": str(settings.data_dir), "REDIS__URL": settings.redis.url}
    environment = os.environ | {f"XIANSOU__{key}": value for key, value in told.items()} | {"TEST_LEASE_S": str(lease_s)}
    process = subprocess.Popen([*COMMAND, "worker"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def doc(document_id: str, text: str) -> DocumentInput:
    return DocumentInput(document_id, text.encode(), mime_type="text/plain", filename=f"{document_id}.txt")


def ended(queue: Jobs, bell: Doorbell, job_id: int, seconds: float = 30) -> Job:
    job = queue.wait(job_id, bell, seconds)
    assert job.ended, job
    return job


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def count_versions(ledger: Ledger, document_id: str) -> tuple[int, int]:
    """(versions ever written, versions whose passages are live)."""
    with ledger.engine.connect() as conn:
        written = conn.scalar(select(func.count()).where(versions.c.document_id == document_id))
        live = select(func.count(passages.c.version.distinct())).where(
            passages.c.document_id == document_id, passages.c.retired_seq.is_(None)
        )
        return int(written or 0), int(conn.scalar(live) or 0)


def test_a_submitted_document_is_written_and_the_job_says_how(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    with working(settings):
        job_id = queue.submit(doc("a", "The bell rings at noon."))
        bell.ring()
        job = ended(queue, bell, job_id)
    assert job.result is not None
    assert (job.state, job.result["state"], job.result["version"], job.result["passages"]) == ("live", "added", 1, 1)
    assert job.result["index_version"] == ledger.head()
    assert ledger.text("a", 1) == "The bell rings at noon."


def test_a_ring_starts_the_work_and_the_announcement_ends_the_wait_at_once(
    settings: Settings, queue: Jobs, bell: Doorbell
) -> None:
    with working(settings):
        ended(queue, bell, queue.submit(doc("warm", "It works by now.")))
        time.sleep(0.1)  # it waits at the doorbell
        took = []
        for n in range(5):
            began = time.monotonic()
            job_id = queue.submit(doc(str(n), f"The bell rings at {n}."))
            bell.ring()
            ended(queue, bell, job_id)
            took.append(time.monotonic() - began)
    assert sorted(took)[2] < 0.3, took


def test_writes_of_one_document_come_in_order_whoever_works(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    ids = [queue.submit(doc("a", f"The bell rings at {n}.")) for n in range(12)]
    with ExitStack() as workers:
        for _ in range(3):
            workers.enter_context(working(settings))
        results = [ended(queue, bell, job_id).result for job_id in ids]
    assert [result and result["version"] for result in results] == list(range(1, 13))
    assert ledger.text("a", 12) == "The bell rings at 11."
    assert count_versions(ledger, "a") == (12, 1)


def test_a_poison_document_fails_with_its_reason_and_the_others_go_on(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    broken = DocumentInput("broken", b"%PDF-1.7 and then nothing", mime_type="application/pdf", filename="broken.pdf")
    empty = doc("empty", "  \n ")
    ids = [queue.submit(given) for given in (doc("a", "One."), broken, empty, doc("b", "Two."))]
    other = queue.submit(DocumentInput("a", b"Three.", mime_type="text/plain", collection="other"))
    with working(settings):
        a, failed, without_text, b = (ended(queue, bell, job_id) for job_id in ids)
        conflict = ended(queue, bell, other)
    assert (a.state, b.state) == ("live", "live")
    assert (failed.state, failed.attempts) == ("failed", 1)
    assert failed.error is not None
    assert failed.error["code"] in {"broken", "unreadable", "empty"}
    assert failed.error["detail"]
    assert without_text.error is not None
    assert (without_text.state, without_text.error["code"]) == ("failed", "empty")
    assert conflict.error is not None
    assert (conflict.state, conflict.error["code"]) == ("failed", "conflict")
    with pytest.raises(NotFound):
        ledger.document("broken")


def test_a_killed_workers_job_is_finished_by_another_exactly_once(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    with worker_process(settings) as first:
        job_id = queue.submit(doc("a", "SLEEP until you are killed."))
        until(lambda: queue.get(job_id).state == "embedding")
        first.kill()
    with worker_process(settings):
        job = ended(queue, bell, job_id)
    assert (job.state, job.attempts) == ("live", 2)
    assert count_versions(ledger, "a") == (1, 1)


def test_a_worker_killed_after_the_commit_leaves_one_version(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    """As if it died between the commit of the document and the end of the job."""
    job_id = queue.submit(doc("a", "Written, but not told."))
    with working(settings):
        ended(queue, bell, job_id)
    with writing(ledger.engine) as conn:
        told = {"state": "embedding", "due": 0.0, "lease_owner": "gone", "result": None}
        conn.execute(jobs.update().where(jobs.c.id == job_id).values(**told))
        conn.execute(job_contents.insert().values(job_id=job_id, content=b"Written, but not told."))
    with working(settings):
        assert ended(queue, bell, job_id).state == "live"
    assert count_versions(ledger, "a") == (1, 1)


def test_a_zombie_cannot_undo_what_came_after_it(settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell) -> None:
    """A worker is stopped in the middle, its job and a younger one are done by another, then it wakes."""
    with worker_process(settings) as zombie:
        old = queue.submit(doc("a", "SLEEP: the old text."))
        until(lambda: queue.get(old).state == "embedding")
        zombie.send_signal(signal.SIGSTOP)
        new = queue.submit(doc("a", "The new text."))
        with working(settings):
            assert ended(queue, bell, old).state == "live"
            assert ended(queue, bell, new).state == "live"
        zombie.send_signal(signal.SIGCONT)
        ended(queue, bell, queue.submit(doc("b", "The zombie is done with the other one.")))
    assert count_versions(ledger, "a") == (2, 1)
    assert ledger.text("a", 2) == "The new text."
    assert queue.get(old).attempts == 2


def test_a_zombie_cannot_bring_back_a_deleted_document(settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell) -> None:
    with worker_process(settings) as zombie:
        job_id = queue.submit(doc("a", "SLEEP, then come back."))
        until(lambda: queue.get(job_id).state == "embedding")
        zombie.send_signal(signal.SIGSTOP)
        with working(settings):
            assert ended(queue, bell, job_id).state == "live"
        ledger.delete("a")
        zombie.send_signal(signal.SIGCONT)
        # The zombie is the only worker: it takes this job when it is done with the other one.
        ended(queue, bell, queue.submit(doc("b", "Something else.")))
    with pytest.raises(NotFound):
        ledger.document("a")


def test_a_delete_stands_against_a_write_that_was_submitted_before_it(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    with working(settings):
        ended(queue, bell, queue.submit(doc("a", "The first text.")))
    job_id = queue.submit(doc("a", "The second text."))
    ledger.delete("a")
    with working(settings):
        ended(queue, bell, job_id)
    with pytest.raises(NotFound):
        ledger.document("a")


def test_a_long_job_keeps_its_lease(settings: Settings, queue: Jobs, bell: Doorbell) -> None:
    with worker_process(settings, lease_s=0.6), worker_process(settings, lease_s=0.6):
        job = ended(queue, bell, queue.submit(doc("a", "SLEEP longer than the lease.")))
    assert (job.state, job.attempts) == ("live", 1)


def test_a_document_that_kills_its_workers_ends_as_dead_and_the_others_go_on(
    settings: Settings, queue: Jobs, bell: Doorbell
) -> None:
    poison, good = queue.submit(doc("poison", "DIE")), queue.submit(doc("good", "Live."))
    deaths = 0
    while not queue.get(poison).ended:
        with worker_process(settings, lease_s=0.5) as process:
            until(lambda: process.poll() is not None or queue.get(poison).ended)
            deaths += process.poll() == -signal.SIGKILL
    job = queue.get(poison)
    assert (deaths, job.state, job.attempts) == (3, "dead", 3)
    assert job.error is not None
    assert job.error["code"] == "worker_died"
    with working(settings):
        assert ended(queue, bell, good).state == "live"


def test_a_parser_that_hangs_ends_its_worker(settings: Settings, queue: Jobs) -> None:
    job_id = queue.submit(doc("a", "HANG"))
    with worker_process(settings) as process:
        assert process.wait(30) == 1
    assert queue.get(job_id).state == "parsing"


def test_an_unexpected_error_is_retried_and_the_worker_goes_on(settings: Settings, queue: Jobs, bell: Doorbell) -> None:
    with worker_process(settings):
        bad, good = queue.submit(doc("bad", "BOOM")), queue.submit(doc("good", "Fine."))
        assert ended(queue, bell, good).state == "live"
        until(lambda: queue.get(bad).attempts == 2)
        job = queue.get(bad)
    assert job.error == {"code": "internal", "detail": "RuntimeError: boom"}
    assert not job.ended


class Interrupted(HashEmbedder):
    """Sets `stop` in the middle of the work."""

    def __init__(self, stage: str, seconds: float = 0.0):
        super().__init__()
        self.stage, self.seconds = stage, seconds
        self.stop = threading.Event()

    def count_tokens(self, texts):  # type: ignore[no-untyped-def]
        if self.stage == "parsing":
            self.stop.set()
        return super().count_tokens(texts)

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        if self.stage == "embedding":
            self.stop.set()
            time.sleep(self.seconds)
        return super().embed_passages(texts)


def test_a_stop_while_parsing_returns_the_job(settings: Settings, queue: Jobs) -> None:
    job_id = queue.submit(doc("a", "Later."))
    embedder = Interrupted("parsing")
    ingest.worker.run(settings, stop=embedder.stop, embedder=embedder)
    assert (queue.get(job_id).state, queue.get(job_id).attempts) == ("queued", 0)


def test_a_stop_while_embedding_lets_the_job_end(settings: Settings, queue: Jobs) -> None:
    ids = [queue.submit(doc("a", "Now.")), queue.submit(doc("b", "Not any more."))]
    embedder = Interrupted("embedding", seconds=0.5)
    ingest.worker.run(settings, stop=embedder.stop, embedder=embedder)
    assert [queue.get(job_id).state for job_id in ids] == ["live", "queued"]


class Slow(HashEmbedder):
    """Waits in the middle of the work until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.go_on = threading.Event(), threading.Event()

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        self.there.set()
        self.go_on.wait(10)
        return super().embed_passages(texts)


def test_a_job_that_is_cancelled_while_it_is_embedded_writes_nothing(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    embedder, desk = Slow(), Queue(ledger.engine)
    with working(settings, embedder=embedder):
        cancelled, other = queue.submit(doc("a", "Never.")), queue.submit(doc("b", "Still."))
        assert embedder.there.wait(10)
        assert desk.cancel(cancelled).state == "embedding"
        embedder.go_on.set()
        job = ended(queue, bell, cancelled)
        assert (job.state, job.error and job.error["code"]) == ("failed", "cancelled")
        assert ended(queue, bell, other).state == "live"
    assert count_versions(ledger, "a") == (0, 0)


def test_a_paused_worker_takes_nothing_and_goes_on_when_told(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell
) -> None:
    desk = Queue(ledger.engine)
    desk.pause()
    with working(settings):
        job_id = queue.submit(doc("a", "Later."))
        bell.ring()
        assert queue.wait(job_id, bell, 1.5).state == "queued"
        desk.resume()
        assert ended(queue, bell, job_id).state == "live"


def test_a_job_that_does_not_end_soon_after_a_stop_goes_to_another(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.worker, "_GRACE_S", 0.3)
    job_id = queue.submit(doc("a", "Long."))
    embedder = Interrupted("embedding", seconds=3)
    thread = threading.Thread(target=ingest.worker.run, args=(settings,), kwargs={"stop": embedder.stop, "embedder": embedder})
    thread.start()
    until(lambda: embedder.stop.is_set() and queue.get(job_id).state == "queued", seconds=2)
    assert queue.get(job_id).attempts == 0
    with working(settings):
        assert ended(queue, bell, job_id, seconds=2).state == "live"
    thread.join()
    assert count_versions(ledger, "a") == (1, 1)


@pytest.mark.parametrize("fault", ["killed", "emptied", "killed and emptied"])
def test_no_job_is_lost_with_redis(
    settings: Settings, ledger: Ledger, queue: Jobs, bell: Doorbell, valkey: EmbeddedValkey, fault: str
) -> None:
    with worker_process(settings), worker_process(settings):
        ids = []
        for n in range(40):
            ids.append(queue.submit(doc(str(n), f"The bell rings at {n}.")))
            bell.ring()
            if n == 20:
                if "emptied" in fault:
                    with open_redis(settings) as connection:
                        connection.flushall()
                if "killed" in fault:
                    valkey.stop()
        states = [ended(queue, bell, job_id, seconds=60).state for job_id in ids]
    assert states == ["live"] * 40
    assert ledger.counts()["documents"] == 40


def test_jobs_that_were_submitted_before_redis_and_workers_existed_are_done(
    settings: Settings, queue: Jobs, bell: Doorbell, valkey: EmbeddedValkey
) -> None:
    valkey.stop()
    ids = [queue.submit(doc(str(n), f"The bell rings at {n}.")) for n in range(3)]
    with working(settings):
        assert [ended(queue, bell, job_id).state for job_id in ids] == ["live"] * 3


def test_a_result_names_the_version_that_readers_see(settings: Settings, queue: Jobs, bell: Doorbell) -> None:
    with working(settings):
        first = ended(queue, bell, queue.submit(doc("a", "One.")))
        same = ended(queue, bell, queue.submit(doc("a", "One.")))
        second = ended(queue, bell, queue.submit(doc("a", "Two.")))
    seen = [WriteResult(**(job.result or {})) for job in (first, same, second)]
    assert [(r.version, r.state) for r in seen] == [(1, "added"), (1, "unchanged"), (2, "updated")]
