"""Reads one call of a backend into an inbox: on the event loop where the backend's client can, else in a thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from rag.answering.inbox import Inbox
from rag.answering.stop import Stop, enter
from rag.domain import Usage
from rag.domain.sampling import Sampling
from rag.ports import Generator, WaitingGenerator
from rag.runtime import background, telemetry

Messages = Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class End:
    """The backend's last word."""

    usage: Usage
    finish_reason: str | None


Told = Inbox[str | End | Exception]


def begin(generator: Generator, messages: Messages, sampling: Sampling, stop: Stop, inbox: Told) -> Callable[[], None]:
    """Returns at once what ends it. Into the inbox come deltas, then an End or what was raised."""
    if getattr(generator, "waits", False):
        return background.spawn(_awaited(cast(WaitingGenerator, generator), messages, sampling, stop, inbox))
    here = contextvars.copy_context()  # request id and trace go along
    arguments = (generator, messages, sampling, stop, inbox)
    threading.Thread(target=here.run, args=(_read, *arguments), name="llm", daemon=True).start()
    return stop.set


def _read(generator: Generator, messages: Messages, sampling: Sampling, stop: Stop, inbox: Told) -> None:
    enter(stop)
    with telemetry.llm_call(generator.name) as call:
        try:
            stream = generator.generate(messages, deadline=stop.deadline, sampling=sampling)
            deltas = iter(stream)
            try:
                for delta in deltas:
                    inbox.put(delta)
                    if stop.is_set():
                        call.outcome = "stopped"
                        break
            finally:
                close = getattr(deltas, "close", None)
                if close is not None:
                    close()
            call.used(stream.usage)
            inbox.put(End(stream.usage, stream.finish_reason))
        except Exception as exc:
            call.outcome = "stopped" if stop.is_set() else "failed"
            inbox.put(exc)
        finally:
            stop.close()


async def _awaited(generator: WaitingGenerator, messages: Messages, sampling: Sampling, stop: Stop, inbox: Told) -> None:
    with telemetry.llm_call(generator.name) as call:
        try:
            stream = generator.agenerate(messages, deadline=stop.deadline, sampling=sampling)
            async for delta in stream:
                inbox.put(delta)
            call.used(stream.usage)
            inbox.put(End(stream.usage, stream.finish_reason))
        except asyncio.CancelledError:
            call.outcome = "stopped"
            raise
        except Exception as exc:
            call.outcome = "failed"
            inbox.put(exc)
