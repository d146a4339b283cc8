"""How a generation's raw probabilities are corrected: fitted on questions about its own documents, kept in the record."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import Engine, delete, insert, select

from rag.library.engine import writing
from rag.library.schema import meta


@dataclass(frozen=True, slots=True)
class Calibration:
    """corrected logit = slope · logit + offset (Platt, 1999). `questions`: how many it was fitted on; 0: not at all."""

    slope: float = 1.0
    offset: float = 0.0
    questions: int = 0


PLAIN = Calibration()


def load(engine: Engine, generation: int) -> Calibration:
    """Of a generation; the plain one when none was fitted."""
    with engine.connect() as conn:
        told = conn.scalar(select(meta.c.value).where(meta.c.key == _key(generation)))
    return Calibration(**orjson.loads(told)) if told else PLAIN


def store(engine: Engine, generation: int, calibration: Calibration) -> None:
    """In the place of the former one. Processes that are running take it when they open the generation."""
    with writing(engine) as conn:
        conn.execute(delete(meta).where(meta.c.key == _key(generation)))
        if calibration != PLAIN:
            conn.execute(insert(meta).values(key=_key(generation), value=orjson.dumps(asdict(calibration)).decode()))


def _key(generation: int) -> str:
    return f"calibration:{generation}"
