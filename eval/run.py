"""Runs a suite: its documents into a library, its questions through the same pipeline that serves customers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from eval import summary as figures
from eval.corpus import ingest_corpus
from eval.dataset import Suite
from eval.items import SuiteItem
from eval.judge import Judge
from eval.library import scope_of
from eval.metrics import Scored, as_dicts, score
from eval.names import cutoff
from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from rag.answer import Answerer
from rag.answering.record import AnswerTrace
from rag.domain import Answer, Question, Scope
from rag.wiring import Application

Progress = Callable[[int, int], None]
_DEPTH = 100  # passages ranked: enough for 20 documents of several passages each


@dataclass(frozen=True, slots=True)
class Report:
    """What a run measured. `failed_thresholds` is empty when the suite passes."""

    suite: str
    ingest: Summary
    all: figures.Summary
    languages: dict[str, figures.Summary]
    types: dict[str, figures.Summary]
    questions: list[Scored]
    failed_thresholds: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def metrics(self) -> dict[str, float]:
        return self.all.metrics

    def figures(self) -> dict[str, Any]:
        """All but the questions."""
        return {
            "suite": self.suite,
            "passed": not self.failed_thresholds,
            "failed_thresholds": self.failed_thresholds,
            "notes": self.notes,
            "metrics": self.all.metrics,
            "intervals": self.all.intervals,
            "by_language": {name: group.metrics for name, group in self.languages.items()},
            "intervals_by_language": {name: group.intervals for name, group in self.languages.items()},
            "by_type": {name: group.metrics for name, group in self.types.items()},
            "intervals_by_type": {name: group.intervals for name, group in self.types.items()},
            "ingest": self.ingest.as_dict(),
        }

    def as_dict(self) -> dict[str, Any]:
        return self.figures() | {"questions": [_short(row) for row in as_dicts(self.questions)]}


def ingest_suite(suite: Suite, application: Application, progress: Progress | None = None) -> Summary:
    """Puts the suite's documents into the library; those that stand already are skipped."""
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    if suite.corpus is not None:
        return ingest_corpus(suite.corpus, application, pipeline, progress)
    assert suite.documents is not None
    return ingest_paths([suite.documents], application.ledger, lambda: pipeline, application.settings, progress=progress)


def ask_suite(
    suite: Suite,
    application: Application,
    summary: Summary,
    progress: Progress | None = None,
    *,
    only_retrieval: bool = False,
    judge: Judge | None = None,
    partial: Path | None = None,
) -> Report:
    """Asks everything and compares with the thresholds.

    `partial`: file that holds each question as soon as it was asked; those in it are not asked again.
    """
    done = _resume(partial, suite)
    rows = []
    for at, item in enumerate(suite.questions, 1):
        row = done.get(item.id)
        if row is None:
            scope = scope_of(item, application.ledger.engine)
            row = ask_one(item, application.answerer, suite, only_retrieval=only_retrieval, judge=judge, scope=scope)
            if partial is not None:
                partial.parent.mkdir(parents=True, exist_ok=True)
                with partial.open("ab") as file:
                    file.write(orjson.dumps(as_dicts([row])[0]) + b"\n")
        rows.append(row)
        if progress:
            progress(at, len(suite.questions))
    notes = list(judge.notes) if judge else []
    if only_retrieval:
        suite, left_out = _of_retrieval(suite, rows)
        notes += [f"not checked without answers: {name}" for name in left_out]
    return report(suite, summary, rows, notes)


def ask_one(
    item: SuiteItem,
    answerer: Answerer,
    suite: Suite,
    *,
    only_retrieval: bool = False,
    judge: Judge | None = None,
    scope: Scope = Scope(),
) -> Scored:
    """One question: its ranking, and its answer as a customer would get it."""
    began = time.perf_counter()
    retrieved = answerer.retrieve(Question(item.question, item.history, scope=scope, top_k=_DEPTH))
    took = (time.perf_counter() - began) * 1000
    question = Question(item.question, item.history, scope=scope)
    answer = None if only_retrieval else _answer(answerer, question)
    if answer is not None:
        took = answer.timings_ms["retrieve"] + answer.timings_ms["rewrite"] + answer.timings_ms["rerank"]
    cutoffs = [cutoff(name.removeprefix("max_")) for name in (*suite.thresholds, *suite.metrics)]
    row = score(
        item,
        retrieved,
        answer,
        retrieve_ms=took,
        likelihood=None if only_retrieval else answerer.likelihood(question, retrieved),
        alternatives=suite.alternatives,
        cutoffs=[k for k in cutoffs if k],
    )
    if judge is not None and answer is not None:
        row.values.update(judge.values(item, answer, answerer.prompt(question)))
    return row


def _answer(answerer: Answerer, question: Question) -> Answer:
    """As a customer gets it, but neither remembered nor taken from what was worded before."""
    return next(piece.answer for piece in answerer.make(question) if isinstance(piece, AnswerTrace))


def report(suite: Suite, summary: Summary, rows: Sequence[Scored], notes: Sequence[str] = ()) -> Report:
    """The figures of all, and of each language and type."""
    measured = figures.measure(rows)
    languages, types = figures.by(rows, lambda row: row.lang), figures.by(rows, lambda row: row.kind)
    return Report(
        suite.name, summary, measured, languages, types, list(rows), failed_thresholds(suite, measured.metrics), list(notes)
    )


def failed_thresholds(suite: Suite, metrics: Mapping[str, float]) -> list[str]:
    """`max_` before a metric's name makes the threshold an upper bound. What was not measured has not passed."""
    failed = []
    for name, bound in suite.thresholds.items():
        value = metrics.get(name.removeprefix("max_"))
        if value is None or not math.isfinite(value):
            failed.append(f"{name}: not measured (threshold {bound})")
        elif (value > bound) if name.startswith("max_") else (value < bound):
            failed.append(f"{name}: {value} (threshold {bound})")
    return failed


def _of_retrieval(suite: Suite, rows: Sequence[Scored]) -> tuple[Suite, list[str]]:
    """The suite without thresholds that need answers, and their names."""
    measured = figures.summarise(rows)
    left_out = [name for name in suite.thresholds if name.removeprefix("max_") not in measured]
    kept = {name: bound for name, bound in suite.thresholds.items() if name not in left_out}
    return replace(suite, thresholds=kept), left_out


def _resume(partial: Path | None, suite: Suite) -> dict[str, Scored]:
    """Questions that an interrupted run asked; a line that was cut off is asked again."""
    if partial is None or not partial.is_file():
        return {}
    done = {}
    wanted = {item.id for item in suite.questions}
    for line in partial.read_bytes().splitlines():
        try:
            row = Scored.from_dict(orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError):
            continue
        if row.id in wanted:
            done[row.id] = row
    # A cut-off last line must not run into the next one.
    partial.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in as_dicts(list(done.values()))))
    return done


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the hits' texts, which are kept with the run."""
    hits = [{key: hit[key] for key in ("document_id", "passage_id", "probability")} for hit in row["hits"]]
    return row | {"hits": hits}
