"""Traffic and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.routing import APIRouter
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response

from api.routes.metrics import exposition
from api.scopes import Admin
from api.state import Here, State
from api.web.console import figures
from api.web.console.shown import Lang, show
from rag.record import calibration
from rag.search.calibrate import usual
from rag.settings.limits import Limits

router = APIRouter(prefix="/console")

_STAGES = ("total", "rewrite", "retrieve", "rerank", "generate", "check")


@router.get("/traffic")
def traffic(request: Request, here: Here, caller: Admin, lang: Lang = None) -> Response:
    """What was asked and how it went; the page asks again every few seconds."""
    part = "traffic_part.html" if "hx-request" in request.headers else "traffic.html"
    return show(request, part, caller, **_traffic(here))


def _traffic(here: State) -> dict[str, Any]:
    families = list(text_string_to_metric_families(exposition(here).decode()))
    hits = figures.total(families, "xiansou_cache_lookups", result="hit")
    lookups = figures.total(families, "xiansou_cache_lookups")
    latency = [
        (stage, *(figures.quantile(families, "xiansou_stage_seconds", share, stage=stage) for share in (0.5, 0.95, 0.99)))
        for stage in _STAGES
    ]
    tokens = {kind: figures.total(families, "xiansou_tokens", kind=kind) for kind in ("prompt", "completion")}
    return {
        "day": figures.day(here.application.ledger.engine),
        "latency": latency,
        "cache": (hits, lookups),
        "tokens": tokens,
        "spent": _spent(here.application.settings.limits, tokens),
        "active": figures.total(families, "xiansou_http_requests_active"),
        "kept": here.application.settings.answers.store != "none",
        "index_version": here.application.ledger.head(),
        "counts": here.application.ledger.counts(),
    }


def _spent(prices: Limits, tokens: Mapping[str, float]) -> float | None:
    """Money that the tokens cost, by the prices of a million; None where none are set."""
    if not (prices.prompt_price or prices.completion_price):
        return None
    return (tokens["prompt"] * prices.prompt_price + tokens["completion"] * prices.completion_price) / 1_000_000


@router.get("/calibration")
def calibration_page(request: Request, here: Here, caller: Admin, lang: Lang = None) -> Response:
    """The threshold that each allowed rate of wrong answers stands for, in both languages."""
    application = here.application
    fitted = calibration.load(application.ledger.engine, application.generation)
    adjusted = fitted.assuming(application.settings.answer.unanswerable_share)
    curves = {}
    for language in ("zh", "en"):
        seen = usual(adjusted, chinese=language == "zh")
        curves[language] = [(share / 20, calibration.threshold(share / 20, seen)) for share in range(21)]
    rate = application.settings.answer.max_wrong_rate
    at = {language: calibration.threshold(rate, usual(adjusted, chinese=language == "zh")) for language in curves}
    return show(request, "calibration.html", caller, fitted=fitted, curves=curves, rate=rate, at=at)
