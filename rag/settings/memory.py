"""The sections `conversation`, `cache` and `answers`: what is remembered of questions and answers, and for how long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rag.settings.sections import Section


class Conversation(Section):
    lifetime_s: int = Field(
        86_400, ge=60, le=31_536_000, description="Seconds after its last question that a conversation is forgotten."
    )
    turns: int = Field(10, ge=1, le=50, description="Questions of a conversation that are remembered.")


class Cache(Section):
    ttl_s: int = Field(
        86_400,
        ge=0,
        le=31_536_000,
        description="Seconds that a worded answer may be used again for exactly the same passages; 0: never.",
    )


class Answers(Section):
    store: Literal["full", "none"] = Field(
        "full", description="`full`: answers are kept, to explain, replay and rate them; `none`: they are not."
    )
    keep_days: int = Field(90, ge=1, le=36_500, description="Kept answers are removed after this many days.")
