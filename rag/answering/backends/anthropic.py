"""Anthropic's messages API. Optional extra `anthropic`."""

from __future__ import annotations

from rag.answering.backends.http import make_stoppable
from rag.answering.backends.options import checked, library
from rag.answering.backends.stream import OverLlamaIndex
from rag.settings.generator import Generator as Told


def anthropic(told: Told) -> OverLlamaIndex:
    """`options`: `headers`. Raises ConfigError."""
    own = checked(told, ("headers",))
    made = library("llama_index.llms.anthropic", told, "anthropic")
    sampling = {"top_p": told.top_p} if told.top_p != 1.0 else {}  # the API refuses both where both are given
    llm = made.Anthropic(
        model=told.model,
        temperature=told.temperature,
        max_tokens=told.max_tokens,
        base_url=told.base_url or None,
        timeout=told.timeout_s,
        max_retries=0,
        api_key=told.api_key.get_secret_value() or "none",
        default_headers=own.get("headers"),
        additional_kwargs=sampling,
    )
    make_stoppable(llm._client._client)
    return OverLlamaIndex(told.model, llm, llm._client)
