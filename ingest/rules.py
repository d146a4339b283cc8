"""The settings that a document is read by: switched, they make the next `ingest` or `reindex` read what stands anew."""

from __future__ import annotations

from typing import Any

from rag.settings import Settings


def reading_rules(settings: Settings) -> dict[str, Any]:
    """What of the settings changes a document's text, kept as `told["rules"]`; empty where nothing is set."""
    rules = {"mask": sorted(set(settings.ingest.mask)), "clean_off": sorted(set(settings.ingest.clean_off))}
    return {name: value for name, value in rules.items() if value}
