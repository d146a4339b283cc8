"""Anthropic's messages API. Optional extra `anthropic`."""

from __future__ import annotations

from typing import Any

from rag.answering.backends.http import make_stoppable
from rag.answering.backends.options import checked, library, settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.settings.generator import Generator as Told


def anthropic(told: Told) -> OverLlamaIndex:
    """`options`: `headers`. Raises ConfigError."""
    own = checked(told, ("headers",))
    made = library("llama_index.llms.anthropic", told, "anthropic")
    llm = made.Anthropic(
        model=told.model,
        temperature=told.temperature,
        max_tokens=told.max_tokens,
        base_url=told.base_url or None,
        timeout=told.timeout_s,
        max_retries=0,
        api_key=told.api_key.get_secret_value() or "none",
        default_headers=own.get("headers"),
        additional_kwargs=_additional(told, DEFAULT_SAMPLING),
    )
    make_stoppable(llm._client._client)
    return OverLlamaIndex(told.model, llm, llm._client, request_options=lambda wish: _fields(told, wish), tells_end=True)


def _fields(told: Told, wish: Sampling) -> dict[str, Any]:
    here = settled(told, wish)
    return {
        "temperature": here.temperature,
        "max_tokens": here.max_tokens,
        "additional_kwargs": _additional(here, wish),
    }


def _additional(told: Told, wish: Sampling) -> dict[str, Any]:
    """The API knows no seed, and refuses `top_p` beside `temperature` where both are given."""
    own: dict[str, Any] = {"top_p": told.top_p} if told.top_p != 1.0 else {}
    return own | ({"stop_sequences": list(wish.stop)} if wish.stop else {})
