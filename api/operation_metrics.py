"""Figures of what should happen by itself, for alerts: re-index, backups, sources, room on the disk, memory by process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select

from rag.record.last import last
from rag.record.tables.sources import sources
from rag.runtime.disk import free_bytes
from rag.runtime.machine import memory_by_process
from rag.runtime.service import holder
from rag.wiring import Application


def operation(application: Application) -> Iterator[Any]:
    """Families of metrics; none says what is not known (a re-index that never was)."""
    yield from _done(application)
    yield from _followed(application)
    free = free_bytes(application.settings.data_dir)
    yield GaugeMetricFamily("xiansou_disk_free_bytes", "Room on the disk that holds `data_dir`.", free)
    calibrated = bool(application.views.current.calibration.unanswered)
    yield GaugeMetricFamily("xiansou_calibrated", "1: refusals follow questions of this library.", int(calibrated))
    memory = GaugeMetricFamily(
        "xiansou_process_resident_bytes", "Memory of the service's processes on this machine.", labels=["process", "pid"]
    )
    for kind, pid, resident in memory_by_process(holder(application.settings.data_dir) or os.getpid()):
        memory.add_metric([kind, str(pid)], resident)
    yield memory


def _done(application: Application) -> Iterator[Any]:
    engine = application.ledger.engine
    done = GaugeMetricFamily("xiansou_last_done_timestamp_seconds", "When it was done last, Unix seconds.", labels=["what"])
    newest, good, backup = last(engine, "reindex"), last(engine, "good reindex"), last(engine, "backup")
    for what, when in (("reindex", newest), ("good_reindex", good), ("backup", backup)):
        if when is not None:
            done.add_metric([what], when["at"])
    yield done
    if newest is not None:
        failed = int(newest["state"] in ("refused", "failed"))
        yield GaugeMetricFamily("xiansou_reindex_refused", "1: the last re-index failed, or its gate refused it.", failed)


def _followed(application: Application) -> Iterator[Any]:
    with application.ledger.engine.connect() as conn:
        query = select(func.count(), func.count(sources.c.error)).select_from(sources)
        total, failing = conn.execute(query).one()
    family = GaugeMetricFamily("xiansou_sources", "Sources that are synchronised, by state.", labels=["state"])
    family.add_metric(["ok"], total - failing)
    family.add_metric(["failing"], failing)
    yield family
