"""The queue for people: pages, batches, cancel and pause."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from ingest.jobs import Jobs
from ingest.queue import Queue
from rag.domain import DocumentInput, WriteResult
from rag.errors import Conflict, NotFound
from rag.record.engine import open_engine, writing
from rag.record.schema import job_contents, jobs
from rag.record.tables.queue import job_cancels


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def work(engine: Engine) -> Jobs:
    return Jobs(engine)


@pytest.fixture
def queue(engine: Engine) -> Queue:
    return Queue(engine)


def doc(document_id: str) -> DocumentInput:
    return DocumentInput(document_id, b"text")


def rows(engine: Engine, table: object) -> int:
    with engine.connect() as conn:
        return int(conn.scalar(select(func.count()).select_from(table)) or 0)  # type: ignore[arg-type]


def test_pages_go_from_new_to_old_and_miss_nothing(work: Jobs, queue: Queue) -> None:
    ids = [work.submit(doc(str(n))) for n in range(7)]
    seen: list[int] = []
    while page := queue.page(before=seen[-1] if seen else None, limit=3):
        seen += [job.id for job in page]
    assert seen == ids[::-1]
    work.claim("w")
    assert [job.id for job in queue.page(state="parsing")] == ids[:1]


def test_a_batch_tells_how_far_all_of_it_is(work: Jobs, queue: Queue) -> None:
    batch = queue.open_batch("manuals")
    ids = [work.submit(doc(f"b{n}"), batch) for n in range(4)]
    single = work.submit(doc("single"))
    assert (queue.batch(batch).total, queue.batch(batch).progress) == (4, 0)
    assert work.claim("w") == (single, doc("single")), "an edit does not wait for a folder"
    for number, job_id in enumerate(ids[:3]):
        assert work.claim("w") == (job_id, doc(f"b{number}"))
    work.finish(ids[0], "w", WriteResult("b0", 1, "added", 1))
    work.fail(ids[1], "w", {"code": "encrypted", "detail": "-"}, retry=False)
    told = queue.batch(batch)
    assert told.states == {"live": 1, "failed": 1, "parsing": 1, "queued": 1}
    assert (told.name, told.total, told.progress) == ("manuals", 4, 0.5)
    assert [job.id for job in queue.page(batch=batch)] == ids[::-1]
    assert {job.batch for job in queue.page(batch=batch)} == {batch}
    assert work.get(single).batch is None
    with pytest.raises(NotFound):
        queue.batch("bat_unknown")


def test_an_edit_waits_for_the_older_job_of_its_own_document_even_in_a_batch(work: Jobs, queue: Queue) -> None:
    old = work.submit(doc("a"), queue.open_batch("folder"))
    new = work.submit(doc("a"))
    claimed = work.claim("w")
    assert claimed is not None
    assert claimed[0] == old
    work.finish(old, "w", WriteResult("a", 1, "added", 1))
    assert work.claim("w") == (new, doc("a"))


def test_a_waiting_job_is_cancelled_at_once(engine: Engine, work: Jobs, queue: Queue) -> None:
    job_id = work.submit(doc("a"))
    job = queue.cancel(job_id)
    assert (job.state, job.ended, job.error and job.error["code"]) == ("failed", True, "cancelled")
    assert work.claim("w") is None
    assert rows(engine, job_contents) == 0
    assert queue.cancel(job_id) == job, "a cancel may be repeated"


def test_a_running_job_is_asked_to_stop_and_its_worker_sees_it(engine: Engine, work: Jobs, queue: Queue) -> None:
    job_id = work.submit(doc("a"))
    work.claim("w")
    assert not work.cancelled(job_id)
    assert queue.cancel(job_id).state == "parsing"
    assert queue.cancel(job_id).state == "parsing"
    assert work.cancelled(job_id)
    work.fail(job_id, "w", {"code": "cancelled", "detail": "-"}, retry=False)
    assert rows(engine, job_cancels) == 0


def test_a_cancelled_job_of_a_dead_worker_is_not_tried_again(engine: Engine, work: Jobs, queue: Queue) -> None:
    job_id = work.submit(doc("a"))
    work.claim("dead")
    queue.cancel(job_id)
    with writing(engine) as conn:
        conn.execute(update(jobs).values(due=time.time() - 1))
    assert work.claim("w") is None
    job = work.get(job_id)
    assert (job.state, job.error and job.error["code"]) == ("failed", "cancelled")
    assert rows(engine, job_cancels) == rows(engine, job_contents) == 0


def test_what_has_ended_cannot_be_cancelled(work: Jobs, queue: Queue) -> None:
    job_id = work.submit(doc("a"))
    work.claim("w")
    work.finish(job_id, "w", WriteResult("a", 1, "added", 1))
    with pytest.raises(Conflict) as told:
        queue.cancel(job_id)
    assert told.value.code == "job_ended"
    with pytest.raises(NotFound):
        queue.cancel(job_id + 1)


def test_a_batch_is_cancelled_as_a_whole(work: Jobs, queue: Queue) -> None:
    batch = queue.open_batch("folder")
    ids = [work.submit(doc(str(n)), batch) for n in range(3)]
    work.claim("w")
    work.finish(ids[0], "w", WriteResult("0", 1, "added", 1))
    assert queue.cancel_batch(batch) == 2
    assert [work.get(key).state for key in ids] == ["live", "failed", "failed"]


def test_a_paused_queue_takes_jobs_and_gives_none(engine: Engine, work: Jobs, queue: Queue) -> None:
    held = work.submit(doc("held"))
    work.claim("w")
    queue.pause()
    queue.pause()
    assert queue.paused()
    waiting = work.submit(doc("waiting"))
    assert work.claim("w") is None
    assert Jobs(engine).claim("other process") is None
    assert work.finish(held, "w", WriteResult("held", 1, "added", 1)), "what is held ends"
    queue.resume()
    assert work.claim("w") == (waiting, doc("waiting"))


@pytest.mark.alone
def test_a_claim_stays_fast_behind_a_large_batch(work: Jobs, queue: Queue, engine: Engine) -> None:
    """10,000 files wait; an edit is claimed first, and claiming costs what it costs in a short queue."""
    batch = queue.open_batch("folder")
    work.submit(doc("f"), batch)
    with writing(engine) as conn:
        row = conn.execute(select(jobs)).one()._asdict()
        conn.execute(jobs.insert(), [row | {"id": 1 + n, "document_id": f"f{n}"} for n in range(1, 10_001)])
    edit = work.submit(doc("edit"))
    began = time.perf_counter()
    claimed = work.claim("w")
    took = time.perf_counter() - began
    assert claimed is not None
    assert claimed[0] == edit
    assert took < 0.25
