"""The audit: what was asked, changed, deleted and exported, by whom. Each row holds the hash of the one before it."""

from __future__ import annotations

from sqlalchemy import Column, Float, LargeBinary, Text

from rag.record.schema import Id, table

audit = table(
    "audit",
    Column("seq", Id, primary_key=True, autoincrement=False),  # 1, 2, 3, … without a gap
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),  # "key:ID", "jwt:SUB", "widget:KEY", "local", or "command line: USER"
    Column("action", Text, nullable=False),
    Column("target", Text),  # id of a document, an answer, a key
    Column("detail", Text, nullable=False),  # JSON
    Column("previous", LargeBinary, nullable=False),  # `hash` of the row before
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of all of this row
)
