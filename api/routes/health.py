"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from api import loading
from api.replies import Readiness
from api.reply import Json
from api.state import State
from rag.record.damage import RETRY_S, explained
from rag.runtime.disk import disk_warnings

router = APIRouter(tags=["operation"])

log = structlog.get_logger()


@router.head("/livez", include_in_schema=False)
@router.get("/livez", response_model=dict[str, str])
async def livez() -> Response:
    """200 while the process serves requests; it needs nothing else."""
    return Json({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not now."}})
def readyz(request: Request) -> Response:
    """200 when a question can be answered: the record answers, model and examples are loaded. Else 503 with the reasons.

    `warnings`: what does not keep questions from being answered, a full disk, say.
    """
    here = request.app.state.here
    reasons = _faults(here) if isinstance(here, State) else ["the service is starting"]
    warnings = []
    if isinstance(here, State):
        folder = here.application.settings.data_dir
        if loading.under_way(folder):
            reasons.append("the examples are still being loaded")
        warnings = list(disk_warnings(folder))
    headers = {"Retry-After": f"{RETRY_S:.0f}"} if reasons else {}
    readiness = {"ready": not reasons, "reasons": reasons} | ({"warnings": warnings} if warnings else {})
    return Json(readiness, 503 if reasons else 200, headers=headers)


def _faults(here: State) -> list[str]:
    reasons = [_failed("the ledger", here.application.ledger.head), _failed("the embedding model", _embeds(here))]
    return [reason for reason in reasons if reason is not None]


def _embeds(here: State) -> Callable[[], object]:
    """Of the generation that was live last: which one is now, only the ledger knows, and that it fails is said apart."""
    return lambda: here.application.views.current.embedder.embed_queries(["ready?"])


def _failed(what: str, check: Callable[[], object]) -> str | None:
    try:
        check()
    except Exception as exc:  # whatever it is, the service is not ready; the log has the cause
        problem = explained(exc)
        log.warning(f"{what} does not work", reason=problem.detail if problem else None, exc_info=problem is None)
        return (
            f"{what} does not work: {problem.detail.rstrip('.')}" if problem else f"{what} does not work ({type(exc).__name__})"
        )
    return None
