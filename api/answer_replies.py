"""What clients get about answers, feedback and gaps: shapes for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.replies import AnswerReply, Reply


class CandidateReply(Reply):
    """A passage that was found."""

    passage_id: int
    document_id: str
    version: int
    score: float
    probability: float
    stages: dict[str, float]


class FeedbackReply(Reply):
    """What somebody thinks of an answer; times in ISO 8601, UTC."""

    answer_id: str = Field(examples=["ans_5f0c8a"])
    rating: Literal["up", "down"]
    reason: str | None
    correction: str | None
    comment: str | None
    created_at: str = Field(examples=["2026-11-23T09:30:00.000Z"])
    updated_at: str


class ExplainedReply(Reply):
    """An answer with all that led to it. Null where it is not for this caller."""

    answer_id: str
    created_at: str
    question: str
    query: str = Field(description="The question as it was searched.")
    condensed: dict[str, Any] | None = Field(
        description="What an LLM made of a follow-up: `text` (empty: the rules were taken), `outcome`, `rules`, tokens."
    )
    history: list[dict[str, str]]
    asked: dict[str, Any] = Field(description="Scope, top_k, language, generator, profile, as_of, sampling.")
    answer: AnswerReply
    cached_from: str | None = Field(description="The answer whose text was used again.")
    index_version: int
    fingerprint: str = Field(description="Of the settings; equal for answers that were made with the same.")
    settings: dict[str, Any] | None
    candidates: list[CandidateReply]
    prompt: list[dict[str, str]] | None = Field(description="As it was sent to the LLM; empty when none was asked.")
    prompt_sha256: str | None
    raw: str | None = Field(description="What the LLM wrote, before the gate.")
    feedback: list[FeedbackReply]


class DifferenceReply(Reply):
    """What is not the same: `settings.…`, `query`, `candidates`, `prompt`, `raw`, `answer` or another part of the reply."""

    part: str = Field(examples=["settings.profile.generator.temperature"])
    then: Any
    now: Any
    diff: str | None


class ReplayReply(Reply):
    """An answer made again. `identical`: the same bytes, but for id, time and conversation."""

    answer_id: str
    identical: bool
    index_version: int
    question: str
    query: str = Field(description="The question as it was searched.")
    condensed: dict[str, Any] | None = Field(description="What an LLM made of a follow-up; it is searched again.")
    differences: list[DifferenceReply]
    then: AnswerReply
    now: AnswerReply


class CitedReply(Reply):
    """A cited passage in its section. `cut`: the section is longer before or after it; `current`: there is no newer version."""

    document_id: str
    version: int
    title: str
    url: str | None
    section: list[str]
    text: str
    spans: list[tuple[int, int]] = Field(description="Places in `text`, in Unicode code points.")
    cut: tuple[bool, bool]
    current: bool


class RemovedReply(Reply):
    """Ids of what was removed."""

    removed: list[str]


class NearestReply(Reply):
    """A document that comes near to an answer."""

    document_id: str
    title: str
    section: list[str]
    probability: float


class DraftReply(Reply):
    """A FAQ entry to begin with. `answer` null: the documents hold no evidence."""

    question: str
    answer: str | None
    source: Literal["correction", "llm"]
    citations: list[dict[str, Any]]


class GapReply(Reply):
    """Questions that ask the same and were refused or rated down."""

    gap_id: str = Field(examples=["gap_5f0c8a"])
    name: str = Field(description="The question in the middle of them.")
    keywords: list[str]
    state: Literal["open", "accepted", "dismissed"]
    collection: str | None
    count: int
    unanswered: int
    badly_rated: int
    first_seen: str
    last_seen: str
    questions: list[str]
    answer_ids: list[str]
    document_id: str | None = Field(description="That was published for it.")
    nearest: list[NearestReply]
    draft: DraftReply | None


class GapsReply(Reply):
    """The most asked first."""

    gaps: list[GapReply]
    total: int


class AcceptedReply(Reply):
    """The document that was published, and what asking the questions again gave."""

    gap_id: str
    document_id: str
    version: int | None
    index_version: int | None
    asked: int
    answered: int
    from_document: int
    still_open: list[str]


class DismissedReply(Reply):
    gap_id: str
    state: Literal["dismissed"]
