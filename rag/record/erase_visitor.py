"""Erasing a visitor: questions, answers, what was said of them, hand-offs and remembered conversations.

The audit keeps who did what and holds no text of a conversation unless `audit.questions` says so; a chain of hashes cannot
lose a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, Table, delete, or_, select
from sqlalchemy.engine import Connection

from rag.record.answers import drop_answers
from rag.record.engine import writing
from rag.record.tables.answers import answers, feedback
from rag.record.tables.handoffs import handoffs, takeovers


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased. `conversations`: (owner, id) of those that may be remembered elsewhere."""

    visitor: str
    answers: int
    feedback: int
    handoffs: int
    conversations: tuple[tuple[str, str], ...]


def erase_visitor(engine: Engine, visitor: str) -> Erased:
    """`visitor`: as the site called them when it made their token, or the whole name of an owner (`widget:KEY/visitor`)."""
    with writing(engine) as conn:
        owners = _owners(conn, answers, "owner", visitor)
        mine = [owner for owner in owners if owner]
        rows = conn.execute(
            select(answers.c.id, answers.c.owner, answers.c.conversation_id).where(answers.c.owner.in_(mine))
        ).all()
        drop_answers(conn, [row.id for row in rows])
        rated = conn.execute(delete(feedback).where(feedback.c.visitor.in_(_owners(conn, feedback, "visitor", visitor))))
        waited = _owners(conn, handoffs, "owner", visitor)
        waiting = conn.execute(select(handoffs.c.owner, handoffs.c.conversation_id).where(handoffs.c.owner.in_(waited))).all()
        handed = conn.execute(delete(handoffs).where(handoffs.c.owner.in_(waited)))
        conn.execute(delete(takeovers).where(takeovers.c.visitor == visitor))
        both = dict.fromkeys((row.owner, row.conversation_id) for row in (*rows, *waiting) if row.conversation_id)
        return Erased(visitor, len(rows), rated.rowcount, handed.rowcount, tuple(both))


def _owners(conn: Connection, table: Table, column: str, visitor: str) -> Sequence[str]:
    """Names in a column that are this visitor: of whichever key."""
    named = table.c[column]
    escaped = visitor.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # Who rated may be a visitor's visitor: `key:KEY/visitor`, `widget:KEY/visitor/…`.
    query = select(named).where(or_(named == visitor, named.like(f"%/{escaped}", escape="\\"))).distinct()
    return list(conn.scalars(query))
