"""What was told of a document when it was read: what is not part of its text and why, what its columns were taken for."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from rag.record.schema import metadata

readings = Table(
    "readings",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("told", Text, nullable=False),  # a JSON object
)
