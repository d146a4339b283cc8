"""Xiansou's core: the record, its mirrors, search and answering. Imports none of `ingest`, `api`, `eval`."""

__version__ = "0.2.0"
