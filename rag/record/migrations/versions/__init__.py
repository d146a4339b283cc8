"""Revisions of the ledger's schema, one a release that changed it; see `rag.record.migrations`."""
