"""Hand-offs in the ledger: a queue of messages to a help desk, and which conversations a person has taken over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Engine, delete, insert, select, update

from rag.record.engine import writing
from rag.record.feed import now
from rag.record.tables.handoffs import handoffs, takeovers

Kind = Literal["handoff.requested", "conversation.message"]
State = Literal["queued", "sent", "dead", "kept"]
ANYBODY = "*"

LEASE_S = 60.0  # of one who sends; longer than a webhook may take
# Pauses after each failure in turn; about three days altogether, as Standard Webhooks advises.
PAUSES_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 36_000, 50_400, 50_400, 86_400)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A message to the help desk; `body` is sent as it is."""

    id: str
    at: float
    owner: str
    conversation_id: str | None
    kind: str
    state: str
    attempts: int
    error: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Takeover:
    """Who answers in a conversation instead of the assistant, since when (Unix seconds)."""

    agent: str
    at: float


class Handoffs:
    """Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    # -- the queue -----------------------------------------------------------------------------------------------------

    def put(self, kind: Kind, owner: str, conversation_id: str | None, body: Mapping[str, Any], *, send: bool) -> str:
        """Queues a message; it is in the ledger when this returns. `send` False: nobody is told, it is only kept."""
        key, at = f"hof_{secrets.token_hex(12)}", now()
        event = {"id": key, "type": kind, **body}
        row = {"id": key, "at": at, "owner": owner, "conversation_id": conversation_id, "kind": kind, "attempts": 0}
        row |= {"state": "queued" if send else "kept", "due": at if send else None, "body": orjson.dumps(event).decode()}
        with writing(self._engine) as conn:
            conn.execute(insert(handoffs).values(**row))
        return key

    def claim(self) -> Handoff | None:
        """The oldest message that is due, for `LEASE_S` seconds; None: there is none."""
        due = select(handoffs).where(handoffs.c.due <= now()).order_by(handoffs.c.due).limit(1)
        with self._engine.connect() as conn:
            if conn.execute(due).first() is None:  # mostly: without taking the write lock
                return None
        with writing(self._engine) as conn:
            row = conn.execute(due).first()
            if row is None:
                return None
            conn.execute(update(handoffs).where(handoffs.c.id == row.id).values(due=now() + LEASE_S, attempts=row.attempts + 1))
        return _read(row)

    def sent(self, key: str) -> None:
        self._end(key, "sent", None)

    def failed(self, key: str, error: str, *, retry: bool = True) -> None:
        """Waits for its next time, or is `dead` after the last."""
        with self._engine.connect() as conn:
            attempts = conn.scalar(select(handoffs.c.attempts).where(handoffs.c.id == key)) or 1
        if not retry or attempts > len(PAUSES_S):
            self._end(key, "dead", error)
            return
        with writing(self._engine) as conn:
            values = {"due": now() + PAUSES_S[attempts - 1], "error": error[:500]}
            conn.execute(update(handoffs).where(handoffs.c.id == key).values(**values))

    def page(self, limit: int = 50) -> list[Handoff]:
        """Newest first."""
        with self._engine.connect() as conn:
            return [_read(row) for row in conn.execute(select(handoffs).order_by(handoffs.c.at.desc()).limit(limit))]

    def _end(self, key: str, state: State, error: str | None) -> None:
        with writing(self._engine) as conn:
            values = {"state": state, "due": None, "error": error and error[:500]}
            conn.execute(update(handoffs).where(handoffs.c.id == key).values(**values))

    # -- conversations that a person has taken over --------------------------------------------------------------------

    def take(self, conversation_id: str, key: str, visitor: str, agent: str) -> Takeover:
        """From now on the assistant is silent there. Again: another agent."""
        takeover = Takeover(agent, now())
        where = {"conversation_id": conversation_id, "key": key, "visitor": visitor}
        with writing(self._engine) as conn:
            conn.execute(delete(takeovers).where(*(takeovers.c[name] == value for name, value in where.items())))
            conn.execute(insert(takeovers).values(**where, agent=takeover.agent, at=takeover.at))
        return takeover

    def give_back(self, conversation_id: str, key: str) -> bool:
        """The assistant answers again; whether it was silent. `key` `ANYBODY`: whoever's conversation it is."""
        query = delete(takeovers).where(takeovers.c.conversation_id == conversation_id)
        with writing(self._engine) as conn:
            return bool(conn.execute(query if key == ANYBODY else query.where(takeovers.c.key == key)).rowcount)

    def taken(self, conversation_id: str, key: str, visitor: str | None) -> Takeover | None:
        """Who answers there; None: the assistant."""
        query = select(takeovers).where(
            takeovers.c.conversation_id == conversation_id,
            takeovers.c.key.in_((key, ANYBODY)),
            takeovers.c.visitor.in_(("", visitor or "")),
        )
        with self._engine.connect() as conn:
            row = conn.execute(query.limit(1)).first()
        return None if row is None else Takeover(row.agent, row.at)


def _read(row: Any) -> Handoff:
    return Handoff(
        row.id,
        row.at,
        row.owner,
        row.conversation_id,
        row.kind,
        row.state,
        row.attempts,
        row.error,
        orjson.loads(row.body),
    )
