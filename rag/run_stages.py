"""What a question starts its way through the pipeline with, and whether what was found for it is refused."""

from __future__ import annotations

import threading

from rag.answering.chain import Backends
from rag.answering.compose.evidence import certain
from rag.answering.compose.likelihood import likelihood
from rag.answering.run import Run
from rag.answering.unsafe import unsafe
from rag.domain import Question, Reason, Retrieved
from rag.record.calibration import threshold
from rag.search import intent
from rag.search.position import position
from rag.search.rewrite import goes_on, settle
from rag.search.turn import language_of, still_failing
from rag.settings import Settings


def begin(question: Question, settings: Settings, backends: Backends, gone: threading.Event | None) -> Run:
    """The question as it is read, with its assistant's settings and backends. Raises InputError for an unknown profile."""
    profile = settings.profile(question.profile)
    question = settle(question)
    run = Run(
        question,
        profile,
        question.language or profile.language or language_of(question),
        backends.chain(question),
        gone,
        off_task=intent.off_task(question.text),
    )
    if question.history:
        run.item, run.unsolved = position(question.text), still_failing(question.text)
    return run


def refusal(run: Run, query: str, retrieved: Retrieved) -> Reason | None:
    """Why nothing is answered from what was found; None: something is."""
    if unsafe(run.question.text):
        return "unsafe_question"
    if retrieved.unknown:
        return "unknown_name"
    least = threshold(run.profile.max_wrong_rate, retrieved.unanswered)
    probable = likelihood(query, retrieved, run.scores) >= least
    answerable = not run.off_task and (probable or certain(query, retrieved) or goes_on(run.question, retrieved.hits))
    return None if answerable else "no_relevant_content"
