"""Shapes of other protocols' replies, for the description of the API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class OpenAIErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = Field(examples=["messages"])
    code: str | None = Field(examples=["invalid_input"])


class OpenAIError(BaseModel):
    """An error as OpenAI's clients know it."""

    model_config = ConfigDict(extra="forbid")
    error: OpenAIErrorDetail


class DifyError(BaseModel):
    """An error as Dify knows it."""

    model_config = ConfigDict(extra="forbid")
    error_code: int = Field(examples=[2001])
    error_msg: str


class UsageTotals(BaseModel):
    """Tokens as the LLM backend counted them; 0 when answers are quoted."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatMessage(BaseModel):
    """The answer. `annotations` and `context` hold its citations unless another style was asked for."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[dict[str, Any]] | None = None
    context: dict[str, Any] | None = None


class ChatChoice(BaseModel):
    """The one choice."""

    index: int
    message: ChatMessage
    logprobs: None
    finish_reason: Literal["stop"]


class ChatCompletion(BaseModel):
    """A `chat.completion`; `rag` holds what OpenAI's protocol has no place for."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: UsageTotals
    rag: dict[str, Any]
    sources: list[dict[str, Any]] | None = None


def openai_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error replies of a route that speaks OpenAI's protocol."""
    return _described(OpenAIError, statuses)


def dify_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error replies of a route that speaks Dify's."""
    return _described(DifyError, statuses)


def _described(model: type[BaseModel], statuses: tuple[int, ...]) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": "An error.", "model": model} for status in statuses}
