"""The ingest worker: takes jobs from the ledger one at a time and writes their documents."""

from __future__ import annotations

import faulthandler
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import structlog

from ingest import handoffs, schedule
from ingest.jobs import CANCELLED, LEASE_S, Jobs
from ingest.pipeline import Pipeline
from ingest.unavailable import unavailable
from rag.domain import DocumentInput, WriteResult
from rag.errors import ConfigError, Conflict, InputError, NotFound, UpstreamError, XiansouError
from rag.ports import Embedder
from rag.runtime.metrics import INGEST_JOBS
from rag.runtime.remote import Doorbell
from rag.runtime.stores import open_redis
from rag.runtime.telemetry import WriteClock
from rag.settings import Settings
from rag.wiring import Application, open_application

log = structlog.get_logger()

_GRACE_S = 3.0  # after a stop the job under way may still end; then it goes back to the queue
_PAUSE_S = 5.0  # while the ledger cannot be used
_PARSE_LIMIT_S = 300.0  # a parser that needs longer hangs


def run(settings: Settings, *, stop: threading.Event, embedder: Embedder | None = None, lease_s: float = LEASE_S) -> None:
    """Works on jobs until `stop` is set.

    In the main thread a parser that hangs ends the process (its job is retried elsewhere, then `dead`). Raises
    ConfigError as `rag.wiring.open_application` does, or when the model of a newly live generation cannot be had.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    application = open_application(settings, embedder=embedder)
    ended = threading.Event()
    sources, desk = schedule.start(application, ended), handoffs.start(application, ended)
    try:
        _Worker(application, Doorbell(lambda: open_redis(settings)), owner, stop, lease_s).work()
    finally:
        ended.set()
        sources.join(_GRACE_S)
        if desk is not None:
            desk.join(_GRACE_S)
        application.close()


class _Return(Exception):
    """The worker is to stop: the job goes back to the queue."""


class _Lost(Exception):
    """Another worker has the job by now."""


class _Cancelled(Exception):
    """Nobody wants the document any more."""


@dataclass(frozen=True, slots=True)
class _Worker:
    application: Application
    bell: Doorbell
    owner: str
    stop: threading.Event
    lease_s: float

    def work(self) -> None:
        """Returns when `stop` is set."""
        jobs = Jobs(self.application.ledger.engine)
        log.info("worker ready", owner=self.owner)
        while not self.stop.is_set():
            try:
                claimed = jobs.claim(self.owner, self.lease_s)
                if claimed is None:
                    self.bell.wait(1.0)
                else:
                    self._process(jobs, *claimed)
            except UpstreamError as exc:
                log.warning("the worker pauses", error=str(exc))
                self.stop.wait(_PAUSE_S)

    def _process(self, jobs: Jobs, job_id: int, doc: DocumentInput) -> None:
        """One job to its end, or back to the queue."""
        began = time.perf_counter()
        logger = log.bind(job=job_id, document=doc.id)
        try:
            with self._leased(jobs, job_id):
                result = self._put(jobs, job_id, doc)
            if jobs.finish(job_id, self.owner, result):
                INGEST_JOBS.labels("live").inc()
                seconds = round(time.perf_counter() - began, 3)
                logger.info("written", state=result.state, passages=result.passages, seconds=seconds)
            else:
                logger.warning("lease lost; another worker ends this job")
        except _Return:
            jobs.release(job_id, self.owner)
        except _Lost:
            logger.warning("lease lost; another worker ends this job")
        except _Cancelled:
            logger.info("cancelled")
            jobs.fail(job_id, self.owner, CANCELLED, retry=False)
        except Exception as exc:
            self._failed(jobs, job_id, exc)
        if jobs.get(job_id).ended:
            self.bell.announce(job_id)

    def _put(self, jobs: Jobs, job_id: int, doc: DocumentInput) -> WriteResult:
        clock = WriteClock()

        def on_stage(stage: str) -> None:
            clock.enter(stage)
            if self.stop.is_set() and stage != "writing":
                raise _Return
            if stage == "embedding":
                faulthandler.cancel_dump_traceback_later()
                if not jobs.progress(job_id, self.owner, "embedding"):
                    raise _Lost
            if stage != "parsing" and jobs.cancelled(job_id):
                raise _Cancelled

        pipeline = Pipeline(self.application.ledger, self.application.views.writing, self.application.settings)
        with _parse_limit():
            result = pipeline.put(doc, order=job_id, on_stage=on_stage)
        clock.end()
        return result

    def _failed(self, jobs: Jobs, job_id: int, exc: Exception) -> None:
        """Notes why a job failed, and whether it is tried again. Raises ConfigError: no job can be worked on."""
        logger = log.bind(job=job_id)
        if isinstance(exc, Conflict) and exc.code == "generation_changed":
            jobs.release(job_id, self.owner)
        elif isinstance(exc, ConfigError):
            jobs.release(job_id, self.owner)
            raise exc
        elif unavailable(exc):
            jobs.release(job_id, self.owner, pause_s=_PAUSE_S)
            logger.warning("the ledger or the disk cannot be used; the job waits", error=str(exc))
            self.stop.wait(_PAUSE_S)
        elif isinstance(exc, XiansouError):
            retry = not isinstance(exc, InputError | Conflict | NotFound)
            INGEST_JOBS.labels("retried" if retry else "failed").inc()
            logger.warning("failed", code=exc.code, detail=str(exc), retry=retry)
            jobs.fail(job_id, self.owner, {"code": exc.code, "detail": str(exc)}, retry=retry)
        else:
            INGEST_JOBS.labels("retried").inc()
            logger.error("failed unexpectedly", exc_info=exc)
            detail = f"{type(exc).__name__}: {exc}"[:500]
            jobs.fail(job_id, self.owner, {"code": "internal", "detail": detail}, retry=True)

    @contextmanager
    def _leased(self, jobs: Jobs, job_id: int) -> Iterator[None]:
        """Renews the lease meanwhile; gives the job back when it does not end soon after a stop."""
        done = threading.Event()

        def keep() -> None:
            renewed = time.monotonic()
            stopped: float | None = None
            while not done.wait(min(0.2, self.lease_s / 3)):
                at = time.monotonic()
                stopped = stopped or (at if self.stop.is_set() else None)
                try:
                    if stopped and at - stopped > _GRACE_S:
                        jobs.release(job_id, self.owner)
                        return
                    if at - renewed > self.lease_s / 3:
                        jobs.renew(job_id, self.owner, self.lease_s)
                        renewed = at
                except XiansouError as exc:
                    log.warning("cannot renew a lease", job=job_id, error=str(exc))

        keeper = threading.Thread(target=keep, name=f"lease of job {job_id}", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()


@contextmanager
def _parse_limit() -> Iterator[None]:
    """Ends the process when parsing takes too long: nothing else stops C code that holds the interpreter's lock."""
    ours = threading.current_thread() is threading.main_thread()
    if ours:
        faulthandler.dump_traceback_later(_PARSE_LIMIT_S, exit=True, file=2)  # stderr
    try:
        yield
    finally:
        if ours:
            faulthandler.cancel_dump_traceback_later()
