"""Whether the service knows when it does not know: risk against coverage, and calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_BINS = 10


def risk_coverage(confidence: Sequence[float] | Values, wrong: Sequence[float] | Values) -> tuple[Values, Values]:
    """Coverage (n,) and the share of wrong ones among the answered (n,), as the least sure is dropped last to first.

    Equal confidences share their errors evenly: no order among them is known. Geifman, Uziel, El-Yaniv (ICLR 2019).
    """
    sure, bad = np.asarray(confidence, np.float64), np.asarray(wrong, np.float64)
    order = np.argsort(-sure, kind="stable")
    sure, bad = sure[order], bad[order]
    if len(bad) == 0:
        return np.empty(0), np.empty(0)
    starts = np.flatnonzero(np.r_[True, sure[1:] != sure[:-1]])
    sizes = np.diff(np.r_[starts, len(bad)])
    even = np.repeat(np.add.reduceat(bad, starts) / sizes, sizes)
    count = np.arange(1, len(bad) + 1)
    return count / len(bad), np.cumsum(even) / count


def aurc(confidence: Sequence[float] | Values, wrong: Sequence[float] | Values) -> float:
    """Mean risk over all coverages."""
    return float(risk_coverage(confidence, wrong)[1].mean())


def e_aurc(confidence: Sequence[float] | Values, wrong: Sequence[float] | Values) -> float:
    """AURC less that of the best order, in which all wrong ones come last."""
    best = aurc(-np.asarray(wrong, np.float64), wrong)
    return aurc(confidence, wrong) - best


def coverage_at(confidence: Sequence[float] | Values, wrong: Sequence[float] | Values, risk: float) -> float:
    """The greatest share that can be answered with at most `risk` wrong among it."""
    coverage, risks = risk_coverage(confidence, wrong)
    sure = np.sort(np.asarray(confidence, np.float64))[::-1]
    ends = np.r_[sure[1:] != sure[:-1], True]  # a threshold cannot part equal confidences
    fits = coverage[(risks <= risk + 1e-12) & ends]
    return float(fits.max()) if len(fits) else 0.0


def refusal_curve(confidence: Sequence[float] | Values, answerable: Sequence[bool]) -> tuple[Values, Values]:
    """Share of the unanswerable questions that is answered, and of the answerable ones that is refused, for each threshold
    that parts the confidences, the strictest (which refuses all) first. Empty where one kind is missing."""
    sure, kind = np.asarray(confidence, np.float64), np.asarray(answerable, bool)
    if not len(kind) or kind.all() or not kind.any():
        return np.empty(0), np.empty(0)
    levels = np.unique(sure)[::-1]
    wrong = [0.0, *((sure[~kind] >= least).mean() for least in levels)]
    refused = [1.0, *((sure[kind] < least).mean() for least in levels)]
    return np.array(wrong), np.array(refused)


def calibration_error(probability: Sequence[float] | Values, right: Sequence[float] | Values) -> float:
    """Expected calibration error over 10 bins of equal width (Guo et al., ICML 2017)."""
    said, was = np.asarray(probability, np.float64), np.asarray(right, np.float64)
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    size = np.bincount(bins, minlength=_BINS)
    gaps = np.abs(np.bincount(bins, said, _BINS) - np.bincount(bins, was, _BINS))
    return float(gaps[size > 0].sum() / len(said))
