"""Fits the correction of a library's probabilities on a suite's questions; see `rag.search.calibrate.fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from eval.dataset import Suite
from eval.library import scope_of
from rag.domain import Question
from rag.errors import InputError
from rag.record import calibration
from rag.record.calibration import PLAIN, Calibration, moved, threshold
from rag.search.calibrate import fit
from rag.wiring import Application

_LEAST = 30  # questions below which two numbers cannot be told
_LEAST_UNANSWERABLE = 20  # below which a share of them says little
_KEPT = 201
RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Expected calibration error (ten bins of probability) on the suite without and with the correction, which is tested by
    halves: each half is judged by what the other gave. `curve`: what settings of `answer.max_wrong_rate` do, by halves too;
    empty where too few questions are unanswerable."""

    calibration: Calibration
    error_before: float
    error_after: float
    curve: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """`max_wrong_rate` and the least probability that it asks for; `wrong_answer`: share of the unanswerable questions that
    is answered; `false_refusal`: share of the answerable ones that is refused."""

    max_wrong_rate: float
    threshold: float
    wrong_answer: float
    false_refusal: float


def calibrate(suite: Suite, application: Application) -> Calibrated:
    """Asks the library the suite's questions and keeps the correction with its live generation. Its documents must be there.

    A first hit is right when it is of a right document; of a question that is not answerable none is. Raises InputError for
    too few questions, or when all or none were found.
    """
    probable: list[float] = []
    right: list[bool] = []
    best: list[tuple[float, bool]] = []  # of every question: how likely it is answered, and whether it is answerable
    for item in suite.questions:
        question = Question(item.question, scope=scope_of(item, application.ledger.engine))
        retrieved = application.answerer.retrieve(question)
        hits = retrieved.hits
        best.append((application.answerer.likelihood(question, retrieved), item.answerable))
        if hits:
            probable.append(hits[0].probability)
            right.append(item.answerable and hits[0].passage.document_id in item.documents)
    if len(probable) < _LEAST or len(set(right)) < 2:
        raise InputError(
            f"{len(probable)} questions with {sum(right)} right first hits cannot tell how probabilities are to be corrected.",
            field="SUITE",
            fix=f"Use {_LEAST} questions or more, some of which the documents do not answer.",
        )
    used = application.views.writing().calibration
    plain = [_apply(p, used, PLAIN) for p in probable]
    fitted = fit(probable, right, used)
    after = []
    for part in (0, 1):
        other = fit(plain[1 - part :: 2], right[1 - part :: 2])
        after += [(_apply(p, PLAIN, other), ok) for p, ok in zip(plain[part::2], right[part::2], strict=True)]
    best = [(_apply(p, used, fitted) if p else p, answerable) for p, answerable in best]
    fitted = replace(fitted, unanswered=_unanswered(best))
    calibration.store(application.ledger.engine, application.generation, fitted)
    before = error(plain, right)
    error_after = error([p for p, _ in after], [ok for _, ok in after])
    return Calibrated(fitted, round(before, 4), round(error_after, 4), curve(best) if fitted.unanswered else ())


def _unanswered(best: Sequence[tuple[float, bool]]) -> tuple[float, ...]:
    """Ascending probabilities of the unanswerable ones; none where they are too few, and at most 201 of them (quantiles)."""
    probabilities = sorted(p for p, answerable in best if not answerable)
    if len(probabilities) < _LEAST_UNANSWERABLE:
        return ()
    if len(probabilities) > _KEPT:
        probabilities = [threshold(1 - at / (_KEPT - 1), probabilities) if at else probabilities[0] for at in range(_KEPT)]
    return tuple(round(p, 6) for p in probabilities)


def curve(best: Sequence[tuple[float, bool]], rates: Sequence[float] = RATES) -> tuple[Setting, ...]:
    """What each setting does to questions of (probability of the likeliest hit, answerable): the thresholds of one half are
    tried on the other, both ways."""
    shuffled = Random(0).sample(list(best), len(best))
    halves = [[row for kind in (True, False) for row in [r for r in shuffled if r[1] is kind][part::2]] for part in (0, 1)]
    points = []
    for rate in rates:
        wrong, refused = [], []
        for part in (0, 1):
            least = threshold(rate, sorted(p for p, answerable in halves[1 - part] if not answerable))
            wrong += [p >= least for p, answerable in halves[part] if not answerable]
            refused += [p < least for p, answerable in halves[part] if answerable]
        least = threshold(rate, sorted(p for p, answerable in best if not answerable))
        points.append(Setting(rate, round(least, 4), _share(wrong), _share(refused)))
    return tuple(points)


def _share(of: Sequence[bool]) -> float:
    return round(sum(of) / len(of), 4) if of else 0.0


def error(probabilities: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al., 2017): |mean probability − share right| over bins of equal width, weighted."""
    total = 0.0
    for number in range(bins):
        here = [at for at, p in enumerate(probabilities) if min(int(p * bins), bins - 1) == number]
        total += abs(sum(probabilities[at] - right[at] for at in here))
    return total / len(probabilities) if probabilities else 0.0


def _apply(probability: float, used: Calibration, wanted: Calibration) -> float:
    """The probability under another correction than the one that it was given with."""
    return moved(moved(probability, 1 / used.slope, -used.offset / used.slope), wanted.slope, wanted.offset)
