"""LLM backends, through LlamaIndex's LLM interface. The only importer of llama_index.llms."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from rag.domain import Usage
from rag.errors import UpstreamError
from rag.settings.sections import Generator as GeneratorSettings


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


class OpenAICompatible:
    """Any server with OpenAI's chat completions: vLLM, Ollama's /v1, DeepSeek, Qwen, OpenAI itself."""

    def __init__(self, settings: GeneratorSettings):
        from llama_index.llms.openai_like import OpenAILike  # 1 s to import: only when an LLM is configured

        self.name = settings.model
        self._llm = OpenAILike(
            model=settings.model,
            api_base=settings.base_url,
            api_key=settings.api_key.get_secret_value() or "none",
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            context_window=settings.context_tokens,
            is_chat_model=True,
            timeout=settings.timeout_s,
            max_retries=1,
            additional_kwargs={
                "top_p": settings.top_p,
                "presence_penalty": settings.presence_penalty,
                "stream_options": {"include_usage": True},
            },
        )

    def generate(self, messages: Sequence[dict[str, str]], *, deadline: float) -> Stream:
        """Raises UpstreamError when the backend cannot be reached or refuses."""
        from llama_index.core.llms import ChatMessage

        try:
            chunks = self._llm.stream_chat([ChatMessage(role=m["role"], content=m["content"]) for m in messages])
        except Exception as exc:
            raise UpstreamError(f"the LLM backend failed: {exc}", field="generator.base_url") from exc
        return Stream(chunks, deadline)
