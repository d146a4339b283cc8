"""The answer object of a run: its text, status and citations, and whether a person should take over."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rag.answering.chat import chat_handoff, chat_text
from rag.answering.cite import Numbering
from rag.answering.contradict import Contradictions
from rag.answering.refuse import clarify, handoff, refusal_text, summary
from rag.answering.run import Run
from rag.answering.unknown import unknown_text
from rag.domain import Answer, Retrieved, Sentence, Status
from rag.domain.grounding import Clarification, Handoff
from rag.settings.profiles import DEFAULT_PROFILE


def finish(
    run: Run, retrieved: Retrieved, said: Sequence[Sentence], numbering: Numbering, disagree: Contradictions, first: str
) -> Answer:
    """`first`: name of the backend that is asked first."""
    text, over, clarification = "\n".join(sentence.text for sentence in said), Handoff(), None
    if run.refused is not None:
        clarification = clarify(run.question, retrieved, run.language) if run.refused == "no_relevant_content" else None
        text = clarification.question if clarification else _refusal(run, retrieved)
        suggested = clarification is None and not run.off_task
        over = handoff(run.refused, run.question, retrieved, suggested=suggested)
    elif run.intent is not None:
        text = chat_text(run.intent, run.language, run.profile.replies)
        over = chat_handoff(run.intent, run.question, summary(run.question))
    elif run.unsolved:
        over = Handoff(True, "not_solved", run.question.text, summary(run.question))
    timings = run.timings | {"total": round((time.perf_counter() - run.began) * 1000, 3)}
    return Answer(
        answer_id=run.answer_id,
        conversation_id=run.question.conversation_id,
        status=_status(run, clarification),
        reason=None if clarification else run.refused,
        answer=text,
        citations=numbering.citations,
        handoff=over,
        index_version=retrieved.version,
        generator=run.generator if run.checked or run.refused is None else first,
        usage=run.usage,
        timings_ms=timings,
        profile=run.question.profile or DEFAULT_PROFILE,
        grounding=tuple(numbering.grounded(checked) for checked in run.checked),
        contradictions=disagree.shown(numbering) if run.refused is None else (),
        clarification=clarification,
        intent=run.intent,
        unknown=retrieved.unknown if run.refused == "unknown_name" else (),
        complete=not run.cut,
    )


def _refusal(run: Run, retrieved: Retrieved) -> str:
    assert run.refused is not None
    own = run.profile.refusals
    if run.refused == "unknown_name" and "unknown_name" not in own:
        return unknown_text(retrieved.unknown, run.language)
    return refusal_text(run.refused, run.language, own)


def _status(run: Run, clarification: Clarification | None) -> Status:
    if run.intent is not None:
        return "chat"
    if clarification is not None:
        return "clarify"
    return "answered" if run.refused is None else "refused"
