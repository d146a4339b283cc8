"""The record: the SQL ledger. Everything else is a mirror of what stands here."""
