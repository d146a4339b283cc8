"""From raw scores to the probability that a passage answers the question.

A logistic model over features that mean the same in every library: the cosine, the share of the question's words that the
passage covers, and whether the passage is a FAQ phrased almost like the question. Coefficients: `COEFFICIENTS`, fitted by
`xiansou eval` on public development questions (DECISIONS.md, "Calibration").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

COSINE_CENTRE = 0.85  # e5's cosines live in a narrow band around here


@dataclass(frozen=True, slots=True)
class Features:
    """cosine −1..1; late interaction −1..1; coverage 0..1; margin: cosine ahead of the candidates' mean."""

    cosine: float
    late: float
    coverage: float
    margin: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    intercept: float
    cosine: float
    late: float
    coverage: float
    margin: float


COEFFICIENTS = Coefficients(intercept=-1.2, cosine=25.0, late=0.0, coverage=2.5, margin=12.0)


def probability(features: Features, coefficients: Coefficients = COEFFICIENTS) -> float:
    """0..1."""
    logit = (
        coefficients.intercept
        + coefficients.cosine * (features.cosine - COSINE_CENTRE)
        + coefficients.late * features.late
        + coefficients.coverage * features.coverage
        + coefficients.margin * features.margin
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
