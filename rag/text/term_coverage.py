"""How much of a question stands in a passage, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.text.everyday import Things, is_said
from rag.text.tokens import words

_HAN = re.compile(r"[\u4e00-\u9fff]+")


@lru_cache(maxsize=20_000)
def word_set(text: str) -> frozenset[str]:
    """Words of a text. Cached: the same passages come back for many questions."""
    return frozenset(words(text))


def coverage(
    terms: Sequence[str],
    idf: NDArray[np.float32],
    text: str,
    also: Mapping[str, tuple[str, ...]] | None = None,
    things: Things | None = None,
) -> float:
    """Share (0–1) of the question's words, weighted by idf, that occur in the text; 0 for a question without words.

    `also`: words that count for another (its synonyms, its right spelling). `things`: everyday things that words name; under
    another name in the text they count, too.
    """
    total = float(idf.sum())
    if total <= 0:
        return 0.0
    present = word_set(text)
    others = also or {}
    there = [
        term in present
        or not present.isdisjoint(others.get(term, ()))
        or (things is not None and term in things and is_said(things[term], text, present))
        for term in terms
    ]
    said = _apart(terms, there, text)
    return float(sum(weight for weight, there in zip(idf.tolist(), said, strict=True) if there)) / total


def _apart(terms: Sequence[str], present: Sequence[bool], text: str) -> Sequence[bool]:
    """The same with long Chinese words whose parts stand in the text by themselves (开发票 in 发票怎么开), and with the words
    that the cutter saw inside those (开发)."""
    whole = [
        term
        for term, there in zip(terms, present, strict=True)
        if not there
        and len(term) > 2
        and _HAN.fullmatch(term)
        and any(term[:at] in text and term[at:] in text for at in range(1, len(term)))
    ]
    if not whole:
        return present
    return [there or any(term in one for one in whole) for term, there in zip(terms, present, strict=True)]
