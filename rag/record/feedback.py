"""What people thought of answers: a rating, a reason, the right answer. One row an answer and visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.engine import Row

from rag.errors import NotFound
from rag.record.engine import writing
from rag.record.feed import now
from rag.record.tables.answers import answers, feedback

Rating = Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Feedback:
    """`visitor`: who gave it. `correction`: what the answer should have been. Times in Unix seconds."""

    answer_id: str
    visitor: str
    rating: Rating
    reason: str | None = None
    correction: str | None = None
    comment: str | None = None
    at: float = 0.0
    updated_at: float = 0.0


class FeedbackBook:
    """Feedback of one ledger. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def put(self, given: Feedback, owner: str | None = None) -> Feedback:
        """Keeps it; what this visitor said of this answer before is replaced, the same again changes nothing.

        `owner`: whose answer it must be; None: anyone's. Raises NotFound for an answer that is not there.
        """
        known = select(answers.c.id).where(answers.c.id == given.answer_id)
        if owner is not None:
            known = known.where(answers.c.owner == owner)
        values: dict[str, Any] = {key: getattr(given, key) for key in ("rating", "reason", "correction", "comment")}
        mine = (feedback.c.answer_id == given.answer_id) & (feedback.c.visitor == given.visitor)
        with writing(self._engine) as conn:
            if conn.scalar(known) is None:
                raise NotFound(f"no answer {given.answer_id!r}", field="answer_id")
            row, at = conn.execute(select(feedback).where(mine)).first(), now()
            if row is None:
                place = {"answer_id": given.answer_id, "visitor": given.visitor}
                conn.execute(insert(feedback).values(**place, **values, at=at, updated_at=at))
            elif any(getattr(row, key) != value for key, value in values.items()):
                conn.execute(update(feedback).where(mine).values(**values, updated_at=at))
            return _read(conn.execute(select(feedback).where(mine)).one())

    def of(self, answer_id: str) -> list[Feedback]:
        """Of one answer, oldest first."""
        with self._engine.connect() as conn:
            rows = conn.execute(select(feedback).where(feedback.c.answer_id == answer_id).order_by(feedback.c.at))
            return [_read(row) for row in rows]


def _read(row: Row[Any]) -> Feedback:
    return Feedback(**row._mapping)
