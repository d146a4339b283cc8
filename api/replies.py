"""What clients get: shapes for the API's description. Tests hold real replies against them, field by field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.domain import Intent, Reason, Status
from rag.domain.grounding import Fault, Verdict

JobState = Literal["queued", "parsing", "embedding", "live", "failed", "dead"]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(_Reply):
    """An error (RFC 9457). `code` is stable; `field` names what is at fault, `fix` says what to do."""

    type: str = Field(examples=["urn:xiansou:problem:invalid_input"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid_input"])
    detail: str = Field(examples=["unknown field `questoin`."])
    field: str | None = Field(examples=["questoin"])
    fix: str | None = Field(None, examples=["Remove it, or correct its name."])
    error: dict[str, Any] | None = Field(None, description="Of an unknown address: the same for clients of OpenAI's API.")


class CitationReply(_Reply):
    """`cited_text` is `text[start:end]` of that version, in Unicode code points."""

    n: int = Field(examples=[1])
    document_id: str = Field(examples=["help/wifi.md"])
    version: int = Field(examples=[3])
    passage_id: int = Field(examples=[91])
    title: str = Field(examples=["Change the Wi-Fi"])
    url: str | None = Field(examples=["https://help.example.com/wifi"])
    section: list[str] = Field(examples=[["Change the Wi-Fi", "On the camera"]])
    cited_text: str = Field(examples=["Hold the button for 5 seconds."])
    start: int = Field(examples=[120])
    end: int = Field(examples=[150])
    score: float = Field(examples=[0.83])
    spans: list[list[int]] = Field(
        [], description="Of several pieces, `[start, end]` each; `cited_text` joins them by a line break."
    )


class SeenPassage(_Reply):
    """A passage that was looked at."""

    document_id: str
    version: int
    passage_id: int
    title: str
    url: str | None
    text: str
    probability: float


class HandoffReply(_Reply):
    """Whether a person should take over, and what that person needs; the last three are null or empty when not."""

    suggested: bool
    reason: str | None
    question: str | None
    summary: str | None = Field(description="The conversation so far, in short.")
    passages: list[SeenPassage]


class GroundedReply(_Reply):
    """What happened to a sentence of the backend; `text` is null when it was dropped."""

    verdict: Verdict
    fault: Fault | None
    text: str | None
    citations: list[int]


class StatementReply(_Reply):
    """One side of a contradiction; `n` is its citation."""

    n: int | None
    document_id: str
    version: int
    passage_id: int
    title: str
    text: str
    value: str
    date: str | None


class ContradictionReply(_Reply):
    """Passages that disagree, the newest first."""

    kind: Literal["number", "date", "yes_no"]
    about: str
    statements: list[StatementReply]


class ClarificationReply(_Reply):
    """A question back to the user, with options from the documents."""

    question: str
    options: list[str]


class UnknownReply(_Reply):
    """A name that no document has, and known ones that come near."""

    name: str
    nearest: list[str]


class UsageReply(_Reply):
    """Tokens as the LLM backend counted them."""

    prompt_tokens: int
    completion_tokens: int


class AnswerReply(_Reply):
    """A cited answer, a refusal, a question back (`clarify`), or a reply to small talk and wishes for a person (`chat`)."""

    answer_id: str = Field(examples=["ans_5f0c8a"])
    conversation_id: str | None
    status: Status
    reason: Reason | None
    answer: str = Field(examples=["Hold the button for 5 seconds. [1]"])
    citations: list[CitationReply]
    handoff: HandoffReply
    index_version: int = Field(examples=[4182])
    generator: str = Field(examples=["extractive"])
    usage: UsageReply
    complete: bool = Field(
        True, description="False where the answer breaks off: at a deadline, or because the backend went away."
    )
    cached: bool = Field(False, description="Worded before, for the same question and the same passages; left out when false.")
    timings_ms: dict[str, float] = Field(examples=[{"retrieve": 6.2, "generate": 3.4, "total": 11.2}])
    profile: str = Field(examples=["xiansou"])
    grounding: list[GroundedReply]
    contradictions: list[ContradictionReply]
    clarification: ClarificationReply | None = Field(description="Of `clarify`.")
    unknown: list[UnknownReply] = Field([], description="Of `unknown_name`; left out where there are none.")
    intent: Intent | None = Field(
        None, examples=["greeting"], description="Of `chat`: what the message was instead of a question."
    )


class HitReply(_Reply):
    """A passage, with the score of each stage."""

    passage_id: int = Field(examples=[91])
    document_id: str = Field(examples=["help/wifi.md"])
    version: int = Field(examples=[3])
    title: str
    url: str | None
    source: str | None
    section: list[str]
    text: str
    start: int
    end: int
    score: float
    probability: float = Field(ge=0, le=1)
    stages: dict[str, float] = Field(examples=[{"dense": 0.89, "bm25": 11.3, "coverage": 0.8, "fused": 0.93}])


class DroppedReply(HitReply):
    """A candidate that got no place."""

    reason: str = Field(examples=["says the same as passage 91 of help/wifi.md"])


class FilterReply(_Reply):
    """What a stated product, version or date did to the candidates."""

    ahead: int = Field(description="Candidates that fit or say nothing about it.")
    behind: int = Field(description="Candidates that say otherwise: they stand behind all the others.")


class ExplainReply(_Reply):
    """How a question was understood, and what became of the other candidates."""

    query: str = Field(description="The text that was searched: a follow-up question is completed from its history.")
    readings: list[str] = Field([], description="All texts that were searched and fused, where a follow-up has several.")
    words: dict[str, float] = Field(description="Its words with their inverse document frequency.")
    also: dict[str, list[str]] = Field(description="Synonyms and right spellings that were searched for a word as well.")
    wishes: dict[str, list[str]] = Field(description="Products, versions, dates that it names and some passage fits.")
    filters: dict[str, FilterReply] = Field(description="Those of them that are stated plainly, by field.")
    dropped: list[DroppedReply]


class HitsReply(_Reply):
    """Hits, best first."""

    hits: list[HitReply]
    index_version: int
    explain: ExplainReply | None = Field(None, description="Only when it was asked for.")


class DocumentReply(_Reply):
    """A document at its current version; times in ISO 8601, UTC."""

    document_id: str = Field(examples=["help/wifi.md"])
    version: int = Field(examples=[3])
    title: str
    url: str | None
    source: str | None
    mime_type: str | None
    collection: str
    metadata: dict[str, Any]
    acl: list[str]
    passages: int
    state: Literal["live", "deleted"]
    index_version: int
    created_at: str = Field(examples=["2026-11-23T09:30:00.000Z"])
    updated_at: str = Field(examples=["2026-11-23T09:30:00.000Z"])


class DocumentsReply(_Reply):
    """A page of documents, by id."""

    documents: list[DocumentReply]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class WriteReply(_Reply):
    """A write that was taken. Version and index version are null until it is `live`."""

    document_id: str = Field(examples=["help/wifi.md"])
    version: int | None = Field(examples=[3])
    state: JobState = Field(examples=["live"])
    index_version: int | None = Field(examples=[4182])
    job_id: int = Field(examples=[17])


class AsReadReply(_Reply):
    """A document as it was read. `told`: `left_out` by kind, `columns` and what they were taken for, and the like."""

    document_id: str
    version: int
    title: str
    url: str | None
    text: str
    passages: list[dict[str, Any]] = Field(description="In order, with section, span, fields and statements.")
    told: dict[str, Any] = Field(examples=[{"left_out": {"hidden columns": ["Prices!C"]}, "columns": {"Frage": "question"}}])
    masked: dict[str, int]


class DeleteReply(_Reply):
    """A receipt: `versions` were taken out of service; no question that starts now sees them."""

    document_id: str
    versions: int
    index_version: int


class QueuedJob(_Reply):
    """A job of an upload."""

    job_id: int = Field(examples=[17])
    document_id: str = Field(examples=["manual.pdf"])
    state: JobState


class JobsReply(_Reply):
    """One job a file; `GET /v1/jobs?batch=` shows how far all of them are."""

    batch: str = Field(examples=["bat_5f0c8a"])
    jobs: list[QueuedJob]


class JobError(_Reply):
    """Why a job failed."""

    code: str = Field(examples=["encrypted"])
    detail: str


class JobReply(_Reply):
    """A write on its way."""

    job_id: int = Field(examples=[17])
    document_id: str
    state: JobState
    progress: float = Field(ge=0, le=1)
    version: int | None
    index_version: int | None
    attempts: int
    error: JobError | None
    batch: str | None = Field(examples=["bat_5f0c8a"], description="The upload or folder it belongs to.")
    cleaned: dict[str, int] = Field(examples=[{"duplicate": 2}], description="What each cleaning rule removed.")
    created_at: str
    updated_at: str


class BatchReply(_Reply):
    """An upload or a folder: how many of its jobs are in which state; `progress` is the share that has ended."""

    batch: str = Field(examples=["bat_5f0c8a"])
    name: str
    total: int
    states: dict[JobState, int] = Field(examples=[{"queued": 3, "live": 17}])
    progress: float = Field(ge=0, le=1)
    created_at: str


class JobPageReply(_Reply):
    """A page of jobs, newest first. `paused`: workers leave the queue alone (`xiansou jobs resume`)."""

    jobs: list[JobReply]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")
    batch: BatchReply | None
    paused: bool


class Readiness(_Reply):
    """Whether questions can be answered, and what is missing when not."""

    ready: bool
    reasons: list[str]
    warnings: list[str] | None = Field(None, description="What does not keep questions from being answered: writes, say.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error replies of a route, for its description."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": "A problem.", "content": content} for status in statuses}
