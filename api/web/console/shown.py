"""What all pages of the console share."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import HTMLResponse

from api.principal import Principal
from api.web.pages import page

Lang = Annotated[str | None, Query(max_length=16)]

TABS = ("library", "playground", "gaps", "traffic", "calibration", "runs", "keys", "audit")


def show(request: Request, template: str, caller: Principal, **context: Any) -> HTMLResponse:
    """A page or part of the console."""
    shared = {"csrf": request.state.csrf, "caller": caller, "tabs": TABS, "when": when, "plain": plain, "often": often}
    return page(request, f"console/{template}", **shared, **context)


def when(seconds: float | None) -> str:
    """Unix seconds as a reader's time, UTC."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


_RULE = re.compile(r"^[ \t]*\|?[ \t:|-]*-{3}[ \t:|-]*$\n?", re.M)
_EDGE = re.compile(r"^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$", re.M)
_BETWEEN = re.compile(r"[ \t]*\|[ \t]*")
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def often(seconds: float) -> str:
    """An interval in the largest unit that it is a multiple of: 6 h, 90 s."""
    unit, length = next(((unit, length) for unit, length in _UNITS if seconds >= length and seconds % length == 0), ("s", 1))
    return f"{seconds / length:,.0f} {unit}"


def plain(text: str) -> str:
    """Rows of a table without their pipes, the cells apart, and bold words without their stars; all else as it was."""
    return _BETWEEN.sub(" · ", _EDGE.sub("", _RULE.sub("", text))).replace("**", "").strip()
