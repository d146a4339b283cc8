"""Passages that say the same in nearly the same words under the same title: only the best of them takes a place.

Under another title the same words may be another thing (an article that stands in two laws): STARD lost .016 nDCG@10.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.domain import Passage

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ALIKE = 0.9  # share of common character 5-grams
_GRAM = 5
_NEAR = 0.015  # passages whose cosines to the question lie further apart are not compared: the same text has about the same


@lru_cache(maxsize=4_000)
def _flat(text: str) -> str:
    """Without spaces, in small letters. Cached: the same passages come back for many questions."""
    return _SPACE.sub("", text).lower()


class NearDuplicates:
    """Remembers the passages that were kept. Two that differ in a number are never the same."""

    def __init__(self) -> None:
        self._kept: list[_Said] = []

    def of(self, passage: Passage, cosine: float) -> Passage | None:
        """The kept passage that says the same; else keeps this one and returns None."""
        said = _Said(passage, cosine)
        for other in self._kept:
            if other.passage.document_id != passage.document_id and other.passage.title != passage.title:
                continue
            if other.text == said.text or (said.comparable(other) and said.alike(other)):
                return other.passage
        self._kept.append(said)
        return None


@dataclass(frozen=True)
class _Said:
    """A passage and what is compared of it, made when it is first needed."""

    passage: Passage
    cosine: float

    @cached_property
    def text(self) -> str:
        return _flat(self.passage.text)

    @cached_property
    def grams(self) -> frozenset[str]:
        text = self.text
        return frozenset(text[at : at + _GRAM] for at in range(max(1, len(text) - _GRAM + 1)))

    @cached_property
    def numbers(self) -> list[str]:
        return _NUMBER.findall(self.text)

    def comparable(self, other: _Said) -> bool:
        near = abs(self.cosine - other.cosine) <= _NEAR
        return near and 0.85 <= (len(self.text) + 1) / (len(other.text) + 1) <= 1.18

    def alike(self, other: _Said) -> bool:
        return self.numbers == other.numbers and len(self.grams & other.grams) >= _ALIKE * len(self.grams | other.grams)
