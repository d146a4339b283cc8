"""Questions that found no answer, or one that people thought bad, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.engine import Row

from rag.record.engine import writing
from rag.record.feed import now
from rag.record.tables.answers import answers, feedback, gap_decisions

State = Literal["accepted", "dismissed"]

UNANSWERED = ("no_relevant_content", "unknown_name", "low_grounding")  # other refusals say nothing about the documents

SEARCHED = ("answered", "refused")


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as it was asked once. `query`: with what a follow-up needs; `corrections`: what people say is right."""

    answer_id: str
    at: float
    question: str
    query: str
    collection: str | None
    refused: bool
    model: str | None
    vector: bytes | None
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a gap. `answer_id`: whose question founded it; `question`: its name."""

    id: str
    answer_id: str
    question: str
    state: State
    document_id: str | None
    at: float


class GapBook:
    """Of one ledger. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def questions(self, since: float = 0.0, limit: int = 5_000) -> list[OpenQuestion]:
        """The newest `limit`, oldest first."""
        bad = select(feedback.c.answer_id).where(feedback.c.rating < 0)
        columns = [answers.c[name] for name in ("id", "at", "question", "query", "collection", "status", "model", "vector")]
        refused = (answers.c.status == "refused") & answers.c.reason.in_(UNANSWERED)
        searched = answers.c.status.in_(SEARCHED)  # a question back or small talk lacks no document, however it is rated
        query = select(*columns).where(answers.c.at >= since, searched, refused | answers.c.id.in_(bad))
        query = query.order_by(answers.c.at.desc(), answers.c.id.desc()).limit(limit)
        with self._engine.connect() as conn:
            rows = conn.execute(query).all()
            records = conn.execute(
                select(feedback).where(feedback.c.correction.is_not(None)).order_by(feedback.c.updated_at)
            ).all()
        corrections: dict[str, list[str]] = {}
        for one in records:
            corrections.setdefault(one.answer_id, []).append(one.correction)
        return [_question(row, corrections.get(row.id, ())) for row in reversed(rows)]

    def decisions(self) -> list[Decision]:
        """In the order in which they were made."""
        with self._engine.connect() as conn:
            rows = conn.execute(select(gap_decisions).order_by(gap_decisions.c.at, gap_decisions.c.id))
            return [Decision(**row._mapping) for row in rows]

    def decide(
        self,
        gap_id: str,
        answer_id: str,
        question: str,
        state: State,
        document_id: str | None = None,
    ) -> Decision:
        """Keeps a decision; it replaces the one before."""
        decision = Decision(gap_id, answer_id, question, state, document_id, now())
        with writing(self._engine) as conn:
            conn.execute(delete(gap_decisions).where(gap_decisions.c.id == gap_id))
            conn.execute(insert(gap_decisions), {name: getattr(decision, name) for name in Decision.__slots__})
        return decision


def _question(row: Row[Any], corrections: Sequence[str]) -> OpenQuestion:
    return OpenQuestion(
        answer_id=row.id,
        at=row.at,
        question=row.question,
        query=row.query,
        collection=row.collection,
        refused=row.status == "refused",
        model=row.model,
        vector=row.vector,
        corrections=tuple(corrections),
    )
