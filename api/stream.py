"""Answers as server-sent events, in whichever protocol an `Encoder` speaks; the answer ends when its reader goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any, Protocol

import anyio
import orjson
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api import errors
from api.listener import Event, Listener
from api.reply import INDEX_VERSION
from rag.domain import Answer, Question, Sentence
from rag.errors import Overloaded, XiansouError
from rag.record.damage import explained
from rag.record.serializers import answer_json
from rag.wiring import Application

PING_S = 5  # a comment on every open stream, so that no proxy takes a slow backend for a dead one
_STALL_S = 2.0  # of silence, after which a stream says that it is still at work
RETRY_S = 20.0
_LOOK_S = 0.25  # how often it is looked whether a client is still there
PEEK_S = 0.5  # what fails within this time gets its real status instead of a 200 with an `error` event
_PEEK_STRICT_S = 3.0  # as that, where clients retry on a status: a refused connection is tried again before it is given up

log = structlog.get_logger()
Events = Iterable[ServerSentEvent]


# For the API's description; `docs/clients.md` tells when each comes.
EXAMPLE = """\
event: answer.start
data: {"conversation_id":null,"generator":"qwen"}

: ping - 2026-11-30 09:30:05.000000+00:00

event: answer.status
data: {"state":"waiting"}

event: answer.sentence
data: {"text":"Hold the button for 5 seconds. [1]","citations":[{"n":1,"document_id":"help/wifi.md"}]}

event: answer.end
data: {"answer_id":"ans_5f0c8a","status":"answered","answer":"Hold the button for 5 seconds. [1]"}

"""


class Encoder(Protocol):
    """How one protocol tells one answer. An object serves one stream; its methods are called in this order."""

    def start(self) -> Events:
        """Before anything is known."""
        ...

    def sentence(self, said: Sentence) -> Events:
        """A sentence that passed the gate."""
        ...

    def end(self, answer: Answer) -> Events:
        """The whole answer, or a refusal: the last one, unless `failed` is."""
        ...

    def failed(self, problem: dict[str, Any]) -> Events:
        """A problem object (`api.errors`), after which nothing follows."""
        ...

    def waiting(self) -> Events:
        """The backend is silent; nothing where the protocol has no word for it."""
        ...


class NativeEvents:
    """The events of `POST /v1/query`: `answer.start`, `answer.sentence` each, `answer.end`, or `error`.

    While a backend is silent: `answer.status`.
    """

    def __init__(self, start: dict[str, Any]):
        self._start = start

    def start(self) -> Events:
        yield _event("answer.start", self._start)

    def sentence(self, said: Sentence) -> Events:
        yield _event("answer.sentence", {"text": said.text, "citations": said.citations})

    def end(self, answer: Answer) -> Events:
        yield _event("answer.end", answer_json(answer))

    def failed(self, problem: dict[str, Any]) -> Events:
        yield _event("error", problem)

    def waiting(self) -> Events:
        yield _event("answer.status", {"state": "waiting"})


async def answer_events(application: Application, question: Question, request_id: str) -> EventSourceResponse:
    """The answer as the events of `POST /v1/query`. Raises what the pipeline raises at once."""
    start = {"conversation_id": question.conversation_id, "generator": application.answerer.generator_of(question)}
    return await stream_answer(application, question, NativeEvents(start), request_id)


async def stream_answer(
    application: Application,
    question: Question,
    encoder: Encoder,
    request_id: str,
    headers: dict[str, str] | None = None,
    *,
    strict: bool = False,
) -> EventSourceResponse:
    """The answer as a stream; it ends when the client goes away. Raises what the pipeline raises at once.

    `X-Index-Version` goes out before the search ends: it is the lowest version that the answer can have; its own is in
    the last event. strict: a backend that cannot be reached is an error, not a refusal.
    """
    version = question.as_of if question.as_of is not None else await run_in_threadpool(application.ledger.head)
    listener = Listener(application, question)
    first = asyncio.ensure_future(listener.next())
    await asyncio.wait({first}, timeout=_PEEK_STRICT_S if strict else PEEK_S)
    if first.done():
        event = first.result()
        if strict and isinstance(event, Answer):
            reached(event)
    events = _events(encoder, listener, first, request_id, strict)
    return EventSourceResponse(events, ping=PING_S, headers={INDEX_VERSION: str(version), **(headers or {})})


def ready(answer: Answer, encoder: Encoder, headers: dict[str, str] | None = None) -> EventSourceResponse:
    """A stream of an answer that is there already."""

    async def events() -> AsyncIterator[ServerSentEvent]:
        for event in (*encoder.start(), *encoder.end(answer)):
            yield event

    return EventSourceResponse(events(), ping=PING_S, headers={INDEX_VERSION: str(answer.index_version), **(headers or {})})


async def steps(application: Application, question: Question) -> AsyncGenerator[Sentence | Answer, None]:
    """The pipeline's sentences, then the answer; cancelled, or closed early, it stops the LLM."""
    listener = Listener(application, question)
    step = asyncio.ensure_future(listener.next())
    try:
        while (event := await asyncio.shield(step)) is not None:
            yield event
            step = asyncio.ensure_future(listener.next())
    finally:
        await _ended(listener, step)


async def _ended(listener: Listener, step: asyncio.Future[Event]) -> None:
    """Returns when the answer has stopped."""
    listener.leave()
    with anyio.CancelScope(shield=True):
        await asyncio.wait({step})
        step.exception()  # nobody is left to tell it to
        await listener.close()


def reached(answer: Answer) -> Answer:
    """Raises Overloaded where no backend could be reached: clients of OpenAI's protocols retry, or go elsewhere, on a 503."""
    if answer.reason == "backend_unavailable":
        raise Overloaded("the LLM backend cannot be reached.", retry_after=RETRY_S, code="backend_unavailable")
    return answer


async def _events(
    encoder: Encoder,
    listener: Listener,
    step: asyncio.Future[Event],
    request_id: str,
    strict: bool = False,
) -> AsyncIterator[ServerSentEvent]:
    try:
        for message in encoder.start():
            yield message
        while True:
            while not (await asyncio.wait({step}, timeout=_STALL_S))[0]:
                for message in encoder.waiting():
                    yield message
            if (event := step.result()) is None:
                break
            if strict and isinstance(event, Answer):
                reached(event)
            for message in encoder.end(event) if isinstance(event, Answer) else encoder.sentence(event):
                yield message
            step = asyncio.ensure_future(listener.next())
    except Exception as exc:
        for message in encoder.failed(_problem(exc, request_id)):
            yield message
    finally:
        await _ended(listener, step)


def _problem(exc: Exception, request_id: str) -> dict[str, Any]:
    """What a stream says of what ended it; what nobody expected stands in the log."""
    if isinstance(exc, XiansouError):
        return errors.problem_of(exc)
    known = explained(exc)
    if known is None:
        log.exception("a streamed answer failed", request_id=request_id)
        return errors.internal(request_id)
    log.error("the ledger fails", reason=known.detail, request_id=request_id)
    return errors.problem_of(known)


async def answer_while_connected(application: Application, question: Question, request: Request) -> Answer:
    """The whole answer; the backend is stopped when the client goes away. Raises what the pipeline raises."""
    listener = Listener(application, question)
    answering = asyncio.ensure_future(_whole(listener))
    answering.add_done_callback(lambda done: None if done.cancelled() else done.exception())  # read, also when we are gone
    try:
        while not answering.done():
            await asyncio.wait({answering}, timeout=_LOOK_S)
            if not answering.done() and await request.is_disconnected():
                listener.leave()
        return answering.result()
    finally:
        listener.leave()


async def _whole(listener: Listener) -> Answer:
    try:
        while not isinstance(event := await listener.next(), Answer):
            assert event is not None, "an answer ends with itself"
        return event
    finally:
        await listener.close()


def _event(name: str, data: Any) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(data).decode(), event=name)
