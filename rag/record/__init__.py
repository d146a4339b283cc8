"""The record (ledger) and its mirrors (vector index, BM25)."""
