"""Errors as people see them: a page for who opens the console, a problem for its own requests, which show it in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.web.pages import page
from api.web.session import in_console


def refusal(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response | None:
    """None where the caller is a program."""
    if not in_console(request.url.path) or "hx-request" in request.headers:
        return None
    status = int(problem["status"])
    if status == 401:
        return page(request, "console/login.html", status, headers=headers, fault="", next=_next(request))
    return page(request, "console/error.html", status, headers=headers, problem=problem)


def _next(request: Request) -> str:
    """Where to go on after signing in: the page that was asked for."""
    if request.method != "GET" or request.url.path == "/console/login":
        return "/console"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
