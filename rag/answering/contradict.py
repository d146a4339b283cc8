"""Cited passages that disagree are shown as such, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answering.cite import Numbering
from rag.domain import Claim, Hit, Language, Sentence
from rag.grounding import Contradiction


class Contradictions:
    """Those between the hits of one question."""

    def __init__(self, hits: Sequence[Hit]):
        self._hits = hits

    def look(self, query: str, said: Sequence[Sentence]) -> None:
        """Compares what was cited with the other passages."""

    def told(self, language: Language) -> Iterator[Claim]:
        """Sentences that tell of them."""
        yield from ()

    def shown(self, numbering: Numbering) -> tuple[Contradiction, ...]:
        """As they stand in the reply."""
        return ()
