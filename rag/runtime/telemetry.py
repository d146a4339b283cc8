"""What an operator sees of questions: metrics by stage, and a line in the log about slow ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.trace import SpanKind

from rag.domain import Answer, Hit, Question, Retrieved, Usage
from rag.errors import Cancelled
from rag.runtime import metrics
from rag.runtime.logger import get_logger
from rag.runtime.tracing import span
from rag.settings.sections import Log

_SHOWN_HITS = 5
log = get_logger()


def searched(question: Question, retrieved: Retrieved, ms: float, settings: Log) -> None:
    """After a search, an answer's too. `ms`: all of it, re-ranking included."""
    metrics.STAGE_SECONDS.labels("retrieve").observe((ms - retrieved.rerank_ms) / 1000)
    if retrieved.rerank_ms:
        metrics.STAGE_SECONDS.labels("rerank").observe(retrieved.rerank_ms / 1000)
    if question.as_of is None:
        metrics.APPLIED.set(retrieved.version)
    if _slow(ms, settings):
        log.warning(
            "slow search",
            ms=round(ms, 1),
            index_version=retrieved.version,
            **_question_fields(question, settings),
            explain=explain(retrieved.hits),
        )


def answered(question: Question, answer: Answer, hits: Sequence[Hit], settings: Log) -> None:
    """After an answer or a refusal."""
    timings, profile = answer.timings_ms, answer.profile
    for stage in ("rewrite", "generate", "check", "total"):
        if timings.get(stage):
            metrics.STAGE_SECONDS.labels(stage).observe(timings[stage] / 1000)
    metrics.ANSWERS.labels(answer.status, answer.generator, profile).inc()
    if answer.reason is not None:
        metrics.REFUSALS.labels(answer.reason, profile).inc()
    for sentence in answer.grounding:
        metrics.SENTENCES.labels(sentence.verdict).inc()
    if answer.usage.prompt_tokens or answer.usage.completion_tokens:
        metrics.TOKENS.labels("prompt", profile).inc(answer.usage.prompt_tokens)
        metrics.TOKENS.labels("completion", profile).inc(answer.usage.completion_tokens)
    if _slow(timings["total"], settings):
        log.warning(
            "slow answer",
            ms=timings["total"],
            answer_id=answer.answer_id,
            status=answer.status,
            reason=answer.reason,
            generator=answer.generator,
            profile=profile,
            index_version=answer.index_version,
            timings_ms=dict(timings),
            **_question_fields(question, settings),
            explain=explain(hits),
        )


class LlmCall:
    """One call of an LLM backend. `outcome`: ok, failed, stopped."""

    def __init__(self) -> None:
        self.outcome = "ok"
        self.usage = Usage()

    def used(self, usage: Usage) -> None:
        self.usage = usage


@contextmanager
def llm_call(backend: str) -> Iterator[LlmCall]:
    """Measures a call; in its trace it stands as OpenTelemetry's conventions for generative AI have it."""
    began, call = time.perf_counter(), LlmCall()
    with span("xiansou.llm", kind=SpanKind.CLIENT) as current:
        try:
            yield call
        finally:
            current.set_attribute("gen_ai.operation.name", "chat")
            current.set_attribute("gen_ai.request.model", backend)
            current.set_attribute("gen_ai.usage.input_tokens", call.usage.prompt_tokens)
            current.set_attribute("gen_ai.usage.output_tokens", call.usage.completion_tokens)
            current.set_attribute("xiansou.outcome", call.outcome)
            metrics.LLM_SECONDS.labels(backend, call.outcome).observe(time.perf_counter() - began)


class WriteClock:
    """Measures the stages of one write: `enter` each as it begins, `end` the last one."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._first = time.perf_counter()

    def enter(self, stage: str) -> None:
        now = time.perf_counter()
        if self._stage:
            metrics.INGEST_SECONDS.labels(self._stage).observe(now - self._began)
        self._stage, self._began = stage, now

    def end(self) -> None:
        self.enter("")
        metrics.INGEST_SECONDS.labels("total").observe(time.perf_counter() - self._first)


@contextmanager
def abandoned() -> Iterator[Callable[[], None]]:
    """Counts an answer that nobody waited for. Yields what is called when it was given."""
    done = False

    def given() -> None:
        nonlocal done
        done = True

    try:
        yield given
    except (GeneratorExit, Cancelled):
        if not done:
            metrics.ABANDONED.inc()
        raise


def explain(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The best hits with the score of each stage, without any text."""
    return [
        {
            "passage_id": hit.passage.id,
            "document_id": hit.passage.document_id,
            "score": round(hit.score, 4),
            "probability": round(hit.probability, 4),
            "stages": {name: round(score, 4) for name, score in hit.stages.items()},
        }
        for hit in hits[:_SHOWN_HITS]
    ]


def _slow(ms: float, settings: Log) -> bool:
    if not settings.slow_ms or ms < settings.slow_ms:
        return False
    metrics.SLOW.inc()
    return True


def _question_fields(question: Question, settings: Log) -> dict[str, Any]:
    shape: dict[str, Any] = {"question_chars": len(question.text), "turns": len(question.history), "top_k": question.top_k}
    return shape | ({"question": question.text} if settings.questions else {})
