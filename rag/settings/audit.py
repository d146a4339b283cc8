"""What the audit keeps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rag.settings.sections import Section


class Audit(Section):
    enabled: bool = Field(True, description="Who asked, changed, deleted and exported what is kept: `xiansou audit`.")
    questions: Literal["hash", "text"] = Field("hash", description="Whether the audit holds questions as a hash or as text.")
