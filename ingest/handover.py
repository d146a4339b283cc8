"""`xiansou ingest --queue`: a folder's changed files as jobs of one batch, for the workers that run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.folder import Progress, Summary, changed_of, missing_of
from ingest.jobs import Job, Jobs
from ingest.leftovers import LeftOut
from ingest.parse.frontmatter import UNPUBLISHED
from ingest.queue import OURS, Queue
from ingest.sources import find, name
from rag.domain import DEFAULT_COLLECTION, DocumentInput
from rag.record.ledger import Ledger
from rag.runtime.remote import Doorbell
from rag.runtime.stores import open_redis
from rag.settings import Settings

_AT_ONCE, _BYTES_AT_ONCE = 200, 8_000_000  # documents and bytes of one transaction: other writers wait for no more
_LOOK_S = 0.3
_PAGE = 500


@dataclass(slots=True)
class BatchSummary(Summary):
    """As `Summary`; the batch (None: nothing had changed) and how many of its jobs have not ended."""

    batch: str | None = None
    unfinished: int = 0

    def sentence(self) -> str:
        left = f"; {self.unfinished} jobs have not ended: xiansou jobs list --batch {self.batch}" if self.unfinished else ""
        return Summary.sentence(self) + left


@dataclass(slots=True)
class Handover:
    """A folder on its way to the workers. Not for several threads."""

    ledger: Ledger
    bell: Doorbell
    files: int
    name: str
    changed: Iterator[DocumentInput]  # read while they are submitted
    missing: list[str]  # documents to delete
    summary: BatchSummary = field(default_factory=BatchSummary)
    left: LeftOut = field(default_factory=LeftOut)
    sources: dict[str, str] = field(default_factory=dict)  # by document, of what was submitted
    began: float = field(default_factory=time.perf_counter)

    def submit(self) -> None:
        """Queues what has changed. What was submitted survives any crash; one who begins again submits it once more, and the
        workers find it unchanged."""
        jobs = Jobs(self.ledger.engine)
        for docs in _portions(self.changed):
            if self.summary.batch is None:
                self.summary.batch = Queue(self.ledger.engine).open_batch(self.name)
            self.sources.update((doc.id, str(doc.source)) for doc in docs)
            jobs.submit_many(docs, self.summary.batch)
            self.bell.ring(len(docs))

    def follow(self, progress: Progress, stalled: Callable[[bool], None], patience_s: float = 10.0) -> None:
        """Until all jobs have ended. `stalled` is called once when no worker has begun after a while; whether by a pause."""
        if self.summary.batch is None:
            return
        queue, began, warned = Queue(self.ledger.engine), time.monotonic(), False
        while True:
            looked, ended = time.monotonic(), self._ended(queue)
            if (left := len(self.sources) - ended) <= 0:
                break
            progress(self.files - left, self.files)
            if ended == 0 and not warned and time.monotonic() - began > patience_s and self._untouched(queue):
                warned = True
                stalled(queue.paused())
            time.sleep(max(_LOOK_S, 5 * (time.monotonic() - looked)))  # counting a huge batch must not keep the ledger busy
        progress(self.files, self.files)

    def delete_missing(self) -> None:
        """What the folder no longer has; nothing when that was not asked for."""
        for document_id in self.missing:
            self.ledger.delete(document_id)
            self.summary.deleted += 1
        self.missing = []

    def conclude(self) -> BatchSummary:
        """What has become of the files so far."""
        summary = self.summary
        summary.leave_out(self.name, self.left.as_dict())
        for job in self._jobs():
            if job.result is not None:
                _count(summary, job, self.sources[job.document_id])
            elif job.ended and job.error is not None and job.error["code"] == UNPUBLISHED:
                summary.leave_out(self.sources[job.document_id], {"not published": [job.error["detail"]]})
            elif job.ended and job.error is not None:
                detail = OURS.get(job.error["code"], job.error["detail"])
                summary.failed.append({"source": self.sources[job.document_id], "error": f"{job.error['code']}: {detail}"})
            else:
                summary.unfinished += 1
        summary.index_version = self.ledger.head()
        summary.seconds = round(time.perf_counter() - self.began, 3)
        return summary

    def _ended(self, queue: Queue) -> int:
        states = queue.batch(str(self.summary.batch)).states
        return sum(states.get(state, 0) for state in ("live", "failed", "dead"))

    def _untouched(self, queue: Queue) -> bool:
        return set(queue.batch(str(self.summary.batch)).states) == {"queued"}

    def _jobs(self) -> Iterator[Job]:
        """All of the batch, newest first."""
        before, queue = None, Queue(self.ledger.engine)
        while self.summary.batch is not None and (page := queue.page(before=before, limit=_PAGE, batch=self.summary.batch)):
            yield from page
            before = page[-1].id


def compare(
    paths: Sequence[Path],
    ledger: Ledger,
    settings: Settings,
    *,
    collection: str = DEFAULT_COLLECTION,
    delete_missing: bool = False,
    force: bool = False,
) -> Handover:
    """Every file at or below the paths, ready to be submitted where it differs from what stands. Raises as `ingest_paths`."""
    left = LeftOut()
    files = name(find(paths, left, without=settings.data_dir), ledger)
    summary, missing = BatchSummary(), missing_of(paths, files, ledger, force) if delete_missing else []
    changed = changed_of(files, ledger, settings, collection, summary, paths=paths, left=left)
    bell = Doorbell(lambda: open_redis(settings))
    return Handover(ledger, bell, len(files), ", ".join(str(path) for path in paths), changed, missing, summary, left)


def _portions(docs: Iterator[DocumentInput]) -> Iterator[list[DocumentInput]]:
    held: list[DocumentInput] = []
    size = 0
    for doc in docs:
        held.append(doc)
        size += len(doc.content)
        if len(held) == _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield held
            held, size = [], 0
    if held:
        yield held


def _count(summary: Summary, job: Job, source: str) -> None:
    assert job.result is not None
    summary.count(job.result["state"])
    summary.leave_out(source, job.result.get("left_out", {}))
    for rule, count in job.result.get("cleaned", {}).items():
        summary.cleaned[rule] = summary.cleaned.get(rule, 0) + count
    summary.passages += job.result["passages"] if job.result["state"] != "unchanged" else 0
