"""All tables: imports every file that defines some, so that the ledger's metadata is complete when it is opened."""

from __future__ import annotations

from rag.library import (
    answers_tables,
    audit_tables,
    handoff_tables,
    key_tables,
    mask_tables,
    queue_tables,
    reading_tables,
    schema,
    source_tables,
)

MODULES = (
    schema,
    audit_tables,
    key_tables,
    queue_tables,
    answers_tables,
    source_tables,
    mask_tables,
    reading_tables,
    handoff_tables,
)
