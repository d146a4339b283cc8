"""Signing in and out, keys, the audit."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Form, Query, Request
from fastapi.routing import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.scopes import Admin
from api.state import Here, state
from api.web.console.shown import Lang, show
from api.web.pages import page
from api.web.session import COOKIE, LIFETIME_S, in_console
from rag.errors import Forbidden, InputError
from rag.record import audit
from rag.record.keys import SCOPES, KeyScope, rights

router = APIRouter(prefix="/console")

_DAY_S = 86_400


@router.get("/login")
def login_page(request: Request, lang: Lang = None) -> Response:
    """The form."""
    return page(request, "console/login.html", fault="", next="/console")


@router.post("/login")
async def login(request: Request) -> Response:
    """Takes a key of scope `admin` and sets the cookie."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this form was sent from another site.", field="Origin", fix="Open the console itself.")
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    text, wish = form.get("key", [""])[0].strip(), form.get("next", ["/console"])[0]
    access = state(request).access
    key = await run_in_threadpool(access.key_of, request, text)
    if key is None or "admin" not in key.rights.scopes:
        return page(request, "console/login.html", 401, fault="wrong" if key is None else "scope", next=wish)
    # A path of the console alone: `//elsewhere` and `\\elsewhere` would leave it.
    target = wish if in_console(urlsplit(wish).path) and wish.startswith("/console") else "/console"
    reply = RedirectResponse(target, 303)
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    cookie = await run_in_threadpool(access.sessions.open, key)
    reply.set_cookie(COOKIE, cookie, LIFETIME_S, path="/console", secure=secure, httponly=True, samesite="strict")
    return reply


@router.post("/logout")
def logout(caller: Admin) -> Response:
    """Forgets the cookie."""
    reply = Response(None, 204, {"HX-Redirect": "/console/login"})
    reply.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
    return reply


@router.get("/keys")
def keys_page(request: Request, here: Here, caller: Admin, lang: Lang = None) -> Response:
    """All keys."""
    return show(request, "keys.html", caller, keys=here.access.keys.all()[::-1], scopes=SCOPES, made=None)


@router.post("/keys", name="create_key")
def make_key(
    request: Request,
    here: Here,
    caller: Admin,
    name: Annotated[str, Form(min_length=1, max_length=128)],
    scopes: Annotated[list[KeyScope], Form()],
    origins: Annotated[str, Form(max_length=4000)] = "",
    days: Annotated[str, Form(max_length=6, pattern=r"^[0-9]*$")] = "",
) -> Response:
    """A key; its text is on this page and nowhere else."""
    granted = rights(scopes=scopes, origins=origins.split())
    expires = time.time() + int(days) * _DAY_S if days else None
    key, text = here.access.keys.create(name.strip(), granted, made_by=caller.name, expires_at=expires)
    request.state.target = key.id
    return show(request, "keys_list.html", caller, keys=here.access.keys.all()[::-1], made=text)


@router.post("/keys/{id}/revoke", name="revoke_key")
def end_key(id: str, request: Request, here: Here, caller: Admin) -> Response:
    """Ends a key at once."""
    here.access.keys.revoke(id)
    return show(request, "keys_list.html", caller, keys=here.access.keys.all()[::-1], made=None)


@router.get("/audit")
def audit_page(
    request: Request,
    here: Here,
    caller: Admin,
    lang: Lang = None,
    who: Annotated[str, Query(max_length=200)] = "",
    action: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Who did what, the newest first."""
    _whole(caller.reads_all)
    entries = audit.entries(here.application.ledger.engine, limit=200, who=who or None, action=action or None)
    part = "audit_list.html" if "hx-request" in request.headers else "audit.html"
    return show(request, part, caller, entries=entries, who=who, action=action)


@router.post("/audit/verify", name="verify_audit")
def verify_audit(request: Request, here: Here, caller: Admin) -> Response:
    """Whether the chain is unbroken."""
    _whole(caller.reads_all)
    return show(request, "audit_verdict.html", caller, verdict=audit.verify(here.application.ledger.engine))


def _whole(reads_all: bool) -> None:
    if not reads_all:
        raise InputError("this page is about the whole library; your key is for a part of it.", fix="Use another key.")
