"""From raw scores to the probability that a passage answers the question.

A logistic model over features that mean the same in every library. Fitted on 783 first hits of public and own development
questions, half of them with their right documents taken away (DECISIONS.md, "Calibration").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_COSINE_CENTRE = 0.85  # e5's cosines live in a narrow band around here


@dataclass(frozen=True, slots=True)
class Features:
    """Of one hit.

    cosine −1..1; margin: cosine ahead of the candidates' mean; late: late interaction ahead of the candidates' median, None
    when the model gives none; coverage and context: share (0–1) of the question's words in the passage, and in its heading;
    words: content words of the question.
    """

    cosine: float
    margin: float
    late: float | None
    coverage: float
    context: float
    words: int


def probability(features: Features) -> float:
    """0..1."""
    f, length = features, math.log1p(features.words)
    if f.late is None:  # of another model: its cosines have another scale, only their margin tells
        logit = -7.13 + 2.35 * f.coverage + 29.0 * f.margin + 0.54 * f.context + 1.94 * length
    else:
        logit = -6.66 + 17.9 * (f.cosine - _COSINE_CENTRE) + 18.5 * f.late + 0.87 * f.coverage
        logit += -15.6 * f.margin + 2.31 * f.context + 1.35 * length
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
