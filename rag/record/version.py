"""The number of the ledger's schema, apart from its tables: what only reads a line need not import them."""

SCHEMA_VERSION = 5  # of the last revision in `migrations/versions`
