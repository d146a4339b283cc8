"""How a conversation is handed to a person."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from rag.settings.sections import Section


class HandoffSettings(Section):
    url: str = Field("", description="Webhook of your help desk that is told who waits for a person; empty: nobody is told.")
    secret: SecretStr = Field(
        SecretStr(""), description="Signs what is sent, as Standard Webhooks does (`webhook-signature`); 16 characters or more."
    )
    when: Literal["asked", "suggested"] = Field(
        "asked", description="`asked`: when somebody asks for a person; `suggested`: also whenever a reply suggests one."
    )
    timeout_s: float = Field(10.0, gt=0, le=50, description="Longest time that the webhook may take.")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
            raise ValueError("write it as https://desk.example.com/hooks/xiansou")
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("take 16 random characters or more")
        return value
