"""From raw scores to the probability that a passage answers the question.

A logistic model over features that mean the same in every library, one for both languages, fitted on 3,900 first hits of eight
public sets and the examples, half of them of questions whose documents were taken out (docs/decisions/0062). How hard a
library's questions are shifts it: two numbers a generation, fitted by `xiansou eval calibrate`, correct that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rag.record.calibration import PLAIN, Calibration, moved

_COSINE_CENTRE = 0.85  # e5's cosines live in a narrow band around here
_FIRM = 10.0  # how many questions' worth a slope of 1 counts when a few are fitted

# Best probabilities of unanswerable questions, their quantiles 0, .05, … 1: half of them about what the documents are about
# (the one that answers taken out), half about something else (docs/decisions/0062).
_ELSEWHERE = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.008, 0.012, 0.018, 0.028, 0.04)
_ZH = (*_ELSEWHERE, 0.05, 0.0736, 0.1269, 0.1638, 0.2098, 0.2634, 0.3148, 0.3865, 0.4877, 0.647, 0.9695)
_EN = (*_ELSEWHERE, 0.042, 0.0454, 0.0818, 0.1339, 0.2203, 0.271, 0.3433, 0.4252, 0.5243, 0.7494, 0.9705)

# By `python -m eval.train.refusal`; eval/train/README.md has sources and figures. Constants are such that a threshold of the
# curves above lets as many unanswerable questions through as it does elsewhere.
_SMALL = (-2.943, 0.659, -0.735, 5.937, 3.413, 1.609, 1.029)  # 1, the logit of all libraries, chinese, weakest, …
_ABROAD = (-3.678, 8.711, 16.191, 5.347, -5.723)  # 1, late, margin, ahead, short


@dataclass(frozen=True, slots=True)
class Features:
    """Of one hit.

    cosine −1..1; margin: cosine ahead of the candidates' mean; late: late interaction, None when the model gives none;
    ahead: of its median over the candidates; gap: raw score ahead of the best passage of another document; coverage and
    context: share (0–1) of the question's words in the passage, and (where there is no late) in its heading; words: content
    words of the question; short, weakest: `rag.index.late_interaction.Compared`; unnamed: the question
    holds a name that the passage does not; personal: a person tells of himself, in other words
    than documents have; chinese: the question is; small: 0–1, a library of a few pages; abroad: the passage
    is in the other language, and nothing in the question's was there to level its scores with; tabular: it holds rows of a
    table; entry: it is one of a FAQ or a case.
    """

    cosine: float
    margin: float
    late: float | None
    ahead: float
    gap: float
    coverage: float
    context: float
    words: int
    short: float = 0.0
    unnamed: bool = False
    personal: bool = False
    chinese: bool = False
    weakest: float = 0.0
    small: float = 0.0
    abroad: bool = False
    tabular: bool = False
    entry: bool = False


def probability(features: Features, calibration: Calibration = PLAIN) -> float:
    """0..1."""
    logit = _logit(features)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, calibration.slope * logit + calibration.offset))))


def _logit(f: Features) -> float:
    if f.late is None:  # of another model: its cosines have another scale, only their margin tells
        return -7.13 + 2.35 * f.coverage + 29.0 * f.margin + 0.54 * f.context + 1.94 * math.log1p(f.words)
    if f.abroad:
        return _weighed(_ABROAD, (1.0, f.late, f.margin, f.ahead, f.short))
    logit = everywhere(f)
    if not f.small:
        return logit
    few = _weighed(_SMALL, (1.0, logit, f.chinese, f.weakest, f.coverage, f.tabular, f.entry))
    return logit + f.small * (few - logit)


def everywhere(f: Features) -> float:
    """The logit of a hit that was compared token by token, in a library of the question's language and of any size."""
    logit = -1.57 + 16.6 * (f.cosine - _COSINE_CENTRE) - 9.9 * f.margin + 8.7 * f.ahead + 0.5 * f.gap
    logit += 0.54 * f.coverage + 0.25 * math.log1p(f.words) - 1.7 * f.unnamed - 2.6 * f.short
    return logit + 1.4 * f.personal - 0.68 * f.chinese


def _weighed(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


@lru_cache(maxsize=64)
def usual(calibration: Calibration, *, chinese: bool) -> tuple[float, ...]:
    """Best probabilities of questions that a library does not answer, ascending: its own where it has seen enough of them,
    else those of the shipped sets in the question's language, corrected like all others. For `threshold`."""
    if calibration.unanswered:
        return calibration.unanswered
    return tuple(moved(p, calibration.slope, calibration.offset) for p in (_ZH if chinese else _EN))


def fit(probabilities: Sequence[float], right: Sequence[bool], used: Calibration = PLAIN) -> Calibration:
    """The correction for a library: probabilities of first hits, as given with the correction `used`, and whether each hit
    was right. Maximum likelihood by Newton's method; the slope is drawn towards 1, the offset is free."""
    clipped = np.clip(np.asarray(probabilities, np.float64), 1e-9, 1 - 1e-9)
    x = (np.log(clipped / (1 - clipped)) - used.offset) / used.slope
    y, weights = np.asarray(right, np.float64), np.array([1.0, 0.0])
    rows, prior = np.stack([x, np.ones_like(x)]), np.diag([_FIRM, 1e-3])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(weights @ rows, -30, 30)))
        gradient = rows @ (y - p) - prior @ (weights - np.array([1.0, 0.0]))
        step = np.linalg.solve((rows * (p * (1 - p))) @ rows.T + prior, gradient)
        weights = weights + np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-8:
            break
    return Calibration(max(float(weights[0]), 0.05), float(weights[1]), len(y))
