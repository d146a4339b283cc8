"""Pages for people, and the files that they load. They show nothing of the library: what they ask goes by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.state import State
from api.web import files
from api.web.pages import page
from api.web.servers import servers

router = APIRouter(include_in_schema=False)

_READ = ["GET", "HEAD"]
_HOUR = "public, max-age=3600, stale-while-revalidate=86400"
_FOR_EVER = "public, max-age=31536000, immutable"

Lang = Annotated[str | None, Query(max_length=16)]


@router.api_route("/", methods=_READ)
def try_it(request: Request, lang: Lang = None) -> Response:
    """Ask, see what led to the answer, drop a file and ask about that."""
    origin = str(request.base_url).rstrip("/")
    return page(request, "try.html", open=_open(request), origin=origin, servers=servers(origin))


@router.api_route("/docs", methods=_READ)
def api_description(request: Request, lang: Lang = None) -> Response:
    """The API, to read and to try; nothing is loaded from outside."""
    return page(request, "docs.html")


@router.api_route("/widget.js", methods=_READ)
def widget(request: Request, v: Annotated[str | None, Query(max_length=64)] = None) -> Response:
    """The chat for other sites."""
    return _file(request, "widget.js", v)


@router.api_route("/favicon.ico", methods=_READ)
def favicon(request: Request) -> Response:
    return _file(request, "icon.svg", None)


@router.api_route("/web/{name}", methods=_READ)
def web_file(name: str, request: Request, v: Annotated[str | None, Query(max_length=64)] = None) -> Response:
    return _file(request, name, v)


def _file(request: Request, name: str, version: str | None) -> Response:
    asset = files.asset(name)
    if asset is None:
        raise HTTPException(404)
    return files.reply(request, asset, cache=_FOR_EVER if version == asset.tag else _HOUR)


def _open(request: Request) -> bool:
    """Whether this browser may ask without a key."""
    here = request.app.state.here
    return isinstance(here, State) and here.access.opens_for(request)
