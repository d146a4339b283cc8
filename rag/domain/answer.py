"""An answer: its claims with their support, its sentences with their citations, and the whole reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.domain.grounding import Clarification, Contradiction, Grounded, Handoff, Unknown
from rag.domain.kinds import Intent, Reason, Status


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence of the answer stands: `cited_text == text[start:end]` of that document version.

    Of several pieces: `spans` are theirs, and `cited_text` is `text[a:b]` of each, joined by line breaks.
    """

    n: int
    document_id: str
    version: int
    passage_id: int
    title: str
    url: str | None
    section: tuple[str, ...]
    cited_text: str
    start: int
    end: int
    score: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a hit's document version: `hit` is the hit's position, start and end are offsets into the version.

    `parts`: the pieces between start and end that are meant, where it is not all of it.
    """

    hit: int
    start: int
    end: int
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence (or a quoted list, row, FAQ answer) of an answer with the places that support it, before numbering."""

    text: str
    support: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that passed the gate, with its `[n]` markers, and the citations that they name."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the backend counted them (0 for the extractive generator)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered or refused question. `timings_ms` by stage, in milliseconds."""

    answer_id: str
    conversation_id: str | None
    status: Status
    reason: Reason | None
    answer: str
    citations: tuple[Citation, ...]
    handoff: Handoff
    index_version: int
    generator: str
    usage: Usage
    timings_ms: Mapping[str, float]
    profile: str = "xiansou"
    grounding: tuple[Grounded, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    clarification: Clarification | None = None
    intent: Intent | None = None  # of `chat`
    unknown: tuple[Unknown, ...] = ()
    complete: bool = True  # False: it breaks off before its end, at a deadline or because the backend went away
    cached: bool = False  # worded before, for the same question and exactly the same passages
