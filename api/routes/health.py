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

router = APIRouter(tags=["operation"])

log = structlog.get_logger()


@router.get("/livez", response_model=dict[str, str])
async def livez() -> Response:
    """200 while the process serves requests; it needs nothing else."""
    return Json({"status": "alive"})


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not now."}})
def readyz(request: Request) -> Response:
    """200 when a question can be answered: the record answers, model and examples are loaded. Else 503 with the reasons."""
    here = request.app.state.here
    reasons = _faults(here) if isinstance(here, State) else ["the service is starting"]
    if isinstance(here, State) and loading.under_way(here.application.settings.data_dir):
        reasons.append("the examples are still being loaded")
    return Json({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


def _faults(here: State) -> list[str]:
    checks: dict[str, Callable[[], object]] = {
        "the ledger does not answer": here.application.ledger.head,
        "the embedding model does not work": lambda: here.application.embedder.embed_queries(["ready?"]),
    }
    reasons = []
    for reason, check in checks.items():
        try:
            check()
        except Exception as exc:  # whatever it is, the service is not ready; the log has the cause
            log.warning(reason, exc_info=True)
            reasons.append(f"{reason} ({type(exc).__name__})")
    return reasons
