"""All tables: imports every file that defines some, so that the ledger's metadata is complete when it is opened."""

from __future__ import annotations

from rag.record import schema
from rag.record.tables import answers, audit, handoffs, keys, masks, queue, readings, sources

MODULES = (schema, audit, keys, queue, answers, sources, masks, readings, handoffs)
