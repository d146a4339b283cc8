"""How likely the library answers a question: its likeliest passage, and what the best of all statements says by itself.

The probability of a hit knows a passage as a whole, among others. Whether one of its statements is what was asked for is known
only when they are read: by their own tokens and words, by the row and column that the question names. Both together tell
answerable questions from those whose document was taken out better than either (docs/decisions/0128).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.answering.compose.score import HITS, Scored
from rag.answering.compose.unsaid import is_unsaid
from rag.domain import Retrieved
from rag.index.languages import plainly_chinese
from rag.runtime import clock
from rag.text.in_force import in_force
from rag.text.labels import period_of
from rag.text.tokens import is_chinese

# Fitted on 2,300 questions of eleven sets, each left out in turn (docs/decisions/0128).
_PASSAGE, _STATEMENT = 0.8, 0.35  # weights: of the logit of the likeliest passage, of the best statement's own score
# An own score that speaks for neither, by the question's language; the same where all that was found is in the other one.
_USUAL, _ABROAD = {"zh": 3.9, "en": 3.6}, 2.6


_TIMED = 0.8  # added where the likeliest hit holds at the time that the question names: the words for that time are in no text
_UNSAID = 2.0  # taken from the logit where the best statement says nothing of what is asked


def likelihood(question: str, retrieved: Retrieved, scores: Sequence[Scored]) -> float:
    """0..1, on the scale of the hits' probabilities. scores: of the statements of the first hits; empty where the model has no
    token vectors: then the likeliest hit's."""
    probable = max((hit.probability for hit in retrieved.hits), default=0.0)
    if not scores or not probable:
        return probable
    slope, offset = retrieved.correction
    p = min(max(probable, 1e-9), 1 - 1e-9)
    passage = (math.log(p / (1 - p)) - offset) / slope
    chinese = is_chinese(question)
    usual = _ABROAD if _abroad(retrieved, chinese=chinese) else _USUAL["zh" if chinese else "en"]
    logit = _PASSAGE * passage + _STATEMENT * (max(one.own for one in scores) - usual)
    if retrieved.period is not None and _of_the_time(retrieved):
        logit += _TIMED
    if is_unsaid(question, retrieved, max(scores, key=lambda one: one.score)):
        logit -= _UNSAID
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * logit + offset))))


def _abroad(retrieved: Retrieved, *, chinese: bool) -> bool:
    return all(plainly_chinese(hit.passage.text) is (not chinese) for hit in retrieved.hits[:HITS])


def _of_the_time(retrieved: Retrieved) -> bool:
    best = max((hit for hit in retrieved.hits if not hit.aside), key=lambda hit: hit.probability, default=None)
    held = period_of(best.passage) if best is not None else None
    return held is not None and retrieved.period is not None and in_force(held[0], retrieved.period, clock.today())
