"""Keys of callers. A key's secret is never stored: only its SHA-256, which is enough for 256 random bits."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, Text

from rag.record.schema import table

keys = table(
    "api_keys",
    Column("id", Text, primary_key=True),  # the public part of the key
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the secret part
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # JSON list
    Column("collections", Text),  # JSON list; NULL: all
    Column("groups", Text),  # JSON list; NULL: every document, whatever its ACL
    Column("origins", Text, nullable=False),  # JSON list: web origins that its widget tokens may be used from
    Column("citation_style", Text),
    Column("requests_per_minute", Integer),  # NULL: as the settings say
    Column("tokens_per_day", Integer),
    Column("spend_per_day", Float),
    Column("made_by", Text, nullable=False),  # "first start", "command line", or the id of a key
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)
