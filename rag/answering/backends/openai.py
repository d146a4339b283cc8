"""Any server with OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.backends.stream import Stream
from rag.errors import UpstreamError
from rag.settings.generator import Generator as GeneratorSettings


class OpenAICompatible:
    """vLLM, Ollama's /v1, DeepSeek, Qwen, OpenAI itself."""

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
