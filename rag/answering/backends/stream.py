"""A running generation of a LlamaIndex LLM."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from rag.domain import Usage
from rag.errors import UpstreamError


class Stream:
    """A running generation. Iterate for text deltas; afterwards `usage` and `finish_reason` hold what the backend said."""

    def __init__(self, chunks: Iterator[Any], deadline: float):
        self._chunks, self._deadline = chunks, deadline
        self.usage = Usage()
        self.finish_reason: str | None = None

    def __iter__(self) -> Iterator[str]:
        try:
            for chunk in self._chunks:
                self._note(chunk.raw)
                if chunk.delta:
                    yield chunk.delta
                if time.monotonic() > self._deadline:
                    self.finish_reason = "deadline"
                    return
        except Exception as exc:  # the client libraries share no base class
            raise UpstreamError(f"the LLM backend failed: {exc}", field="generator.base_url") from exc

    def _note(self, raw: Any) -> None:
        usage = getattr(raw, "usage", None)
        if usage is not None:
            self.usage = Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0)
        for choice in getattr(raw, "choices", None) or []:
            self.finish_reason = getattr(choice, "finish_reason", None) or self.finish_reason
