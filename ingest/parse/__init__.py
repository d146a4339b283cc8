"""Parsers, one file a format family. `ingest.parse.parse` chooses by content and name."""

from ingest.parse.dispatch import parse
from ingest.parse.formats import FORMATS, Format

__all__ = ["FORMATS", "Format", "parse"]
