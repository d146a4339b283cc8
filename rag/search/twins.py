"""Passages that say the same in nearly the same words under the same title: only the best of them takes a place.

Under another title the same words may be another thing (an article that stands in two laws): STARD lost .016 nDCG@10.
"""

from __future__ import annotations

import re

from rag.domain import Passage

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ALIKE = 0.9  # share of common character 5-grams
_GRAM = 5
_NEAR = 0.015  # passages whose cosines to the question lie further apart are not compared: the same text has about the same


class Twins:
    """Remembers the passages that were kept. Two that differ in a number are never the same."""

    def __init__(self) -> None:
        self._kept: list[tuple[Passage, float, str, frozenset[str] | None]] = []

    def of(self, passage: Passage, cosine: float) -> Passage | None:
        """The kept passage that says the same; else keeps this one and returns None."""
        text = _SPACE.sub("", passage.text).lower()
        grams: frozenset[str] | None = None
        for at, (other, near, told, known) in enumerate(self._kept):
            if other.document_id != passage.document_id and other.title != passage.title:
                continue
            if told == text:
                return other
            if abs(near - cosine) > _NEAR or not 0.85 <= (len(text) + 1) / (len(told) + 1) <= 1.18:
                continue
            if grams is None:
                grams = _grams(text)
            if known is None:
                known = _grams(told)
                self._kept[at] = (other, near, told, known)
            alike = len(grams & known) >= _ALIKE * len(grams | known)
            if alike and _NUMBER.findall(text) == _NUMBER.findall(told):
                return other
        self._kept.append((passage, cosine, text, grams))
        return None


def _grams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))
