"""The MCP server over streamable HTTP, at `/mcp`. Requests stand alone, so that any API process can serve any of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.mcp_tools import Callers, make_server
from api.principal import Principal
from api.reply import Json
from api.scopes import Searcher
from api.state import Here, State
from api.wire.links import Links

router = APIRouter(tags=["compatible clients"])


@router.get("/mcp", include_in_schema=False)
@router.get("/mcp/", include_in_schema=False)
@router.delete("/mcp", include_in_schema=False)
@router.delete("/mcp/", include_in_schema=False)
async def no_stream(caller: Searcher) -> Response:
    """Requests stand alone: there is no stream to listen to, and no session to end. Every TypeScript client asks for one."""
    error = {"code": -32600, "message": "There is no stream to listen to and no session to end; send requests by POST."}
    return Json({"jsonrpc": "2.0", "id": None, "error": error}, 405, headers={"Allow": "POST"})


@router.post("/mcp", include_in_schema=False)
@router.post("/mcp/", include_in_schema=False)
async def mcp(request: Request, here: Here, caller: Searcher) -> Response:
    """Passes the request on to the MCP SDK."""
    manager = request.app.state.mcp
    assert isinstance(manager, StreamableHTTPSessionManager)
    return _PassedOn(manager)


@asynccontextmanager
async def running(app: FastAPI, state: State) -> AsyncIterator[None]:
    """Serves `/mcp` of the app while it is open."""

    def links(request: Request) -> Links:
        return state.access.links(request, _principal(request))

    server = make_server(lambda: state.application, Callers(_principal, links))
    open_door = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # ours: api.gate, for all routes
    server.streamable_http_app(stateless_http=True, transport_security=open_door)  # the app is not used: no keys, no limits
    manager = app.state.mcp = server.session_manager
    ready, stop = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with manager.run():
            ready.set()
            await stop.wait()

    holding = asyncio.create_task(hold())  # its own: a task group must be left by the task that entered it
    await ready.wait()
    try:
        yield
    finally:
        stop.set()
        await holding


def _principal(request: Request) -> Principal:
    caller = request.state.principal
    assert isinstance(caller, Principal)
    return caller


class _PassedOn(Response):
    def __init__(self, manager: StreamableHTTPSessionManager):
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)
