"""Answers as server-sent events: `answer.start`, `answer.sentence` each, `answer.end`, or `error`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from typing import Any

import anyio
import orjson
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api import errors
from api.reply import INDEX_VERSION
from rag.domain import Answer, Question, Sentence
from rag.errors import XiansouError
from rag.wire import answer_json
from rag.wiring import House

PING_S = 15
PEEK_S = 0.5  # what fails within this time gets its real status instead of a 200 with an `error` event

log = structlog.get_logger()
_Event = Sentence | Answer | None
_Running = Generator[Sentence | Answer, None, None]


async def answer_events(house: House, question: Question, request_id: str) -> EventSourceResponse:
    """The answer as a stream; it ends when the client goes away. Raises what the pipeline raises at once.

    `X-Index-Version` goes out before the search ends: it is the lowest version that the answer can have; its own is in
    `answer.end`.
    """
    version = question.as_of if question.as_of is not None else await run_in_threadpool(house.ledger.head)
    running = house.answerer.stream(question)
    assert isinstance(running, Generator)
    first = asyncio.ensure_future(_next(running))
    await asyncio.wait({first}, timeout=PEEK_S)
    if first.done():
        first.result()
    start = {"conversation_id": question.conversation_id, "generator": house.answerer.generator_of(question)}
    events = _events(start, running, first, request_id)
    return EventSourceResponse(events, ping=PING_S, headers={INDEX_VERSION: str(version)})


async def _next(running: _Running) -> _Event:
    return await run_in_threadpool(next, running, None)


async def _events(
    start: dict[str, Any], running: _Running, first: asyncio.Future[_Event], request_id: str
) -> AsyncIterator[ServerSentEvent]:
    try:
        yield _event("answer.start", start)
        event = await asyncio.shield(first)
        while event is not None:
            yield _told(event)
            event = await _next(running)
    except XiansouError as exc:
        yield _event("error", errors.problem_of(exc))
    except Exception:
        log.exception("a streamed answer failed", request_id=request_id)
        yield _event("error", errors.internal(request_id))
    finally:
        with anyio.CancelScope(shield=True):  # the thread ends its step first: a running generator cannot be closed
            await asyncio.wait({first})
            await run_in_threadpool(running.close)


def _told(event: Sentence | Answer) -> ServerSentEvent:
    if isinstance(event, Answer):
        return _event("answer.end", answer_json(event))
    return _event("answer.sentence", {"text": event.text, "citations": event.citations})


def _event(name: str, data: Any) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(data).decode(), event=name)
