"""Tables of what was answered, what people thought of it, and what was decided about questions that found no answer."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, Text

from rag.record.schema import Id, table

# Short columns first: the long record is not read by those who only look for rows.
answers = table(
    "answers",
    Column("id", Text, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("owner", Text, nullable=False),  # whose answer it is: key and visitor; "" without access control
    Column("conversation_id", Text),
    Column("profile", Text, nullable=False),
    Column("collection", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("generator", Text, nullable=False),
    Column("index_version", Id, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of the settings that it was made with
    Column("cached_from", Text),  # the answer whose text was used again
    Column("question", Text, nullable=False),
    Column("query", Text, nullable=False),  # the question as it was searched
    Column("history", Text, nullable=False),  # JSON: messages before the question
    Column("model", Text),  # that `vector` comes from
    Column("vector", LargeBinary),  # of `query`, float32, where nothing was found: for grouping such questions
    Column("record", Text, nullable=False),  # JSON, see `rag.answering.record`
    Index("answers_owner", "owner", "at"),
    Index("answers_status", "status", "at"),
)

# Documents that an answer was made from: erasing one removes these answers.
answer_sources = table(
    "answer_sources",
    Column("answer_id", Text, ForeignKey("answers.id"), primary_key=True),
    Column("document_id", Text, primary_key=True),
    Index("answer_sources_document", "document_id"),
)

feedback = table(
    "feedback",
    Column("answer_id", Text, ForeignKey("answers.id"), primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("rating", Integer, nullable=False, index=True),  # 1 or -1
    Column("reason", Text),
    Column("correction", Text),
    Column("comment", Text),
    Column("at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)

gap_decisions = table(
    "gap_decisions",
    Column("id", Text, primary_key=True),  # of the gap
    Column("answer_id", Text, nullable=False),  # whose question founded it
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False),  # accepted, dismissed
    Column("document_id", Text),  # that was published for it
    Column("at", Float, nullable=False),
)
