"""Runs a backend within a deadline: retried, broken off, and stopped when nobody waits any more."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator as Iterating
from collections.abc import Iterator, Mapping

from rag.answering.breaker import Breaker
from rag.answering.inbox import LOOK_S, Inbox, Pause, waited
from rag.answering.read import End, Messages, begin
from rag.answering.stop import Stop
from rag.domain import Usage
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import Cancelled, UpstreamError
from rag.ports import Generator
from rag.runtime.logger import get_logger

_TRIES = 3
_WAIT_S = 0.25  # before the second try; doubled each time, with jitter
_RETRIED = (408, 409, 425, 429)

log = get_logger()
Steps = Iterating[str | Pause, None, None]


class Backend:
    """A generator with its breaker. Keep one a process and generator."""

    def __init__(self, generator: Generator, breaker: Breaker | None = None):
        self.generator, self.breaker = generator, breaker or Breaker()

    @property
    def name(self) -> str:
        return self.generator.name

    def close(self) -> None:
        """Ends the generator's connections, where it has any."""
        close = getattr(self.generator, "close", None)
        if close is not None:
            close()

    def run(
        self,
        messages: Messages,
        *,
        deadline: float,
        first_by: float | None = None,
        gone: threading.Event | None = None,
        sampling: Sampling = DEFAULT_SAMPLING,
        fair: bool = True,
    ) -> Running:
        """Nothing happens before the result is iterated.

        Args:
            deadline: `time.monotonic()` at which the text ends, wherever it is.
            first_by: when the first words must be there; None: the deadline. For backends that have another one behind them.
            gone: set by who asked, when nobody waits for the answer any more.
            fair: whether a backend that works has its words there by then; one client's short deadline says nothing about it.
        """
        return Running(self, messages, Stop(deadline, gone), first_by or deadline, sampling, fair)


class Running:
    """A running generation. Iterate for text deltas; afterwards `usage` and `finish_reason` hold what the backend said.

    `steps` has pauses among them instead of waiting. `finish_reason` is `deadline` where the time was up. Iterating raises
    UpstreamError when the backend fails (also for words that do not begin by `first_by`), Cancelled when who asked is gone.
    Whoever stops iterating stops the backend.
    """

    def __init__(
        self,
        backend: Backend,
        messages: Messages,
        stop: Stop,
        first_by: float,
        sampling: Sampling = DEFAULT_SAMPLING,
        fair: bool = True,
    ):
        self._fair, self._late = fair, False
        self._backend, self._messages, self._stop, self._first_by = backend, messages, stop, first_by
        self._sampling = sampling
        self.usage = Usage()
        self.finish_reason: str | None = None

    def __iter__(self) -> Iterator[str]:
        return waited(self.steps())

    def steps(self) -> Steps:
        """The deltas; a `Pause` wherever none is there yet."""
        try:
            yield from self._tried()
        finally:
            self._stop.set()

    def _tried(self) -> Steps:
        breaker = self._backend.breaker
        for attempt in range(1, _TRIES + 1):
            if not breaker.allows():
                raise UpstreamError(f"the LLM backend {self._backend.name} is failing and left alone for a while")
            begun = False
            try:
                for delta in self._once():
                    begun = begun or not isinstance(delta, Pause)
                    yield delta
                if self.finish_reason != "deadline":
                    breaker.worked()
                elif self._fair:
                    breaker.failed()
                return
            except UpstreamError as exc:
                if self._fair or not self._late:
                    breaker.failed()
                wait = _pause(exc, attempt)
                log.warning("llm failed", backend=self._backend.name, attempt=attempt, error=_kind(exc))
                # The words that were handed out cannot be taken back; and a pause that ends too late is no use.
                if begun or attempt == _TRIES or wait is None or wait >= self._left_for_first():
                    raise
                self._sleep(wait)

    def _once(self) -> Steps:
        """One call. Somebody else reads, so that a silent backend cannot hold the deadline up."""
        inbox = Inbox[str | End | Exception]()
        stop, begun = Stop(self._stop.deadline), False
        end = begin(self._backend.generator, self._messages, self._sampling, stop, inbox)
        try:
            while True:
                item = inbox.take()
                left = self._stop.left() if begun or item is not None else self._left_for_first()
                if left <= 0:
                    if not begun and self._first_by < self._stop.deadline:
                        self._late = True
                        raise UpstreamError("the LLM backend said nothing in time")
                    self.finish_reason = "deadline"
                    return
                self._check_gone()
                if item is None:
                    yield Pause(inbox.listen, time.monotonic() + left, self._stop.gone)
                    continue
                if isinstance(item, End):
                    self.usage, self.finish_reason = item.usage, item.finish_reason or self.finish_reason
                    return
                if isinstance(item, Exception):
                    raise item
                if item:
                    begun = True
                    yield item
        finally:
            end()

    def _left_for_first(self) -> float:
        return self._stop.left() - (self._stop.deadline - self._first_by)

    def _check_gone(self) -> None:
        if self._stop.gone():
            raise Cancelled("nobody waits for this answer any more")

    def _sleep(self, seconds: float) -> None:
        pause = threading.Event()
        while seconds > 0:
            pause.wait(min(seconds, LOOK_S))
            seconds -= LOOK_S
            self._check_gone()


def _pause(error: UpstreamError, attempt: int) -> float | None:
    """Seconds to wait before the next try; None where trying again cannot help."""
    cause = error.__cause__
    status = _status(cause)
    if status is not None and status < 500 and status not in _RETRIED:
        return None
    retry_after = _retry_after(cause)
    backoff = float(_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
    return backoff if retry_after is None else max(retry_after, backoff)


def _status(cause: BaseException | None) -> int | None:
    status = getattr(cause, "status_code", None) or getattr(getattr(cause, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def status_of_backend(error: UpstreamError) -> int | None:
    """The HTTP status that the backend answered with; None where it did not answer."""
    return _status(error.__cause__)


def _retry_after(cause: BaseException | None) -> float | None:
    """Seconds that the backend asks to wait (RFC 9110 §10.2.3), None when it does not say or not in seconds."""
    headers: Mapping[str, str] = getattr(getattr(cause, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(str(headers.get("retry-after") or "")))
    except ValueError:
        return None


def _kind(error: UpstreamError) -> str:
    """For the log: never the text, which may quote the prompt."""
    cause = error.__cause__
    return f"{type(cause).__name__} {_status(cause) or ''}".strip() if cause else error.detail
