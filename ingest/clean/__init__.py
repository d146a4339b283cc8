"""Cleaning by named rules: text is repaired, then passages that nobody would quote are dropped.

Each rule can be switched off (`ingest.clean_off`) and counts what it did. `Parsed.text` is what citations point into and what
is stored: a repair changes the text and moves every span with it, so `cited_text == text[start:end]` always holds.
"""

from __future__ import annotations

from collections.abc import Collection

from ingest.clean.blocks import BLOCK_RULES, drop_blocks
from ingest.clean.repair import REPAIRS, repair
from ingest.collector import seldom
from ingest.parse.removed import NAVIGATION, PAGE_FURNITURE, SPEAKER_NOTES, UNPUBLISHED
from rag.domain import Parsed

RULES: tuple[str, ...] = (*REPAIRS, *(name for name, _ in BLOCK_RULES), PAGE_FURNITURE, NAVIGATION, UNPUBLISHED, SPEAKER_NOTES)
"""Names of all rules; the last four are applied by the parsers."""


@seldom()
def clean(parsed: Parsed, off: Collection[str] = ()) -> tuple[Parsed, dict[str, int]]:
    """The document repaired and without the blocks that a rule drops, and how often each rule did something."""
    repaired, repairs = repair(parsed, off)
    kept, dropped = drop_blocks(repaired, off)
    return kept, {**repairs, **dropped}


__all__ = ["RULES", "clean"]
