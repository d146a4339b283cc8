"""Ollama by its own API (`/api/chat`), where the context size can be set. Optional extra `ollama`."""

from __future__ import annotations

from typing import Any

from rag.answering.backends.http import client
from rag.answering.backends.options import checked, library, settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.settings.generator import Generator as Told

_DEFAULT_URL = "http://127.0.0.1:11434"


def ollama(told: Told) -> OverLlamaIndex:
    """`options`: `thinking`, `keep_alive`, `json_mode` as LlamaIndex's Ollama takes them. Raises ConfigError."""
    own = checked(told, ("thinking", "keep_alive", "json_mode"))
    made = library("llama_index.llms.ollama", told, "ollama")
    api = library("ollama", told, "ollama").Client(host=told.base_url or _DEFAULT_URL)
    stoppable = client(base_url=str(api._client.base_url), headers=dict(api._client.headers))
    api._client.close()
    api._client = stoppable  # it takes options of an httpx client, not the client itself
    llm = made.Ollama(
        model=told.model,
        base_url=told.base_url or _DEFAULT_URL,
        temperature=told.temperature,
        context_window=told.context_tokens,
        request_timeout=told.timeout_s,
        client=api,
        additional_kwargs=_additional(told, DEFAULT_SAMPLING),
        **own,
    )
    return OverLlamaIndex(told.model, llm, stoppable, request_options=lambda wish: _fields(told, wish), tells_end=True)


def _fields(told: Told, wish: Sampling) -> dict[str, Any]:
    here = settled(told, wish)
    return {"temperature": here.temperature, "additional_kwargs": _additional(here, wish)}


def _additional(told: Told, wish: Sampling) -> dict[str, Any]:
    own: dict[str, Any] = {"top_p": told.top_p, "presence_penalty": told.presence_penalty, "num_predict": told.max_tokens}
    own |= {"stop": list(wish.stop)} if wish.stop else {}
    return own | ({} if wish.seed is None else {"seed": wish.seed})
