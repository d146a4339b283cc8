"""How a generation's raw probabilities are corrected: fitted on questions about its own documents, kept in the record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import orjson
from sqlalchemy import Engine, delete, insert, select

from rag.record.engine import writing
from rag.record.schema import meta


@dataclass(frozen=True, slots=True)
class Calibration:
    """corrected logit = slope · logit + offset (Platt, 1999). `questions`: how many it was fitted on; 0: not at all.

    `unanswered`: the best hit's corrected probability of each question that the documents do not answer, ascending; empty
    where too few were asked. As it is fitted and kept, half of the questions are taken for unanswerable (`assuming`).
    """

    slope: float = 1.0
    offset: float = 0.0
    questions: int = 0
    unanswered: tuple[float, ...] = ()

    def assuming(self, share: float) -> Calibration:
        """The same where `share` (0–1, exclusive) of the questions are unanswerable and not half of them: all probabilities
        move by Bayes' rule, their order and what a threshold lets through stay."""
        shift = math.log((1 - share) / share)
        return replace(self, offset=self.offset + shift, unanswered=tuple(moved(p, offset=shift) for p in self.unanswered))


PLAIN = Calibration()
WORTH_CALIBRATING = 200  # passages from which on questions made of them tell more than the shipped curve
CALIBRATE = (
    "Hint: `xiansou eval make-set --near-topic 0.4 --out own.jsonl`, then `xiansou eval calibrate own.toml`: what is refused "
    "then follows these documents."
)


def load(engine: Engine, generation: int) -> Calibration:
    """Of a generation; the plain one when none was fitted."""
    with engine.connect() as conn:
        text = conn.scalar(select(meta.c.value).where(meta.c.key == _key(generation)))
    if not text:
        return PLAIN
    kept = orjson.loads(text)
    return Calibration(**kept | {"unanswered": tuple(kept.get("unanswered", ()))})


def moved(probability: float, slope: float = 1.0, offset: float = 0.0) -> float:
    """slope · logit + offset, as a probability again; kept off 0 and 1 by 1e-9."""
    p = min(max(probability, 1e-9), 1 - 1e-9)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * math.log(p / (1 - p)) + offset))))


def threshold(max_wrong_rate: float, unanswered: Sequence[float]) -> float:
    """The least probability of the best hit with which a question is answered: the one that so large a share of the
    unanswerable questions reaches as may be answered wrongly (a quantile, linear between the values).

    unanswered: their best probabilities, ascending; the library's own after `xiansou eval calibrate`, else the shipped ones
    (`rag.search.calibrate.usual`). Without any the setting is taken for a share of 1: 0.9 is asked for where 0.1 may be wrong.
    """
    if max_wrong_rate >= 1:
        return 0.0
    if not unanswered:
        return 1 - max_wrong_rate
    place = (1 - max_wrong_rate) * (len(unanswered) - 1)
    at = min(int(place), len(unanswered) - 2) if len(unanswered) > 1 else 0
    after = unanswered[min(at + 1, len(unanswered) - 1)]
    return unanswered[at] + (place - at) * (after - unanswered[at])


def store(engine: Engine, generation: int, calibration: Calibration) -> None:
    """In the place of the former one. Processes that are running take it when they open the generation."""
    with writing(engine) as conn:
        conn.execute(delete(meta).where(meta.c.key == _key(generation)))
        if calibration != PLAIN:
            conn.execute(insert(meta).values(key=_key(generation), value=orjson.dumps(asdict(calibration)).decode()))


def _key(generation: int) -> str:
    return f"calibration:{generation}"
