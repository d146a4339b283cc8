"""Parsers, one file a format family. `ingest.parse.parse` chooses by content and name."""

from ingest.parse.dispatch import FORMATS, Format, parse

__all__ = ["FORMATS", "Format", "parse"]
