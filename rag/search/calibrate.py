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
    """cosine −1..1; coverage 0..1; margin: cosine ahead of the candidates' mean; words: content words of the question."""

    cosine: float
    coverage: float
    margin: float
    words: int


@dataclass(frozen=True, slots=True)
class Coefficients:
    intercept: float
    cosine: float
    coverage: float
    margin: float
    interaction: float  # cosine × coverage


COEFFICIENTS = Coefficients(intercept=-1.2, cosine=25.0, coverage=2.5, margin=12.0, interaction=0.0)


def probability(features: Features, coefficients: Coefficients = COEFFICIENTS) -> float:
    """0..1."""
    centred = features.cosine - COSINE_CENTRE
    logit = (
        coefficients.intercept
        + coefficients.cosine * centred
        + coefficients.coverage * features.coverage
        + coefficients.margin * features.margin
        + coefficients.interaction * centred * features.coverage
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
