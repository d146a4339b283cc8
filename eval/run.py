"""Runs a suite: its documents into a library, its questions through the same pipeline that serves customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eval.dataset import Suite
from eval.metrics import Scored, as_dicts, score, summarise
from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from rag.domain import Question
from rag.wiring import House

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run measured. `failed_thresholds` is empty when the suite passes."""

    suite: str
    ingest: Summary
    metrics: dict[str, float]
    by_language: dict[str, dict[str, float]]
    questions: list[Scored]
    failed_thresholds: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "suite": self.suite,
            "passed": not self.failed_thresholds,
            "failed_thresholds": self.failed_thresholds,
            "metrics": self.metrics,
            "by_language": self.by_language,
            "ingest": self.ingest.as_dict(),
            "questions": as_dicts(self.questions),
        }


def ingest_suite(suite: Suite, house: House, progress: Progress | None = None) -> Summary:
    """Puts the suite's documents into the library; those that stand already are skipped."""
    pipeline = Pipeline(house.ledger, house.shelves.writing, house.settings)
    return ingest_paths([suite.documents], house.ledger, lambda: pipeline, house.settings, progress=progress)


def ask_suite(suite: Suite, house: House, summary: Summary, progress: Progress | None = None) -> Report:
    """Asks everything and compares with the thresholds."""
    rows = []
    for done, asked in enumerate(suite.questions, 1):
        question = Question(asked.question)
        rows.append(score(asked, house.answerer.retrieve(question), house.answerer.answer(question)))
        if progress:
            progress(done, len(suite.questions))
    metrics = summarise(rows)
    languages = {lang: summarise([r for r in rows if r.lang == lang]) for lang in sorted({r.lang for r in rows})}
    return Report(suite.name, summary, metrics, languages, rows, failed_thresholds(suite, metrics))


def failed_thresholds(suite: Suite, metrics: dict[str, float]) -> list[str]:
    """`max_` before a metric's name makes the threshold an upper bound."""
    failed = []
    for name, bound in suite.thresholds.items():
        value = metrics[name.removeprefix("max_")]
        if (value > bound) if name.startswith("max_") else (value < bound):
            failed.append(f"{name}: {value} (threshold {bound})")
    return failed
