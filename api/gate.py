"""The gate in front of all routes: says who calls before a body is read or a route is looked for; answers web pages."""

from __future__ import annotations

import math
import re
from urllib.parse import urlsplit

from anyio import CancelScope, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, trail
from api.auth import Access, is_public
from api.meter import CURRENT, Meter
from api.reply import INDEX_VERSION, REQUEST_ID
from api.state import state
from rag.errors import Forbidden, XiansouError

_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
_OURS = ("Authorization", "Content-Type", REQUEST_ID, "Last-Event-ID", "X-Citation-Style", "X-Deadline-Ms")
# What SDKs in a web page send of their own: OpenAI's (x-stainless-…), MCP's, Vercel's. The origin is one of a key's already.
_SDKS = re.compile(
    r"(?:x|openai|mcp|ai|anthropic|helicone|http|user|cache|idempotency)-[a-z0-9-]{1,60}|accept|pragma|traceparent"
)
_RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_EXPOSED = ", ".join(
    (INDEX_VERSION, REQUEST_ID, "Retry-After", *_RATE, "Mcp-Session-Id", "X-Vercel-AI-UI-Message-Stream")
)  # fmt: skip


class Gate:
    """ASGI middleware inside the envelope. Strangers get 401 whatever they ask for, and learn nothing else."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.arrival = request.state.rate = None
        try:
            await self._answer(request, receive, _rated(request, send))
        finally:
            if request.state.arrival is not None:
                request.state.arrival.over()

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        scope = request.scope
        try:
            access = state(request).access
            origin = await _shared_with(access, request)
            if origin is not None:
                send = _shared(send, origin)
            reply = _preflight(request, origin)
            if reply is None:
                if request.method == "POST" and scope["path"] in access.questions:
                    request.state.arrival = access.admission.arrive()  # before it is looked up who asks
                request.state.principal = await access.identify(request)
        except XiansouError as exc:
            reply = errors.response(request, exc)
        if reply is not None:
            await reply(scope, receive, send)
        else:
            await self._pass_on(access, request, receive, send)

    async def _pass_on(self, access: Access, request: Request, receive: Receive, send: Send) -> None:
        """Runs the route; what it took of the process and of its key's day is given back when the reply has gone out."""
        request.state.meter = meter = Meter()
        before = CURRENT.set(meter)
        try:
            await self._app(request.scope, receive, _audited(access, request, send))
        finally:
            CURRENT.reset(before)
            if (entered := getattr(request.state, "entered", None)) is not None:
                access.admission.leave(entered)
            if meter.tokens or meter.micros:
                with CancelScope(shield=True):
                    await to_thread.run_sync(access.budgets.settle, meter, limiter=access.limiter)


async def _shared_with(access: Access, request: Request) -> str | None:
    """The web origin that asks from another site and is one of a live key's; None: none, or not one of ours."""
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return None
    known = await to_thread.run_sync(access.keys.origins, limiter=access.limiter)
    return origin if origin in known else None


def _preflight(request: Request, origin: str | None) -> Response | None:
    if request.method != "OPTIONS" or "access-control-request-method" not in Headers(scope=request.scope):
        return None
    if origin is None:
        raise Forbidden("no key has this web origin.", field="Origin", fix="Make one with `keys create --origin https://…`.")
    requested = request.headers.get("access-control-request-headers", "").lower().split(",")
    ours = {name.lower() for name in _OURS}
    theirs = [name for one in requested if (name := one.strip()) not in ours and _SDKS.fullmatch(name)]
    return Response(
        None,
        204,
        {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": ", ".join((*_OURS, *theirs)),
            "Access-Control-Max-Age": "600",
            "Vary": "Access-Control-Request-Headers",
        },
    )


def _audited(access: Access, request: Request, send: Send) -> Send:
    """Writes what was done into the audit: changes before the reply goes out, questions beside it."""
    status = 0

    async def tell(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            if not trail.quick(request):
                await access.audit(request, status)
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body") and trail.quick(request):
            await access.audit(request, status)

    return tell


def _rated(request: Request, send: Send) -> Send:
    """Tells how much room the caller's rate has left; seconds, as in the drafts of `RateLimit` that clients know."""

    async def tell(message: Message) -> None:
        rate = request.state.rate
        if message["type"] == "http.response.start" and rate is not None:
            headers = MutableHeaders(scope=message)
            for name, value in zip(_RATE, (rate.most, rate.remaining, math.ceil(rate.reset_s)), strict=True):
                headers[name] = str(value)
        await send(message)

    return tell


def _shared(send: Send, origin: str) -> Send:
    """Lets that origin's pages read the reply. No cookies are used, so none are allowed."""

    async def share(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED
            headers.add_vary_header("Origin")
        await send(message)

    return share
