"""How a generation's raw probabilities are corrected: fitted on questions about its own documents, kept in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import Engine, delete, insert, select

from rag.library.engine import writing
from rag.library.schema import meta


@dataclass(frozen=True, slots=True)
class Calibration:
    """corrected logit = slope · logit + offset (Platt, 1999). `questions`: how many it was fitted on; 0: not at all.

    `unanswered`: the best hit's corrected probability of each question that the documents do not answer, ascending; empty
    where too few were asked.
    """

    slope: float = 1.0
    offset: float = 0.0
    questions: int = 0
    unanswered: tuple[float, ...] = ()


PLAIN = Calibration()


def load(engine: Engine, generation: int) -> Calibration:
    """Of a generation; the plain one when none was fitted."""
    with engine.connect() as conn:
        told = conn.scalar(select(meta.c.value).where(meta.c.key == _key(generation)))
    if not told:
        return PLAIN
    kept = orjson.loads(told)
    return Calibration(**kept | {"unanswered": tuple(kept.get("unanswered", ()))})


def threshold(max_wrong_rate: float, unanswered: Sequence[float] = ()) -> float:
    """The least probability of the best hit with which a question is answered.

    With `unanswered`: the one that so large a share of them reaches as may be answered wrongly (a quantile, linear between
    the values). Without: what makes the best hit wrong with at most that probability.
    """
    if not unanswered or max_wrong_rate >= 1:
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
