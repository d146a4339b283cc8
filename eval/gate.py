"""The gate of a re-index: a generation that finds less than the live one never goes live."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from eval.dataset import Suite, load_suite
from eval.measure import keep_run
from eval.run import ask_one, report
from ingest.folder import Summary
from rag.answer import Answerer
from rag.domain import Question
from rag.errors import ConfigError
from rag.index.views import IndexView
from rag.record.schema import passages
from rag.text.sentences import split_sentences
from rag.wiring import Application

_SAMPLE = 200  # passages asked for
_TOLERANCE = 0.03  # loss of recall against the live generation that is taken for noise

Gate = Callable[[Application, IndexView], list[str]]


def gate(suite: Path | None) -> Gate:
    """The suite's thresholds when there is one, and always the comparison with the live generation.

    Closed by default: what cannot be measured, or goes wrong while measuring, refuses the swap with its reason. Raises
    ConfigError at once for a suite that cannot be read or that has no thresholds.
    """
    loaded = load_suite(suite) if suite else None
    if loaded is not None and not loaded.thresholds:
        raise ConfigError(
            f"the suite {loaded.name!r} has no thresholds, so it cannot refuse anything.",
            field="reindex.suite",
            fix="Add [thresholds], for example recall_at_5 = 0.9.",
        )

    def check(application: Application, view: IndexView) -> list[str]:
        try:
            wrong = compare_with_live(application, view)
            return wrong + (ask(loaded, application, view) if loaded and not wrong else [])
        except Exception as exc:  # whatever it is: a generation that could not be measured must not go live
            return [f"the check itself failed: {type(exc).__name__}: {exc}"]

    return check


def compare_with_live(application: Application, view: IndexView) -> list[str]:
    """Passages are asked for by a sentence of their own: the new generation must find as many documents as the live one."""
    probes = _probes(application)
    if not probes:
        return []
    live = _recall(application.answerer_for(application.views.live()), probes)
    new = _recall(application.answerer_for(view), probes)
    if new < live - _TOLERANCE:
        return [f"it finds {new:.1%} of {len(probes)} sampled passages' documents in the first 5, the live one {live:.1%}"]
    return []


def ask(suite: Suite, application: Application, view: IndexView) -> list[str]:
    """Thresholds of the suite that the generation does not reach. Its documents must be in the library already.

    The run is kept as `reindex-NAME`, so that `xiansou eval compare` shows how the nights differ.
    """
    began, answerer = time.time(), application.answerer_for(view)
    rows = [ask_one(item, answerer, suite) for item in suite.questions]
    measured = report(replace(suite, name=f"reindex-{suite.name}"), Summary(), rows)
    keep_run(application.settings.data_dir / "eval", measured, application, suite, {"generation": view.generation}, began)
    return measured.failed_thresholds


def _probes(application: Application) -> list[tuple[str, str]]:
    """(document id, a sentence of it), the same ones for the same library."""
    live = passages.c.retired_seq.is_(None) & (passages.c.generation == application.generation)
    with application.ledger.engine.connect() as conn:
        ids = list(conn.scalars(select(passages.c.id).where(live).order_by(passages.c.id)))
        chosen = random.Random(0).sample(ids, min(_SAMPLE, len(ids)))
        rows = conn.execute(select(passages.c.document_id, passages.c.text).where(passages.c.id.in_(chosen))).tuples().all()
    probes = []
    for document_id, text in rows:
        sentences = [text[start:end] for start, end in split_sentences(text)]
        if sentences:
            probes.append((document_id, max(sentences, key=len)[:300]))
    return probes


def _recall(answerer: Answerer, probes: Sequence[tuple[str, str]]) -> float:
    recalled = 0
    for document_id, sentence in probes:
        hits = answerer.retrieve(Question(sentence, top_k=5)).hits
        recalled += any(hit.passage.document_id == document_id for hit in hits)
    return recalled / len(probes)
