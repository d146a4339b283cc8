"""How likely the library answers a question: its likeliest passage, and what the best of all statements says by itself.

The probability of a hit knows a passage as a whole, among others. Whether one of its statements is what was asked for is known
only when they are read: by its own tokens and words, by the row and column that the question names. Both together told
answerable questions from those whose document was taken out better than either (docs/decisions/0128).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.answering.compose.score import Scored
from rag.domain import Retrieved

# By `python -m eval.train.answerable`, on questions of small and large libraries, in both languages.
_PASSAGE, _STATEMENT = 0.77, 1.0  # weights: of the logit of its likeliest passage, of the best statement's own score
_USUAL = 3.8  # an own score that speaks for neither


def likelihood(found: Retrieved, scores: Sequence[Scored]) -> float:
    """0..1, on the scale of the hits' probabilities. scores: of the statements of the first hits; empty where the model has no
    token vectors: then the likeliest hit's."""
    probable = max((hit.probability for hit in found.hits), default=0.0)
    if not scores or not probable:
        return probable
    slope, offset = found.correction
    p = min(max(probable, 1e-9), 1 - 1e-9)
    passage = (math.log(p / (1 - p)) - offset) / slope
    logit = _PASSAGE * passage + _STATEMENT * (max(one.own for one in scores) - _USUAL)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * logit + offset))))
