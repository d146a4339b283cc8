"""Passages that say the same in nearly the same words: only the best of them takes a place."""

from __future__ import annotations

import re

from rag.domain import Passage

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ALIKE = 0.85  # share of common character 5-grams
_GRAM = 5


class Twins:
    """Remembers the passages that were kept. Two that differ in a number are never the same."""

    def __init__(self) -> None:
        self._kept: list[tuple[Passage, str, frozenset[str] | None]] = []

    def of(self, passage: Passage) -> Passage | None:
        """The kept passage that says the same; else keeps this one and returns None."""
        text = _SPACE.sub("", passage.text).lower()
        grams: frozenset[str] | None = None
        for at, (other, told, known) in enumerate(self._kept):
            if told == text:
                return other
            if not 0.85 <= (len(text) + 1) / (len(told) + 1) <= 1.18:
                continue
            if grams is None:
                grams = _grams(text)
            if known is None:
                known = _grams(told)
                self._kept[at] = (other, told, known)
            alike = len(grams & known) >= _ALIKE * len(grams | known)
            if alike and _NUMBER.findall(text) == _NUMBER.findall(told):
                return other
        self._kept.append((passage, text, grams))
        return None


def _grams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))
