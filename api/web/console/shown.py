"""What all pages of the console share."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import HTMLResponse

from api.principal import Principal
from api.web.pages import page

Lang = Annotated[str | None, Query(max_length=16)]

TABS = ("library", "playground", "gaps", "traffic", "calibration", "runs", "keys", "audit")


def show(request: Request, template: str, caller: Principal, **told: Any) -> HTMLResponse:
    """A page or part of the console."""
    return page(request, f"console/{template}", csrf=request.state.csrf, caller=caller, tabs=TABS, when=when, **told)


def when(seconds: float | None) -> str:
    """Unix seconds as a reader's time, UTC."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
