"""Writes answers into the ledger in a thread of its own, several in one transaction, while who asked waits a moment.

Who asked waits at most `PATIENCE_S` for the commit, so a ledger that is being written to does not hold answers up; until
it stands in the ledger, an answer is found here. Commits do not wait for the disk (`engine.loose`): a killed process loses
no answer that was sent, a power cut may lose those of the last seconds.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rag.record.answers import Answers, Stored, store
from rag.record.engine import loose
from rag.runtime import metrics
from rag.runtime.logger import get_logger

log = get_logger()

PATIENCE_S = 0.025
_BATCH = 64
_MOST = 2_000  # answers that wait for a ledger that cannot be written to; further ones are lost
_PAUSE_S = 1.0  # after a failure
_CLEAN_EVERY_S = 3600.0
_DAY_S = 86_400.0


class Recorder:
    """One a process. `close` when done: what waits is written then."""

    def __init__(self, engine: Engine, keep_days: int):
        self._engine, self._keep_s = engine, keep_days * _DAY_S
        self._wake = threading.Condition()
        self._waiting: deque[tuple[Stored, threading.Event]] = deque()
        self._pending: dict[str, Stored] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def keep(self, stored: Stored) -> bool:
        """Whether it stands in the ledger already. Never raises for the ledger's faults."""
        done = threading.Event()
        with self._wake:
            if self._closed or len(self._waiting) >= _MOST:
                metrics.ANSWERS_LOST.inc()
                return False
            self._pending[stored.id] = stored
            self._waiting.append((stored, done))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
                self._thread.start()
                atexit.register(self.close)
            self._wake.notify()
        if done.wait(PATIENCE_S):
            return True
        metrics.ANSWERS_LATE.inc()
        return False

    def pending(self, answer_id: str) -> Stored | None:
        """An answer that is not in the ledger yet."""
        return self._pending.get(answer_id)

    def flush(self, timeout: float = 10.0) -> None:
        """Returns when all that was given is written, or after `timeout` seconds."""
        end = time.monotonic() + timeout
        while self._pending and time.monotonic() < end:
            time.sleep(0.005)

    def close(self, timeout: float = 5.0) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout)
            atexit.unregister(self.close)

    def _run(self) -> None:
        engine, clean_at = loose(self._engine), time.monotonic() + 60
        try:
            while True:
                batch = self._take(clean_at - time.monotonic())
                if batch:
                    self._write(engine, batch)
                elif self._closed:
                    return
                if time.monotonic() >= clean_at:
                    clean_at = time.monotonic() + _CLEAN_EVERY_S
                    self._clean()
        finally:
            engine.dispose()

    def _take(self, timeout: float) -> list[tuple[Stored, threading.Event]]:
        with self._wake:
            if not self._waiting and not self._closed:
                self._wake.wait(max(0.0, timeout))
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _write(self, engine: Engine, batch: list[tuple[Stored, threading.Event]]) -> None:
        try:
            with engine.connect().execution_options(writing=True) as conn, conn.begin():
                store(conn, [stored for stored, _ in batch])
        except DBAPIError as exc:
            log.warning("answers cannot be written to the record yet", waiting=len(batch), error=str(exc.orig))
            self._again(batch)
            return
        for stored, done in batch:
            self._pending.pop(stored.id, None)
            done.set()
        metrics.ANSWERS_KEPT.inc(len(batch))

    def _again(self, batch: list[tuple[Stored, threading.Event]]) -> None:
        with self._wake:
            if self._closed:
                metrics.ANSWERS_LOST.inc(len(batch))
                return
            self._waiting.extendleft(reversed(batch))
        time.sleep(_PAUSE_S)

    def _clean(self) -> None:
        """Removes answers that are older than they are kept, a few at a time."""
        try:
            while Answers(self._engine).remove_before(time.time() - self._keep_s) and not self._waiting:
                time.sleep(0.05)
        except DBAPIError as exc:
            log.warning("old answers cannot be removed", error=str(exc.orig))
