"""What clients get of documents and jobs; see `api.replies`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.replies import Reply

JobState = Literal["queued", "parsing", "embedding", "live", "failed", "dead"]


class DocumentReply(Reply):
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


class DocumentsReply(Reply):
    """A page of documents, by id."""

    documents: list[DocumentReply]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")


class WriteReply(Reply):
    """A write that was taken. Version and index version are null until it is `live`."""

    document_id: str = Field(examples=["help/wifi.md"])
    version: int | None = Field(examples=[3])
    state: JobState = Field(examples=["live"])
    index_version: int | None = Field(examples=[4182])
    job_id: int = Field(examples=[17])


class AsReadReply(Reply):
    """A document as it was read. `told`: `left_out` by kind, `columns` and what they were taken for, and the like."""

    document_id: str
    version: int
    title: str
    url: str | None
    text: str
    passages: list[dict[str, Any]] = Field(description="In order, with section, span, fields and statements.")
    told: dict[str, Any] = Field(examples=[{"left_out": {"hidden columns": ["Prices!C"]}, "columns": {"Frage": "question"}}])
    masked: dict[str, int]


class DeleteReply(Reply):
    """A receipt: `versions` were taken out of service; no question that starts now sees them."""

    document_id: str
    versions: int
    index_version: int


class QueuedJob(Reply):
    """A job of an upload."""

    job_id: int = Field(examples=[17])
    document_id: str = Field(examples=["manual.pdf"])
    state: JobState


class JobsReply(Reply):
    """One job a file; `GET /v1/jobs?batch=` shows how far all of them are."""

    batch: str = Field(examples=["bat_5f0c8a"])
    jobs: list[QueuedJob]


class JobError(Reply):
    """Why a job failed."""

    code: str = Field(examples=["encrypted"])
    detail: str


class JobReply(Reply):
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


class BatchReply(Reply):
    """An upload or a folder: how many of its jobs are in which state; `progress` is the share that has ended."""

    batch: str = Field(examples=["bat_5f0c8a"])
    name: str
    total: int
    states: dict[JobState, int] = Field(examples=[{"queued": 3, "live": 17}])
    progress: float = Field(ge=0, le=1)
    created_at: str


class JobPageReply(Reply):
    """A page of jobs, newest first. `paused`: workers leave the queue alone (`xiansou jobs resume`)."""

    jobs: list[JobReply]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null: this is the last.")
    batch: BatchReply | None
    paused: bool
