"""Parsers, one file a format family. `ingest.parse.parse` chooses by name and content."""
