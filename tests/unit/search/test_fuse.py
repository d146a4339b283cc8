"""One order from several scores."""

from __future__ import annotations

import numpy as np

from rag.domain import DEFAULT_COLLECTION
from rag.index.candidates import Candidates
from rag.record.changes import Attributes
from rag.search.fuse import singled_out, with_late


def found(bm25: list[float], idf: list[float]) -> Candidates:
    many = len(bm25)
    return Candidates(
        version=1,
        ids=np.arange(many),
        cosine=np.full(many, 0.85, np.float32),
        bm25=np.array(bm25, np.float32),
        idf=np.array(idf, np.float32),
        foreign=np.zeros(many, bool),
        attributes=(Attributes(DEFAULT_COLLECTION, (), {}, {}),) * many,
    )


def lead(bm25: list[float]) -> float:
    """By how much the first passage goes before the last, which is as near in every other way."""
    told = found(bm25, [5.0, 5.0])
    raw = with_late(told, np.arange(len(bm25)), np.full(len(bm25), 0.5, np.float32), singled=singled_out(told))
    return float(raw[0] - raw[-1])


def test_words_weigh_more_where_they_single_out_a_passage():
    alone, among_many = lead([9.0, 1.0, 1.0, 0.5, 0.5, 0.5]), lead([9.0, 8.5, 8.5, 8.0, 8.0, 0.5])
    assert 0 < among_many < 0.3 * alone


def test_words_that_no_passage_or_every_passage_has_decide_nothing():
    assert lead([0.0, 0.0]) == 0.0 and singled_out(found([4.0] * 6, [5.0])) == 0.0
    assert singled_out(found([], [])) == 1.0
