"""Anthropic's messages API. Optional extra `anthropic`."""

from __future__ import annotations

from typing import Any

from rag.answering.backends.http import make_stoppable
from rag.answering.backends.options import checked, library, settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.settings.generator import Generator as GeneratorSettings


def anthropic(settings: GeneratorSettings) -> OverLlamaIndex:
    """`options`: `headers`. Raises ConfigError."""
    own = checked(settings, ("headers",))
    llms = library("llama_index.llms.anthropic", settings, "anthropic")
    llm = llms.Anthropic(
        model=settings.model,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        base_url=settings.base_url or None,
        timeout=settings.timeout_s,
        max_retries=0,
        api_key=settings.api_key.get_secret_value() or "none",
        default_headers=own.get("headers"),
        additional_kwargs=_additional(settings, DEFAULT_SAMPLING),
    )
    make_stoppable(llm._client._client)
    return OverLlamaIndex(
        settings.model, llm, llm._client, request_options=lambda wish: _fields(settings, wish), tells_end=True
    )


def _fields(settings: GeneratorSettings, wish: Sampling) -> dict[str, Any]:
    here = settled(settings, wish)
    return {
        "temperature": here.temperature,
        "max_tokens": here.max_tokens,
        "additional_kwargs": _additional(here, wish),
    }


def _additional(settings: GeneratorSettings, wish: Sampling) -> dict[str, Any]:
    """The API knows no seed, and refuses `top_p` beside `temperature` where both are given."""
    own: dict[str, Any] = {"top_p": settings.top_p} if settings.top_p != 1.0 else {}
    return own | ({"stop_sequences": list(wish.stop)} if wish.stop else {})
