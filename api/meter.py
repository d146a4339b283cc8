"""What one request asks and uses, noted on the way by whoever answers: for the day's limits and the audit."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from rag.domain import Answer, Question


@dataclass(slots=True)
class Meter:
    """`tokens`, `micros`: set aside of the key's day (spend in millionths); `used_…`: what the answers took."""

    owner: str = ""
    tokens: int = 0
    micros: int = 0
    used_tokens: int = 0
    used_micros: int = 0
    quoted: bool = False  # the day's allowance is used up: no LLM
    questions: list[Question] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


# Of the request that is under way; threads that work for it see the same object.
CURRENT: ContextVar[Meter | None] = ContextVar("meter", default=None)
