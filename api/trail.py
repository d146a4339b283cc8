"""Which requests the audit keeps, and what of them: who, what, on which document, key or answer; never a document's text."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request

from api.meter import Meter
from api.principal import Principal
from rag.record.audit import Entry
from rag.settings.audit import Audit

_EXPORTS = ("version_text",)  # reads that hand out a whole text
_QUIET = ("mint_token",)  # made for every visitor: written later, as questions are


def entry(request: Request, status: int, audit: Audit, salt: str) -> Entry | None:
    """The entry of a request; None for one that only looked at what is there, or was nobody's."""
    caller, route = getattr(request.state, "principal", None), request.scope.get("route")
    if not isinstance(caller, Principal) or route is None:
        return None
    meter: Meter = request.state.meter
    if request.method in ("GET", "HEAD", "OPTIONS") and route.name not in _EXPORTS and not meter.questions:
        return None
    detail: dict[str, Any] = {"status": status}
    if caller.visitor is not None:
        detail["visitor"] = caller.visitor
    if caller.address is not None:
        detail["address"] = caller.address
    if meter.questions:
        text = meter.questions[-1].text
        salted = hashlib.sha256(f"{salt}{text}".encode()).hexdigest()[:32]
        detail |= {"question": text} if audit.questions == "text" else {"question_sha256": salted}
    if meter.answers:
        detail |= {"answered": meter.answers[-1].status, "generator": meter.answers[-1].generator}
    return Entry(caller.name, route.name, _target(request, meter), detail)


def quick(request: Request) -> bool:
    """Whether it may be written after the reply: a question, not a change."""
    return bool(request.state.meter.questions) or getattr(request.scope.get("route"), "name", "") in _QUIET


def _target(request: Request, meter: Meter) -> str | None:
    if meter.answers:
        return meter.answers[-1].answer_id
    named = getattr(request.state, "target", None) or request.path_params.get("id")
    return None if named is None else str(named)
