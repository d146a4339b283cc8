"""Tables of hand-offs: who waits for a person, and conversations that a person has taken over."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text

from rag.record.schema import metadata

# One row a message to the help desk. `due`: when it may be sent; NULL: it has ended.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("owner", Text, nullable=False),  # as of answers: key and visitor
    Column("conversation_id", Text),
    Column("kind", Text, nullable=False),  # handoff.requested, conversation.message
    Column("state", Text, nullable=False),  # queued, sent, dead, kept (no webhook is set)
    Column("attempts", Integer, nullable=False),
    Column("due", Float),
    Column("error", Text),
    Column("body", Text, nullable=False),  # JSON, as it is sent
    Index("handoffs_due", "due"),
)

# A person answers here, the assistant is silent. `key`: whose conversation, "*": anybody's; `visitor`: "" for all of them.
takeovers = Table(
    "takeovers",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("at", Float, nullable=False),
)
