"""What a statement says, as its passage has it."""

from __future__ import annotations

from rag.domain import Hit
from rag.domain.statement import Statement


def text_of(hit: Hit, one: Statement) -> str:
    """What the statement says, as it is read."""
    return one.text or hit.passage.text[one.start - hit.passage.start : one.end - hit.passage.start]
