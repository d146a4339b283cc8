"""A request as operators see it: its id in every log line and in its span, metrics by route, one line when it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from starlette.types import Scope

from rag.runtime import metrics

QUIET = ("/livez", "/readyz", "/metrics")  # asked every few seconds by machines: not traced, logged only when they fail
_PREFIX = "/v1"  # a route does not know where its router is mounted
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# FastAPI's own spans of requests; its logs would hold what was sent, its metrics are ours already.
TELEMETRY: TelemetryConfig = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": lambda scope: scope["path"] in QUIET,
}
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
        trace.get_current_span().set_attribute("xiansou.request_id", request_id)  # FastAPI's own span of the request
        yield seen
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
    path: str = getattr(scope.get("route"), "path_format", "") or "none"
    return f"{_PREFIX}{path}" if path != "none" and scope["path"].startswith(f"{_PREFIX}/") else path


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"
