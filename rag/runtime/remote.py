"""A Redis that may be gone: commands that do without it, and the doorbell between writers and workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import XiansouError
from rag.runtime.logger import get_logger
from rag.runtime.stores import NotRunning

if TYPE_CHECKING:
    import redis

log = get_logger()

T = TypeVar("T")

_LISTEN_S = 1.0  # longest blocking command; under the limit for reading: silence is no dead connection
_RINGS = 64
_POLL_S = 0.5  # between two looks at the ledger while there is no Redis
_DEAF_S = 5.0  # Redis is left alone this long after a failure
_LOG_EVERY_S = 60.0


class Remote:
    """Commands to a Redis that may be gone. Never raises; safe for threads. After a failure it is left alone for a while."""

    def __init__(self, connect: Callable[[], redis.Redis], without: str = "doing without it"):
        """`connect` makes a client; it is called again after a failure. `without`: what is done meanwhile, for the log."""
        self._connect, self._without = connect, without
        self._lock = threading.Lock()
        self._redis: redis.Redis | None = None
        self._deaf_until = 0.0
        self._logged_at = -_LOG_EVERY_S

    def attempt(self, call: Callable[[redis.Redis], T]) -> T | None:
        """What `call` returns; None while there is no Redis."""
        if time.monotonic() < self._deaf_until:
            return None
        try:
            with self._lock:
                client = self._redis = self._redis or self._connect()
        except XiansouError as exc:
            self._go_deaf(exc)
            return None
        from redis import RedisError

        try:
            return call(client)
        except (RedisError, ValueError, OSError) as exc:  # the latter two: another thread has closed this client
            self._go_deaf(exc)
            return None

    def _go_deaf(self, exc: Exception) -> None:
        with self._lock:
            now = time.monotonic()
            self._deaf_until = now + _DEAF_S
            client, self._redis = self._redis, None
            quiet = now - self._logged_at < _LOG_EVERY_S
            self._logged_at = self._logged_at if quiet else now
        if client is not None:
            client.close()
        if not quiet:
            say = log.debug if isinstance(exc, NotRunning) else log.warning
            say(f"Redis is not usable; {self._without}", error=f"{type(exc).__name__}: {exc}")


class Doorbell(Remote):
    """Tells workers that there may be a job, and writers that theirs has ended. Never raises; safe for threads.

    News may be lost or late: who waits looks at the ledger after each call, whatever it returned.
    """

    _BELL = "xiansou:doorbell"

    def __init__(self, connect: Callable[[], redis.Redis]):
        """`connect` makes a client; it is called again after a failure."""
        super().__init__(connect, "waiting by polling the ledger")

    def ring(self, jobs: int = 1) -> None:
        """There may be so many jobs (> 0). Wakes a worker for each; up to 64 rings are kept for workers that are busy."""

        def push(client: redis.Redis) -> list[Any]:
            with client.pipeline(transaction=False) as commands:
                commands.lpush(self._BELL, *[1] * min(jobs, _RINGS))
                commands.ltrim(self._BELL, 0, _RINGS - 1)
                return commands.execute()

        self.attempt(push)

    def wait(self, timeout: float) -> bool:
        """Whether the bell rang. Returns within `timeout` seconds and within one second."""
        return self._hear(lambda r, seconds: r.blpop([self._BELL], seconds), timeout)

    def announce(self, job_id: int) -> None:
        """The job has ended; known for a minute to all that wait for it, now or later."""
        key = _job_key(job_id)

        def push(client: redis.Redis) -> list[Any]:
            with client.pipeline(transaction=False) as commands:
                commands.rpush(key, 1)
                commands.expire(key, 60)
                return commands.execute()

        self.attempt(push)

    def wait_for(self, job_id: int, timeout: float) -> bool:
        """Whether the job was announced, now or before. Returns within `timeout` seconds and within one second."""
        key = _job_key(job_id)
        # Moving the only element of a list onto itself waits for it without taking it from others.
        return self._hear(lambda r, seconds: r.blmove(key, key, seconds, "LEFT", "LEFT"), timeout)

    def _hear(self, listen: Callable[[Any, float], Any], timeout: float) -> bool:
        began = time.monotonic()
        seconds = max(0.01, min(timeout, _LISTEN_S))  # 0 would mean for ever
        if self.attempt(lambda r: listen(r, seconds)) is not None:
            return True
        time.sleep(max(0.0, began + min(timeout, _POLL_S) - time.monotonic()))
        return False


def _job_key(job_id: int) -> str:
    return f"xiansou:job:{job_id}:ended"
