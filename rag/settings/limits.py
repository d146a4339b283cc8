"""How much callers may use up. 0 always means: no limit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rag.settings.sections import Section


class Limits(Section):
    key_per_minute: int = Field(1200, ge=0, description="Requests a minute of one key or signed-in person; 0: no limit.")
    visitor_per_minute: int = Field(20, ge=0, description="Requests a minute of one visitor of a widget; 0: no limit.")
    address_per_minute: int = Field(
        120, ge=0, description="Requests a minute of widgets, and requests that are refused, from one address; 0: no limit."
    )
    without_redis: Literal["open", "closed"] = Field(
        "open", description="Requests with a key while Redis is gone: `open` lets them in; visitors of widgets are not let in."
    )
    tokens_per_day: int = Field(0, ge=0, description="LLM tokens a day (UTC) of one key; then answers are quoted; 0: no limit.")
    spend_per_day: float = Field(0.0, ge=0, description="Money a day of one key, by the prices below; 0: no limit.")
    prompt_price: float = Field(0.0, ge=0, description="Price of a million prompt tokens.")
    completion_price: float = Field(0.0, ge=0, description="Price of a million completion tokens.")
    body_bytes: int = Field(1_000_000, ge=10_000, description="Longest body of a request that carries no document.")
    concurrent: int = Field(
        0, ge=0, le=10_000, description="Questions that one process answers at once; 0: 1.5 a core, 64 with an LLM."
    )
    queued: int = Field(12, ge=0, le=100_000, description="Questions that wait for their turn in one process; more get 503.")
    wait_s: float = Field(5.0, gt=0, le=600, description="Longest wait for one's turn; then 503.")
