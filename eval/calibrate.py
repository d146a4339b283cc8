"""Fits the correction of a library's probabilities on a suite's questions; see `rag.search.calibrate.fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from eval.dataset import Suite
from rag.domain import Question
from rag.errors import InputError
from rag.library import calibration
from rag.library.calibration import PLAIN, Calibration
from rag.search.calibrate import fit
from rag.wiring import House

_LEAST = 30  # questions below which two numbers cannot be told


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Expected calibration error (ten bins of probability) on the suite without and with the correction, which is tested by
    halves: each half is judged by what the other gave."""

    calibration: Calibration
    error_before: float
    error_after: float


def calibrate(suite: Suite, house: House) -> Calibrated:
    """Asks the library the suite's questions and keeps the correction with its live generation. Its documents must be there.

    A first hit is right when it is of a right document; of a question that is not answerable none is. Raises InputError for
    too few questions, or when all or none were found.
    """
    told: list[float] = []
    right: list[bool] = []
    for asked in suite.questions:
        hits = house.answerer.retrieve(Question(asked.question)).hits
        if hits:
            told.append(hits[0].probability)
            right.append(asked.answerable and hits[0].passage.document_id in asked.documents)
    if len(told) < _LEAST or len(set(right)) < 2:
        raise InputError(
            f"{len(told)} questions with {sum(right)} right first hits cannot tell how probabilities are to be corrected.",
            field="SUITE",
            fix=f"Use {_LEAST} questions or more, some of which the documents do not answer.",
        )
    used = house.shelves.writing().calibration
    plain = [_apply(p, used, PLAIN) for p in told]
    found = fit(told, right, used)
    after = []
    for part in (0, 1):
        other = fit(plain[1 - part :: 2], right[1 - part :: 2])
        after += [(_apply(p, PLAIN, other), ok) for p, ok in zip(plain[part::2], right[part::2], strict=True)]
    calibration.store(house.ledger.engine, house.generation, found)
    before = error(plain, right)
    return Calibrated(found, round(before, 4), round(error([p for p, _ in after], [ok for _, ok in after]), 4))


def error(probabilities: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al., 2017): |mean probability − share right| over bins of equal width, weighted."""
    total = 0.0
    for number in range(bins):
        here = [at for at, p in enumerate(probabilities) if min(int(p * bins), bins - 1) == number]
        total += abs(sum(probabilities[at] - right[at] for at in here))
    return total / len(probabilities) if probabilities else 0.0


def _apply(probability: float, used: Calibration, wanted: Calibration) -> float:
    """The probability under another correction than the one that it was given with."""
    p = min(max(probability, 1e-9), 1 - 1e-9)
    logit = (log(p / (1 - p)) - used.offset) / used.slope
    return 1 / (1 + exp(-(wanted.slope * logit + wanted.offset)))
