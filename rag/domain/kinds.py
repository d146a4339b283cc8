"""Words of the contract that are one of a few."""

from __future__ import annotations

from typing import Literal

Kind = Literal["text", "list", "table", "code", "faq", "case"]
Status = Literal["answered", "refused", "clarify", "chat"]
Reason = Literal["no_relevant_content", "unknown_name", "low_grounding", "unsafe_question", "backend_unavailable", "deadline"]
Language = Literal["zh", "en"]
Intent = Literal["greeting", "thanks", "goodbye", "person", "complaint", "identity", "empty"]  # of `chat`

DEFAULT_COLLECTION = "default"
