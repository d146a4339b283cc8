"""One order from several scores."""

from __future__ import annotations

import numpy as np

from rag.domain import DEFAULT_COLLECTION
from rag.library.changes import Attributes
from rag.library.mirror import Found
from rag.search.fuse import with_late


def found(bm25: list[float], idf: list[float]) -> Found:
    many = len(bm25)
    return Found(
        version=1,
        ids=np.arange(many),
        cosine=np.full(many, 0.85, np.float32),
        bm25=np.array(bm25, np.float32),
        idf=np.array(idf, np.float32),
        foreign=np.zeros(many, bool),
        attributes=(Attributes(DEFAULT_COLLECTION, (), {}, {}),) * many,
    )


def lead(bm25: list[float]) -> float:
    """By how much the passage with words goes before the other, which is as near in every other way."""
    raw = with_late(found(bm25, [5.0, 5.0]), np.arange(2), np.full(2, 0.5, np.float32))
    return float(raw[0] - raw[1])


def test_words_weigh_little_where_no_passage_has_most_of_them():
    few, most = lead([2.0, 0.0]), lead([9.0, 0.0])
    assert 0 < few < most
    assert few < 0.25 * most  # the root alone would make it half


def test_words_have_a_greatest_weight_and_none_is_no_fault():
    assert lead([16.0, 0.0]) / np.sqrt(1.6) <= lead([12.0, 0.0]) / np.sqrt(1.2) + 1e-4
    assert lead([0.0, 0.0]) == 0.0
