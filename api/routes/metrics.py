"""Prometheus' metrics: of all processes of this machine that write to the same folder, and of the record."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse, Response

from api.operation_metrics import operation
from api.replies import problems
from api.scopes import Monitor
from api.state import Here, State
from ingest.queue import Queue
from rag.release import build
from rag.runtime.metrics import begin

router = APIRouter(tags=["operation"])
begin()


@router.get("/metrics", response_class=PlainTextResponse, responses=problems(401, 403, 422, 429, 500, 503))
def metrics(here: Here, caller: Monitor) -> Response:
    """Metrics in Prometheus' text format."""
    return Response(exposition(here), media_type=CONTENT_TYPE_LATEST)


def exposition(here: State) -> bytes:
    """The text. With `PROMETHEUS_MULTIPROC_DIR`, which `xiansou serve` sets, processes are added up."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(_Record(here))
        return generate_latest(registry)
    registry.register(_Record(here))
    return generate_latest(REGISTRY) + generate_latest(registry)


class _Record(Collector):
    """What the record says at the moment: the same from every process."""

    def __init__(self, here: State):
        self._here = here

    def collect(self) -> Iterator[Any]:
        application = self._here.application
        head, kept = application.ledger.head(), application.ledger.counts()
        yield GaugeMetricFamily("xiansou_index_version", "The record's index version.", head)
        lag = max(0, head - application.views.writing().mirror.version)
        yield GaugeMetricFamily("xiansou_index_version_lag", "Changes that the asked process has not applied yet.", lag)
        for name in ("documents", "passages"):
            yield GaugeMetricFamily(f"xiansou_{name}", f"Live {name} of the record.", kept[name])
        jobs = GaugeMetricFamily("xiansou_jobs", "Jobs by state; of ended ones, those that are kept.", labels=["state"])
        for state, count in Queue(application.ledger.engine).counts().items():
            jobs.add_metric([state], count)
        yield jobs
        info = GaugeMetricFamily("xiansou_info", "Version and live generation.", labels=["version", "generation"])
        info.add_metric([build(), str(application.generation)], 1)
        yield info
        yield from operation(application)
