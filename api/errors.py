"""Errors as `application/problem+json` (RFC 9457). The only place that knows which error has which HTTP status."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from api.web.refusal import refusal
from api.wire.dialects import hint, openai_error, spoken
from rag.errors import (
    Cancelled,
    ConfigError,
    Conflict,
    Forbidden,
    IndexBehind,
    InputError,
    LimitReached,
    NotFound,
    Overloaded,
    Unauthorized,
    UpstreamError,
    XiansouError,
)
from rag.record.damage import RETRY_S

PROBLEM_TYPE = "application/problem+json"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_STATUS: Mapping[type[Exception], int] = {
    ConfigError: 500,
    InputError: 422,
    Unauthorized: 401,
    Forbidden: 403,
    LimitReached: 429,
    NotFound: 404,
    Conflict: 409,
    IndexBehind: 409,
    UpstreamError: 502,
    Cancelled: 503,  # nobody reads it
    Overloaded: 503,
    XiansouError: 500,
}
# The record cannot be used now: that is nobody's fault who asks.
_LATER = ("ledger_unavailable", "disk_full", "ledger_damaged")
_STATUS_OF_CODE = {"malformed": 400, "too_large": 413, "unsupported": 415} | dict.fromkeys(_LATER, 503)
_CODE_OF_STATUS = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported",
    422: "invalid_input",
}


def problem(status: int, code: str, detail: str, *, field: str | None = None, fix: str | None = None) -> dict[str, Any]:
    """The problem object. `type` is stable and names the kind of error, as `code` does."""
    body = {
        "type": f"urn:xiansou:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "field": field,
    }
    return body if fix is None else body | {"fix": fix}


def problem_of(error: XiansouError) -> dict[str, Any]:
    """The problem object of an error raised on purpose."""
    return problem(status_of(error), error.code, error.detail, field=error.field, fix=error.fix)


def status_of(error: XiansouError) -> int:
    """By code where the code says more than the class, else by the nearest class."""
    by_class = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return _STATUS_OF_CODE.get(error.code, by_class)


def internal(request_id: str) -> dict[str, Any]:
    """The problem object of what nobody expected: the cause stays in the log."""
    return problem(500, "internal", f"something went wrong inside; the log has it under request id {request_id}.")


def reply(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A problem object as a response; on the routes of other protocols it is told in their words."""
    return _ProblemReply(orjson.dumps(body), body["status"], dict(headers or {}), PROBLEM_TYPE, problem=body)


class _ProblemReply(Response):
    """Knows the route only when it is sent: whoever refuses a request (limits, keys, handlers) need not know dialects."""

    def __init__(self, *args: Any, problem: Mapping[str, Any]):
        super().__init__(*args)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = spoken(scope.get("path", ""), self._problem)
        if content is None:
            await super().__call__(scope, receive, send)
            return
        kept = {name: value for name, value in self.headers.items() if name not in ("content-length", "content-type")}
        kept["X-Problem-Code"] = self._problem["code"]
        await Response(content.body, content.status, kept, content.media_type)(scope, receive, send)


def response(request: Request, error: XiansouError) -> Response:
    """An error as the response that clients of this path know; the console's are people."""
    problem, headers = problem_of(error), headers_of(error)
    return refusal(request, problem, headers) or reply(problem, headers)


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(XiansouError, _on_purpose)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _on_purpose(request: Request, error: Exception) -> Response:
    assert isinstance(error, XiansouError)
    return response(request, error)


def headers_of(error: XiansouError) -> dict[str, str]:
    """Headers that go with an error, whatever shape its body has."""
    if isinstance(error, Overloaded):
        return {"Retry-After": f"{max(1, math.ceil(error.retry_after))}"}
    if error.code in _LATER:
        return {"Retry-After": f"{math.ceil(RETRY_S)}"}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return reply(validation_problem(error.errors()))


def validation_problem(faults: Sequence[Any]) -> dict[str, Any]:
    """The problem object of pydantic's findings; it tells the first one, with a dotted path of field names."""
    fault = faults[0]
    if fault["type"] == "json_invalid":
        return problem(400, "malformed", f"the body is not JSON: {fault['ctx']['error']} at character {fault['loc'][-1]}.")
    path = [str(part) for part in fault["loc"] if part not in ("body", "path", "query")]
    field = ".".join(path) or "body"
    if fault["type"] == "extra_forbidden":
        return problem(422, "invalid_input", f"unknown field `{field}`.", field=field, fix="Remove it, or correct its name.")
    if fault["type"] == "missing":
        return problem(422, "invalid_input", f"`{field}` is missing.", field=field, fix="Send it.")
    message = str(fault["msg"]).removeprefix("Value error, ")
    return problem(422, "invalid_input", f"`{field}`: {message[:1].lower()}{message[1:]}.", field=field)


def unknown_parameter(name: str, known: Sequence[str]) -> InputError:
    """A query parameter that the route does not have, with the nearest one that it has."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    fix = f"Did you mean `{near[0]}`?" if near else "Remove it."
    return InputError(f"unknown query parameter `{name}`.", field=name, fix=fix)


def _http(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI raise: unknown route, wrong method, a body that is cut off or too large."""
    assert isinstance(error, HTTPException)
    headers, detail = dict(error.headers or {}), str(error.detail)
    fix = None
    if error.status_code == 404:
        detail, fix = f"there is nothing at {request.url.path}.", hint(request.url.path)
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
        detail = f"{request.method} is not possible here; {headers['Allow']} is."
    code = _CODE_OF_STATUS.get(error.status_code, "http_error")
    body = problem(error.status_code, code, detail, fix=fix)
    if error.status_code == 404:  # OpenAI's clients, led to a wrong address, show this member and nothing else
        body |= openai_error(body)
    return refusal(request, body, headers) or reply(body, headers)


def _allowed(request: Request) -> list[str]:
    """Methods that the path has. Starlette's own `Allow` names the first matching route only."""
    routes = request.app.routes
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
