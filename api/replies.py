"""What clients get: shapes for the API's description. Tests hold real replies against them, field by field."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.domain import Intent, Reason, Status
from rag.domain.grounding import Fault, Verdict


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(Reply):
    """An error (RFC 9457). `code` is stable; `field` names what is at fault, `fix` says what to do."""

    type: str = Field(examples=["urn:xiansou:problem:invalid_input"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid_input"])
    detail: str = Field(examples=["unknown field `questoin`."])
    field: str | None = Field(examples=["questoin"])
    fix: str | None = Field(None, examples=["Remove it, or correct its name."])
    error: dict[str, Any] | None = Field(None, description="Of an unknown address: the same for clients of OpenAI's API.")


class CitationReply(Reply):
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


class SeenPassage(Reply):
    """A passage that was looked at."""

    document_id: str
    version: int
    passage_id: int
    title: str
    url: str | None
    text: str
    probability: float


class HandoffReply(Reply):
    """Whether a person should take over, and what that person needs; the last three are null or empty when not."""

    suggested: bool
    reason: str | None
    question: str | None
    summary: str | None = Field(description="The conversation so far, in short.")
    passages: list[SeenPassage]


class GroundedReply(Reply):
    """What happened to a sentence of the backend; `text` is null when it was dropped."""

    verdict: Verdict
    fault: Fault | None
    text: str | None
    citations: list[int]


class StatementReply(Reply):
    """One side of a contradiction; `n` is its citation."""

    n: int | None
    document_id: str
    version: int
    passage_id: int
    title: str
    text: str
    value: str
    date: str | None


class ContradictionReply(Reply):
    """Passages that disagree, the newest first."""

    kind: Literal["number", "date", "yes_no"]
    about: str
    statements: list[StatementReply]


class ClarificationReply(Reply):
    """A question back to the user, with options from the documents."""

    question: str
    options: list[str]


class UnknownReply(Reply):
    """A name that no document has, and known ones that come near."""

    name: str
    nearest: list[str]


class UsageReply(Reply):
    """Tokens as the LLM backend counted them."""

    prompt_tokens: int
    completion_tokens: int


class AnswerReply(Reply):
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


class HitReply(Reply):
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


class FilterReply(Reply):
    """What a stated product, version or date did to the candidates."""

    ahead: int = Field(description="Candidates that fit or say nothing about it.")
    behind: int = Field(description="Candidates that say otherwise: they stand behind all the others.")


class ExplainReply(Reply):
    """How a question was understood, and what became of the other candidates."""

    query: str = Field(description="The text that was searched: a follow-up question is completed from its history.")
    readings: list[str] = Field([], description="All texts that were searched and fused, where a follow-up has several.")
    words: dict[str, float] = Field(description="Its words with their inverse document frequency.")
    also: dict[str, list[str]] = Field(description="Synonyms and right spellings that were searched for a word as well.")
    wishes: dict[str, list[str]] = Field(description="Products, versions, dates that it names and some passage fits.")
    filters: dict[str, FilterReply] = Field(description="Those of them that are stated plainly, by field.")
    dropped: list[DroppedReply]


class HitsReply(Reply):
    """Hits, best first."""

    hits: list[HitReply]
    index_version: int
    explain: ExplainReply | None = Field(None, description="Only when it was asked for.")


class Readiness(Reply):
    """Whether questions can be answered, and what is missing when not."""

    ready: bool
    reasons: list[str]
    warnings: list[str] | None = Field(None, description="What does not keep questions from being answered: writes, say.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error replies of a route, for its description."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": "A problem.", "content": content} for status in statuses}
