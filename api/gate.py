"""The gate in front of all routes: says who calls before a body is read or a route is looked for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors
from api.auth import PUBLIC
from api.state import state
from rag.errors import XiansouError


class Gate:
    """ASGI middleware inside the envelope. Strangers get 401 whatever they ask for, and learn nothing else."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        turned_away = await self._turned_away(scope, receive)
        await (turned_away or self._app)(scope, receive, send)

    async def _turned_away(self, scope: Scope, receive: Receive) -> Response | None:
        """The refusal; None: it may go on, and `request.state.principal` says who it is."""
        if scope["type"] != "http" or scope["path"] in PUBLIC:
            return None
        request = Request(scope, receive)
        try:
            request.state.principal = await state(request).access.identify(request)
        except XiansouError as exc:
            return errors.response(request, exc)
        return None
