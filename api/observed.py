"""A request as operators see it: its id in every log line, a span, metrics by route, and one line when it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import Scope

from rag import metrics
from rag.tracing import span

QUIET = ("/livez", "/readyz", "/metrics")  # asked every few seconds by machines: logged and traced only when they fail
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
log = structlog.get_logger()


@dataclass(slots=True)
class Seen:
    """`status` 499: the client went away before a reply began."""

    status: int = 499


@contextmanager
def observed(scope: Scope, request_id: str) -> Iterator[Seen]:
    """Around one request, from before its body is read until its reply is sent."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    seen, began = Seen(), time.perf_counter()
    metrics.HTTP_ACTIVE.inc()
    try:
        if scope["path"] in QUIET:
            yield seen
        else:
            with span(f"{scope['method']}", Headers(scope=scope), kind=SpanKind.SERVER) as current:
                try:
                    yield seen
                finally:
                    current.update_name(f"{_method(scope)} {_route(scope)}")
                    current.set_attribute("http.request.method", _method(scope))
                    current.set_attribute("http.route", _route(scope))
                    current.set_attribute("http.response.status_code", seen.status)
                    current.set_attribute("xiansou.request_id", request_id)
    except BaseException:
        seen.status = 500 if seen.status == 499 else seen.status
        raise
    finally:
        seconds = time.perf_counter() - began
        metrics.HTTP_ACTIVE.dec()
        metrics.HTTP_SECONDS.labels(_method(scope), _route(scope), str(seen.status)).observe(seconds)
        if scope["path"] not in QUIET or seen.status >= 400:
            _log(scope, seen.status, seconds)


def _log(scope: Scope, status: int, seconds: float) -> None:
    write = log.warning if status >= 500 else log.info
    caller = getattr(scope.get("state", {}).get("principal"), "name", None)
    write("request", method=scope["method"], route=_route(scope), status=status, ms=round(seconds * 1000, 1), caller=caller)


def _route(scope: Scope) -> str:
    """The route's own path, without ids: few values, and nothing of the caller's."""
    route: Any = scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", None) or "none"


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"
