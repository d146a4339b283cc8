"""What all requests and replies have: an id, an index version, a limit on the body, a problem for surprises."""

from __future__ import annotations

import re
import uuid

import structlog
from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.observed import Seen, observed
from api.reply import INDEX_VERSION, REQUEST_ID
from api.state import State
from rag.record.damage import explained

log = structlog.get_logger()
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")  # a caller's own id is kept when it cannot break a log line

_DOCUMENTS = ("/v1/documents", "/console/upload")
_TURNED_AWAY = (401, 429, 503)  # at once, without waiting for a thread that reads the ledger


class Envelope:
    """ASGI middleware around all routes and their error handlers.

    `max_bytes`: longest body of a request with documents; `small`: of all others.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, small: int):
        self._app, self._documents, self._small = app, max_bytes, small

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with observed(scope, request_id) as seen:
            await self._answer(scope, receive, send, request_id, seen)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str, seen: Seen) -> None:
        began = False

        async def seal(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began, seen.status = True, message["status"]
                await _add_headers(scope, message, request_id)
            await send(message)

        try:
            most = self._documents if scope["path"].startswith(_DOCUMENTS) else self._small
            if _announced(scope) > most:
                await errors.reply(_too_large(most, scope))(scope, receive, seal)
            else:
                await self._app(scope, _counted(receive, most, scope), seal)
        except ClientDisconnect:
            return
        except Exception as exc:
            error = explained(exc)  # the ledger's server is away, a disk is full: no surprise, and no traceback
            if error is None or began:
                log.exception("a request failed", method=scope["method"], path=scope["path"], request_id=request_id)
            else:
                log.error("the ledger fails", reason=error.detail, path=scope["path"], request_id=request_id)
            if began:
                raise
            problem = errors.internal(request_id) if error is None else errors.problem_of(error)
            headers = {} if error is None else errors.headers_of(error)
            await errors.reply(problem, headers)(scope, receive, seal)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _counted(receive: Receive, most: int, scope: Scope) -> Receive:
    """Counts while the body is read: a sender that does not announce its length is stopped on the way."""
    read = 0

    async def count() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, _too_large(most, scope)["detail"])  # the one exception that FastAPI lets through
        return message

    return count


def _too_large(most: int, scope: Scope) -> dict[str, object]:
    setting = "ingest.max_bytes" if scope["path"].startswith(_DOCUMENTS) else "limits.body_bytes"
    return errors.problem(413, "too_large", f"the body is larger than {most:,} bytes (setting `{setting}`).")


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex


async def _add_headers(scope: Scope, message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers[REQUEST_ID] = request_id
    here = scope["app"].state.here
    if not scope["path"].startswith("/v1/") or INDEX_VERSION in headers or not isinstance(here, State):
        return
    if message["status"] in _TURNED_AWAY or "principal" not in scope["state"]:  # strangers learn nothing
        return
    try:
        headers[INDEX_VERSION] = str(await run_in_threadpool(here.application.ledger.head))
    except Exception:  # the reply is made; when the record fails now, it goes out without this header
        log.warning("a reply goes out without an index version", exc_info=True)
