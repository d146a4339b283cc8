"""One whole measurement: documents in, questions asked, the run kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from eval import runs
from eval.dataset import Suite
from eval.judge import Judge
from eval.run import Report, ask_suite, ingest_suite
from rag.runtime.console import progress
from rag.wiring import Application

Bars = Callable[[str, str], AbstractContextManager[Callable[[int, int], None]]]  # (label, unit) → what is told how far it is


def measure(
    application: Application,
    suite: Suite,
    options: Mapping[str, Any],
    root: Path,
    keep: Path | None = None,
    judge: Judge | None = None,
    bars: Bars = progress,
) -> tuple[Report, Path]:
    """The report and the folder of its run below `root`. `keep`: folder in which a stopped run leaves what it asked."""
    began = time.time()
    with bars("ingest", "files") as update:
        summary = ingest_suite(suite, application, update)
    configured, library = runs.configuration(application.settings, application), runs.library_digest(application)
    names = [*suite.thresholds, *suite.metrics]
    key = {"configuration": configured, "library": library, "suite": suite.digest, "names": names, **options}
    partial = keep / "asked" / f"{runs.fingerprint(key)}.jsonl" if keep else None
    only_retrieval = bool(options["only_retrieval"])
    with bars("ask", "questions") as update:
        report = ask_suite(suite, application, summary, update, only_retrieval=only_retrieval, judge=judge, partial=partial)
    kept = keep_run(root, report, application, suite, options, began)
    if partial is not None:
        partial.unlink(missing_ok=True)  # the run is kept whole: the same command measures anew
    return report, kept


def keep_run(
    root: Path, report: Report, application: Application, suite: Suite, options: Mapping[str, Any], began: float
) -> Path:
    """Writes the run with what it depends on."""
    configured = runs.configuration(application.settings, application)
    about = {
        "started_at": began,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began, 3),
        "fingerprint": runs.fingerprint(configured),
        "configuration": configured,
        "library": runs.library_digest(application),
        "question_set": suite.digest,
        "options": dict(options),
        "program": runs.program(),
    }
    return runs.keep(root, about | report.figures(), report.questions)
