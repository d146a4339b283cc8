"""Figures of the traffic, of what the record and the counters say."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client.metrics_core import Metric
from sqlalchemy import Engine, func, select

from rag.record.tables.answers import answers, feedback

HOUR_S, DAY_HOURS = 3600, 24


@dataclass(slots=True)
class Day:
    """The last 24 hours: answers by status, each hour, refusals by reason, thumbs."""

    hours: list[Counter[str]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    up: int = 0
    down: int = 0

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def most(self) -> int:
        return max((sum(hour.values()) for hour in self.hours), default=0)


def day(engine: Engine) -> Day:
    """Of the answers that are kept."""
    now = time.time()
    since = now - HOUR_S * DAY_HOURS
    counts = Day([Counter() for _ in range(DAY_HOURS)])
    query = select(answers.c.at, answers.c.status, answers.c.reason).where(answers.c.at >= since)
    thumbs = select(feedback.c.rating, func.count()).where(feedback.c.updated_at >= since).group_by(feedback.c.rating)
    with engine.connect() as conn:
        for at, status, reason in conn.execute(query).tuples():
            counts.hours[min(DAY_HOURS - 1, max(0, int((at - since) // HOUR_S)))][status] += 1
            counts.statuses[status] += 1
            if reason:
                counts.reasons[reason] += 1
        counted = dict(conn.execute(thumbs).tuples().all())
    counts.up, counts.down = counted.get(1, 0), counted.get(-1, 0)
    return counts


def quantile(families: Iterable[Metric], name: str, share: float, **labels: str) -> float | None:
    """Milliseconds below which this share of a histogram's samples lies, linear within its bucket; None: no samples."""
    buckets: dict[float, float] = {}
    for family in families:
        if family.name != name:
            continue
        for sample in family.samples:
            if sample.name == f"{name}_bucket" and all(sample.labels.get(key) == value for key, value in labels.items()):
                edge = float(sample.labels["le"])
                buckets[edge] = buckets.get(edge, 0.0) + sample.value
    edges = sorted(buckets)
    if not edges or not buckets[edges[-1]]:
        return None
    wanted, before, below = share * buckets[edges[-1]], 0.0, 0.0
    for edge in edges:
        if buckets[edge] >= wanted:
            if edge == float("inf"):
                return before * 1000
            within = buckets[edge] - below
            return 1000 * (before + (edge - before) * ((wanted - below) / within if within else 1.0))
        before, below = edge, buckets[edge]
    return None


def total(families: Iterable[Metric], name: str, **labels: str) -> float:
    """A counter's sum over all samples with these labels."""
    return sum(
        sample.value
        for family in families
        if family.name == name
        for sample in family.samples
        if sample.name in (name, f"{name}_total") and all(sample.labels.get(key) == value for key, value in labels.items())
    )
