"""Who a request is from, and whether it may be answered now. What each route needs of the caller stands in `api/scopes.py`.

No key made yet and a program of this machine's own user: everything is allowed. Everyone else needs a key.
"""

from __future__ import annotations

import hmac
import math
import os
import time
from dataclasses import replace

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from sqlalchemy import Engine

from api import cites, trail
from api.admission import Admission
from api.auth_peer import Peer, Peers
from api.auth_sso import SingleSignOn
from api.auth_widget import PREFIX as WIDGET_PREFIX
from api.auth_widget import WidgetTokens
from api.limits import Budgets, Rates, Spent
from api.meter import Meter
from api.principal import Principal
from api.secret import Secret
from api.web.session import COOKIE, CSRF, Sessions, in_console
from api.wire.links import Links
from rag.errors import Forbidden, InputError, Unauthorized
from rag.record.audit import Trail, library_of
from rag.record.keys import PREFIX, Key, Keys
from rag.runtime import service
from rag.runtime.remote import Remote
from rag.settings import Settings

# Everything else must declare a scope. `tests/integration/api/test_access.py` walks all routes.
PAGES = ("/", "/docs", "/widget.js", "/favicon.ico", "/web/{name}", "/console/login")
PUBLIC = ("/livez", "/readyz", "/openapi.json", f"{cites.PATH}{{token}}", *PAGES)
_PUBLIC_BELOW = ("/web/", cites.PATH)  # files of pages; what stands behind a citation's link is a signature

DEADLINE = "X-Deadline-Ms"

_LOOKUPS = 8  # threads that look up callers: not those that answer questions, which may all be busy
_FIX = "Send `Authorization: Bearer xs_…`; `xiansou keys create` makes a key."


def is_public(path: str) -> bool:
    """Whether everyone may ask for what is there."""
    return path in PUBLIC or path.startswith(_PUBLIC_BELOW)


class Access:
    """Tells who a request is from. Safe for any mix of threads."""

    def __init__(self, settings: Settings, engine: Engine, remote: Remote, questions: frozenset[str] = frozenset()):
        """For a running event loop; `remote` is where requests are counted; `questions`: see below. Raises ConfigError."""
        self.questions = questions
        self.keys = Keys(engine)
        self.widget = WidgetTokens(engine, self.keys)
        self.sessions = Sessions(Secret(engine, "console_secret"), self.keys)
        self.limiter = CapacityLimiter(_LOOKUPS)
        self._sso = SingleSignOn(settings.sso) if settings.sso.issuer else None
        self.rates = Rates(remote, settings)
        self.budgets = Budgets(remote, settings)
        self.admission = Admission(concurrency(settings), settings.limits.queued, settings.limits.wait_s)
        self.trail = Trail(engine) if settings.audit.enabled else None
        self._salt = library_of(engine)
        self._settings = settings
        self._command = os.environ.get(service.TOKEN_VARIABLE, "").encode()  # of `xiansou ask` on this machine
        self._peers = Peers(settings.server.trusted_proxies)
        self.cites = cites.Cites(engine, self.keys, settings.server.cite_hours)

    def address(self, request: Request) -> str:
        """Where readers of an answer reach this service, without a slash at the end."""
        return self._settings.server.public_url or self._peers.address(request.scope)

    def links(self, request: Request, caller: Principal) -> Links:
        """Where the citations of an answer to this request lead."""
        base = self.address(request) + cites.PATH
        return Links(lambda citation: f"{base}{self.cites.token(citation, caller)}#cited")

    async def reader(self, request: Request) -> None:
        """Counts a request to a page that needs no key. Raises LimitReached."""
        address = self._peers.peer(request.scope).address
        await to_thread.run_sync(self.rates.check_reader, address, limiter=self.limiter)

    async def identify(self, request: Request) -> Principal:
        """Raises Unauthorized, Forbidden, UpstreamError, LimitReached, Overloaded."""
        return await to_thread.run_sync(self._counted, request, limiter=self.limiter)

    async def turn(self, request: Request, caller: Principal) -> Principal:
        """Waits until this question may be answered; the gate gives the place back. Raises Overloaded."""
        deadline = _deadline(request)
        patience = None if deadline is None else deadline - time.monotonic()
        if request.state.arrival is not None:
            request.state.arrival.over()
        request.state.entered = await self.admission.enter(patience)
        meter: Meter = request.state.meter
        if self.budgets.limited(caller):
            await to_thread.run_sync(self.budgets.open, caller, meter, limiter=self.limiter)
        return replace(caller, quoted=meter.quoted, deadline=deadline)

    async def audit(self, request: Request, status: int) -> None:
        """Notes what a request did; a change is in the ledger when this returns."""
        entry = None if self.trail is None else trail.entry(request, status, self._settings.audit, self._salt)
        if entry is None or self.trail is None:
            return
        if trail.quick(request):
            self.trail.later(entry)
        else:
            await to_thread.run_sync(self.trail.now, entry, limiter=self.limiter)

    def close(self) -> None:
        """Writes what waits to be written."""
        if self.trail is not None:
            self.trail.close()

    def _counted(self, request: Request) -> Principal:
        try:
            caller = self.principal(request)
        except (Unauthorized, Forbidden):
            self.rates.check_stranger(self._peers.peer(request.scope).address)
            raise
        try:
            request.state.rate = self.rates.check(caller)
        except Spent as exc:
            request.state.rate = exc.rate
            raise
        return caller

    def principal(self, request: Request) -> Principal:
        """By the header; without one (or with one that clients send because they must) by where it comes from."""
        peer = self._peers.peer(request.scope)
        if in_console(request.url.path):
            return self._at_console(request, peer)
        token = _bearer(request.headers.get("authorization"))
        if self._command and token is not None and hmac.compare_digest(token.encode(), self._command):
            return Principal("local", "local", scopes=("query",), address=peer.address)
        if token is not None and token.startswith(PREFIX):
            key = self.keys.find(token)
            if key is None:
                raise Unauthorized("this key is wrong, expired or revoked.", field="Authorization", fix=_FIX)
            return _of_key(key, peer)
        if token is not None and token.startswith(WIDGET_PREFIX):
            origin = request.headers.get("origin")
            return self.widget.principal(token, origin=origin, method=request.method, address=peer.address)
        if token is not None and self._sso is not None and token.count(".") == 2:
            return self._sso.principal(token, peer.address)
        if peer.local and self._open():
            return Principal("local", "local", address=peer.address)
        raise self._refusal(token, peer)

    def _at_console(self, request: Request, peer: Peer) -> Principal:
        """By the session's cookie. What changes something must also carry the session's token, which no other page can read."""
        session = self.sessions.find(request.cookies.get(COOKIE))
        if session is None and not (peer.local and self._open()):
            raise Unauthorized("sign in with a key of scope `admin`.", field="Authorization", fix=_FIX)
        request.state.csrf = self.sessions.token(session)
        if request.method not in ("GET", "HEAD") and not self.sessions.proves(session, request.headers.get(CSRF)):
            raise Forbidden("this page is out of date.", field=CSRF, fix="Reload it.")
        return Principal("local", "local", address=peer.address) if session is None else _of_key(session.key, peer)

    def key_of(self, request: Request, text: str) -> Key | None:
        """The live key that has this text. Guesses count as every stranger's requests do: raises LimitReached."""
        key = self.keys.find(text) if text.startswith(PREFIX) else None
        if key is None:
            self.rates.check_stranger(self._peers.peer(request.scope).address)
        return key

    def opens_for(self, request: Request) -> bool:
        """Whether this browser gets in without a key."""
        return self._peers.peer(request.scope).local and self._open()

    def _open(self) -> bool:
        """Whether nothing has been set up that says who may call."""
        return self._settings.server.auth == "auto" and self._sso is None and not self.keys.any_made()

    def _refusal(self, token: str | None, peer: Peer) -> Unauthorized:
        if token is None:
            return Unauthorized("this needs a key.", field="Authorization", fix=_FIX, code="no_authorization")
        return Unauthorized("that is no key of ours.", field="Authorization", fix=_FIX)


def concurrency(settings: Settings) -> int:
    """Questions that one process answers at once."""
    if settings.limits.concurrent:
        return settings.limits.concurrent
    if any(profile.generator.kind != "extractive" for profile in settings.profiles.values()):
        return 64  # they wait for the LLM most of the time
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, math.ceil(1.5 * cores / settings.server.processes))


def _of_key(key: Key, peer: Peer) -> Principal:
    rights = key.rights
    return Principal(
        "key",
        key.id,
        scopes=rights.scopes,
        collections=rights.collections,
        groups=rights.groups,
        citation_style=rights.citation_style,
        address=peer.address,
        origins=rights.origins,
        allowance=rights.allowance,
    )


def _deadline(request: Request) -> float | None:
    """Of the header `X-Deadline-Ms`: milliseconds from now on. Raises InputError."""
    header = request.headers.get(DEADLINE)
    if header is None:
        return None
    if not (header.isascii() and header.isdigit() and 0 < int(header) <= 3_600_000):
        raise InputError("a deadline is a number of milliseconds.", field=DEADLINE, fix="Send 1 to 3600000, or leave it out.")
    return time.monotonic() + int(header) / 1000


def _bearer(authorization: str | None) -> str | None:
    kind, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None
