"""The glossary names only rooms that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_place_in_the_glossary_exists() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    places = set(re.findall(r"`((?:rag|ingest|api|eval)/[\w/.]*)`", text))
    assert len(places) > 60
    assert [place for place in sorted(places) if not (ROOT / place).exists()] == []
