"""A passage of the record, and the passages that a question found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.domain.grounding import Unknown
from rag.domain.kinds import Kind
from rag.domain.statement import Period, Statement


@dataclass(frozen=True, slots=True)
class Passage:
    """A live passage of the record, joined to its document's version."""

    id: int
    document_id: str
    version: int
    title: str
    url: str | None
    source: str | None
    collection: str
    section: tuple[str, ...]
    kind: Kind
    text: str
    context: str
    start: int
    end: int
    fields: Mapping[str, str]
    metadata: Mapping[str, Any]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. `score` orders hits of one question; `probability` is that it answers the question (0–1).

    `stages` holds each stage's own score: `dense` (cosine), `bm25`, `fused`, `late`, `coverage`. `aside`: why it stands behind
    the others (another name than the question's, not in force at the asked time); '' for all that do not.
    """

    passage: Passage
    score: float
    probability: float
    stages: Mapping[str, float]
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Hits best first, the index version they belong to, the question's distinct words and the idf of each.

    `rerank_ms`: the part of the time that re-ranking took. `dropped`: candidates that got no place, with the reason;
    `explanation`: how the question was understood. Both only when asked for. `unanswered`: best probabilities
    of questions that the library does not answer, and `correction`: slope and offset of the logits of all probabilities
    (`rag.record.calibration`). `unknown`: names that the question is about and
    that no document has which the caller may see. `period`: the days that the question is about, None: it names no time.
    `tokens` (m, dim): the question's token vectors, of the model that the searched generation was made with.
    """

    hits: tuple[Hit, ...]
    version: int
    terms: tuple[str, ...]
    idf: tuple[float, ...]
    rerank_ms: float = 0.0
    dropped: tuple[tuple[Hit, str], ...] = ()
    explanation: Mapping[str, Any] = field(default_factory=dict)
    unanswered: tuple[float, ...] = ()
    correction: tuple[float, float] = (1.0, 0.0)
    unknown: tuple[Unknown, ...] = ()
    period: Period | None = None
    tokens: Any = field(default=None, compare=False, repr=False)
