"""How much personal data was masked, by document version."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from rag.record.schema import metadata

masked = Table(
    "masked",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),  # cn_id, mobile, …
    Column("count", Integer, nullable=False),
)
