"""From the scores of a candidate to one order, with passages of the other language on the same scale.

Coefficients by ten sets: xquad in both languages, SQuAD2, DuReader, COVID-QA, SciFact, STARD, MTRAG, headings of help centres
in both languages (docs/decisions/0028). The optimum is flat: a third more or less of any of them changes the mean nDCG@10
by less than .002.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.index.candidates import Candidates

Scores = NDArray[np.float32]

_DENSE = 0.6  # of the cosine against BM25, in the first stage
_ABROAD = 0.5  # BM25 cannot see a passage of the other language: it is taken for half as good as its cosine
_LATE, _COSINE, _WORDS = 10.0, 12.0, 0.9  # of the final score
_APART = 0.4  # share of what the words can give by which they single out few passages where they weigh so
_FEW = 4  # passages that may share the best words
_STEP_BACK = 0.55  # of the final score, for a passage of the other language: between equals the question's own comes first
_NEURAL = 0.75  # of a cross-encoder against the first stage


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates best first: positions in `Found`, final and first-stage scores, late interaction, the sum that it is part of,
    before they are standardised, how short of the others a passage falls, and how well it meets the question's token that it
    meets worst (NaN: not compared token by token)."""

    order: NDArray[np.int64]
    score: Scores
    fused: Scores
    late: Scores
    raw: Scores
    short: Scores
    weakest: Scores


def standardise(scores: Scores, like: Scores | None = None) -> Scores:
    """z-scores (m,) with mean and spread of `like`; all zeros when that does not differ."""
    base = scores if like is None or len(like) < 2 else like
    if len(base) == 0:
        return np.zeros_like(scores)
    mean = base.sum() / len(base)
    off = base - mean
    spread = math.sqrt(float(off @ off) / len(base))  # `std` takes four times as long for some dozens
    return ((scores - mean) / spread).astype(np.float32) if spread > 1e-9 else np.zeros_like(scores)


def middle(scores: Scores) -> float:
    """The median of at least one score; `np.median` takes ten times as long for some dozens."""
    ordered = np.sort(scores)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def levelled(candidates: Candidates) -> Scores:
    """Cosines (m,), those of the other language raised by the model's bias against it."""
    return (candidates.cosine + candidates.bias * candidates.foreign).astype(np.float32)


def fuse(candidates: Candidates) -> Scores:
    """First stage: weighted sum of z-scores (m,). Unlike reciprocal ranks it keeps how far ahead the first one is."""
    cosine, own = levelled(candidates), ~candidates.foreign
    dense, words = standardise(cosine, cosine[own]), standardise(candidates.bm25, candidates.bm25[own])
    words = np.where(candidates.foreign, np.maximum(words, _ABROAD * dense), words)
    return np.asarray(_DENSE * dense + (1 - _DENSE) * words, np.float32)


def shortlist(candidates: Candidates, fused: Scores, own: int, foreign: int) -> NDArray[np.int64]:
    """Positions of the candidates that are re-ranked: at most `own` of the question's language, `foreign` of the other."""
    order = np.lexsort((candidates.ids, -fused))
    abroad = candidates.foreign[order]
    return np.concatenate([order[~abroad][:own], order[abroad][:foreign]])


def singled_out(candidates: Candidates) -> float:
    """How much more words tell of this question than of others: 1 where the best passage has .4 of what they can give more
    than the fifth, 0 where five have as much. Many passages with all of the words are no better than none with any of them:
    then other words, or none, decide."""
    best = np.sort(candidates.bm25)[::-1][: _FEW + 1] / max(float(candidates.idf.sum()), 1e-6)
    return float(best[0] - best[-1]) / _APART if len(best) else 1.0


def with_late(
    candidates: Candidates,
    at: NDArray[np.int64],
    late: Scores,
    bm25: Scores | None = None,
    idf: float | None = None,
    singled: float = 1.0,
) -> Scores:
    """The candidates `at` by late interaction, cosine, and BM25 as a share of what the words can give; on one scale for all
    questions. The root of BM25 saturates: the first matching words tell more than the fifth of one. `singled`: factor
    of the words' weight. `bm25` (m,) and the sum of its words' `idf`: of other words than the question's.
    """
    scores, most = candidates.bm25 if bm25 is None else bm25, float(candidates.idf.sum()) if idf is None else idf
    words = singled * np.sqrt(np.maximum(scores[at], 0) / max(most, 1e-6))
    abroad = candidates.foreign[at]
    if abroad.any() and not abroad.all():
        words[abroad] = np.maximum(words[abroad], words[~abroad].mean())
    return np.asarray(_LATE * late + _COSINE * levelled(candidates)[at] + _WORDS * words, np.float32)


def final(raw: Scores, foreign: NDArray[np.bool_]) -> Scores:
    """As z-scores, so that a distance means the same whatever the question."""
    return np.asarray(standardise(raw) - _STEP_BACK * foreign, np.float32)


def with_neural(fused: Scores, neural: Scores) -> Scores:
    """Final scores from a cross-encoder's, which read question and passage together."""
    return standardise(np.asarray(_NEURAL * standardise(neural) + (1 - _NEURAL) * standardise(fused), np.float32))


def level_groups(scores: Scores, foreign: NDArray[np.bool_]) -> Scores:
    """Scores (m,) whose median is the same in both languages: token vectors, too, match best within one language."""
    if not foreign.any() or foreign.all():
        return scores
    shift = middle(scores[~foreign]) - middle(scores[foreign])
    return np.asarray(scores + shift * foreign, np.float32)
