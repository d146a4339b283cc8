"""The queue in the ledger: order, leases, attempts, and what a worker that lost its lease can still do (nothing)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from ingest.jobs import MAX_ATTEMPTS, Jobs
from ingest.unavailable import unavailable
from rag.domain import DocumentInput, WriteResult
from rag.errors import NotFound, UpstreamError
from rag.record.engine import open_engine, writing
from rag.record.schema import job_contents, jobs
from rag.runtime.remote import Doorbell

ERROR = {"code": "upstream", "detail": "the model did not answer"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def queue(engine: Engine) -> Jobs:
    return Jobs(engine)


def doc(document_id: str = "a", content: bytes = b"text") -> DocumentInput:
    return DocumentInput(document_id, content)


def due_now(engine: Engine, job_id: int) -> None:
    """As if the pause or the lease of a job had passed."""
    with writing(engine) as conn:
        conn.execute(update(jobs).where(jobs.c.id == job_id).values(due=time.time() - 1))


def contents(engine: Engine) -> int:
    with engine.connect() as conn:
        return int(conn.scalar(select(func.count()).select_from(job_contents)) or 0)


def test_a_document_comes_back_as_it_was_submitted(queue: Jobs) -> None:
    given = DocumentInput(
        "用户/手册.md",
        bytes(range(256)),
        mime_type="text/markdown",
        filename="手册.md",
        title="手册",
        url="https://example.com/a",
        source="folder/手册.md",
        collection="help",
        metadata={"product": "B5", "tags": ["a", "b"], "n": 3},
        acl=("staff", "partners"),
    )
    job_id = queue.submit(given)
    assert queue.claim("w") == (job_id, given)


def test_a_new_job_is_queued_and_unknown_ones_are_not_found(queue: Jobs) -> None:
    job = queue.get(queue.submit(doc()))
    assert (job.state, job.progress, job.attempts, job.error, job.result, job.ended) == ("queued", 0, 0, None, None, False)
    with pytest.raises(NotFound):
        queue.get(job.id + 1)


def test_jobs_are_claimed_oldest_first_and_each_once(queue: Jobs) -> None:
    ids = [queue.submit(doc(str(n))) for n in range(3)]
    claimed = [queue.claim("w") for _ in range(4)]
    assert [job and job[0] for job in claimed] == [*ids, None]


def test_states_progress_and_result(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    seen = [queue.get(job_id).progress]
    queue.claim("w")
    assert queue.get(job_id).state == "parsing"
    seen.append(queue.get(job_id).progress)
    assert queue.progress(job_id, "w", "embedding")
    seen.append(queue.get(job_id).progress)
    assert queue.unfinished() == 1
    assert queue.finish(job_id, "w", WriteResult("a", 1, "added", 7, passages=2, embedded=2))
    job = queue.get(job_id)
    seen.append(job.progress)
    assert seen == sorted(set(seen))
    assert seen[-1] == 1
    assert (job.state, job.result) == (
        "live",
        {
            "document_id": "a",
            "version": 1,
            "state": "added",
            "index_version": 7,
            "passages": 2,
            "embedded": 2,
            "cleaned": {},
            "left_out": {},
        },
    )
    assert queue.unfinished() == contents(engine) == 0


def test_two_jobs_of_one_document_are_worked_on_one_after_the_other(queue: Jobs) -> None:
    first, other, second = queue.submit(doc("a")), queue.submit(doc("b")), queue.submit(doc("a"))
    assert queue.claim("w1") == (first, doc("a"))
    assert queue.claim("w2") == (other, doc("b"))
    assert queue.claim("w3") is None
    queue.finish(first, "w1", WriteResult("a", 1, "added", 1))
    assert queue.claim("w3") == (second, doc("a"))


def test_a_pausing_job_holds_back_the_younger_one_of_its_document(engine: Engine, queue: Jobs) -> None:
    first, second = queue.submit(doc("a", b"old")), queue.submit(doc("a", b"new"))
    queue.claim("w")
    queue.fail(first, "w", ERROR, retry=True)
    assert queue.claim("w") is None
    due_now(engine, first)
    assert queue.claim("w") == (first, doc("a", b"old"))
    queue.fail(first, "w", ERROR, retry=False)
    assert queue.claim("w") == (second, doc("a", b"new"))


def test_an_expired_lease_is_taken_over_and_the_former_owner_can_do_nothing(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("zombie", lease_s=0.05)
    assert queue.claim("w") is None
    time.sleep(0.06)
    assert queue.claim("w") == (job_id, doc())
    assert not queue.renew(job_id, "zombie")
    assert not queue.progress(job_id, "zombie", "embedding")
    assert not queue.finish(job_id, "zombie", WriteResult("a", 1, "added", 1))
    assert not queue.fail(job_id, "zombie", ERROR, retry=False)
    assert not queue.release(job_id, "zombie")
    job = queue.get(job_id)
    assert (job.state, job.attempts, contents(engine)) == ("parsing", 2, 1)
    assert queue.finish(job_id, "w", WriteResult("a", 1, "added", 1))
    assert not queue.fail(job_id, "w", ERROR, retry=True), "an ended job stays ended"
    assert queue.get(job_id).state == "live"


def test_a_renewed_lease_is_not_taken_over(queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("w", lease_s=0.05)
    assert queue.renew(job_id, "w", lease_s=30)
    time.sleep(0.06)
    assert queue.claim("other") is None


def test_retries_pause_longer_each_time_and_end_as_dead(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        assert queue.claim("w") is not None
        assert queue.fail(job_id, "w", ERROR, retry=True)
        with engine.connect() as conn:
            due = conn.scalar(select(jobs.c.due).where(jobs.c.id == job_id))
        if due is not None:
            pauses.append(due - time.time())
            assert queue.get(job_id).state == "queued"
            assert queue.claim("w") is None
            due_now(engine, job_id)
    job = queue.get(job_id)
    assert pauses == sorted(pauses)
    assert min(pauses) > 1
    assert (job.state, job.attempts, job.error) == ("dead", MAX_ATTEMPTS, ERROR)
    assert queue.claim("w") is None
    assert contents(engine) == 0


def test_an_error_that_stays_fails_at_once(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("w")
    queue.fail(job_id, "w", {"code": "encrypted", "detail": "it has a password"}, retry=False)
    job = queue.get(job_id)
    assert (job.state, job.attempts, job.ended) == ("failed", 1, True)
    assert job.error == {"code": "encrypted", "detail": "it has a password"}
    assert contents(engine) == 0


def test_an_error_of_an_earlier_attempt_is_gone_when_the_job_succeeds(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("w")
    queue.fail(job_id, "w", ERROR, retry=True)
    due_now(engine, job_id)
    queue.claim("w")
    queue.finish(job_id, "w", WriteResult("a", 1, "added", 1))
    assert queue.get(job_id).error is None


def test_a_job_that_kills_its_workers_ends_as_dead(engine: Engine, queue: Jobs) -> None:
    poison = queue.submit(doc("poison"))
    for _ in range(MAX_ATTEMPTS):
        assert queue.claim("w") == (poison, doc("poison"))
        due_now(engine, poison)
    other = queue.submit(doc("other"))
    assert queue.claim("w") == (other, doc("other")), "a new write does not wait for a poison"
    assert queue.claim("w") is None
    job = queue.get(poison)
    assert job.state == "dead"
    assert job.error is not None
    assert job.error["code"] == "worker_died"
    assert contents(engine) == 1


def test_a_returned_job_is_due_at_once_and_its_attempt_does_not_count(queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("w")
    assert queue.release(job_id, "w")
    assert (queue.get(job_id).state, queue.get(job_id).attempts) == ("queued", 0)
    assert queue.claim("other") == (job_id, doc())


def test_a_clock_that_is_set_back_does_not_block_the_queue(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())
    queue.claim("gone", lease_s=30)
    with writing(engine) as conn:  # leased before the clock went back by an hour
        conn.execute(update(jobs).values(due=jobs.c.due + 3600))
    claimed = queue.claim("w")
    assert claimed is not None
    assert claimed[0] == job_id


def test_many_workers_claim_every_job_exactly_once(queue: Jobs) -> None:
    ids = [queue.submit(doc(str(n % 10))) for n in range(60)]
    taken: list[tuple[int, str]] = []

    def work(owner: str) -> None:
        while queue.unfinished():
            if (claimed := queue.claim(owner)) is not None:
                taken.append((claimed[0], claimed[1].id))
                assert queue.finish(claimed[0], owner, WriteResult(claimed[1].id, 1, "added", 1))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(job_id for job_id, _ in taken) == ids
    for n in range(10):
        of_document = [job_id for job_id, document_id in taken if document_id == str(n)]
        assert of_document == sorted(of_document)


def test_a_job_survives_a_reopened_ledger(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = open_engine(url)
    job_id = Jobs(engine).submit(doc())
    engine.dispose()
    engine = open_engine(url)
    assert Jobs(engine).claim("w") == (job_id, doc())
    engine.dispose()


@pytest.mark.alone
def test_waiting_ends_with_the_job_or_with_the_time(queue: Jobs) -> None:
    def no_redis() -> None:
        raise UpstreamError("there is none")

    bell = Doorbell(no_redis)  # type: ignore[arg-type]
    job_id = queue.submit(doc())
    began = time.monotonic()
    assert queue.wait(job_id, bell, timeout=0.3).state == "queued"
    assert 0.3 <= time.monotonic() - began < 1.0
    queue.claim("w")
    timer = threading.Timer(0.3, queue.finish, (job_id, "w", WriteResult("a", 1, "added", 1)))
    timer.start()
    began = time.monotonic()
    assert queue.wait(job_id, bell, timeout=30).state == "live"
    assert time.monotonic() - began < 2.0
    timer.join()


def test_a_full_disk_is_told_from_a_wrong_statement(engine: Engine, queue: Jobs) -> None:
    job_id = queue.submit(doc())

    @event.listens_for(engine, "begin")
    def no_more_pages(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(UpstreamError) as full:
        queue.submit(doc("big", bytes(1_000_000)))
    assert unavailable(full.value)
    assert unavailable(full.value.__cause__ or full.value)
    assert queue.get(job_id).state == "queued"
    with pytest.raises(OperationalError) as wrong, engine.connect() as conn:
        conn.exec_driver_sql("SELECT nothing FROM nowhere")
    assert isinstance(wrong.value.orig, sqlite3.OperationalError)
    assert not unavailable(wrong.value)
    assert not unavailable(ValueError("a bad document"))
