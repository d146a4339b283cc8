"""Ollama by its own API (`/api/chat`), where the context size can be set. Optional extra `ollama`."""

from __future__ import annotations

from typing import Any

from rag.answering.backends.http import client
from rag.answering.backends.options import checked, library, settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.settings.generator import Generator as GeneratorSettings

_DEFAULT_URL = "http://127.0.0.1:11434"


def ollama(settings: GeneratorSettings) -> OverLlamaIndex:
    """`options`: `thinking`, `keep_alive`, `json_mode` as LlamaIndex's Ollama takes them. Raises ConfigError."""
    own = checked(settings, ("thinking", "keep_alive", "json_mode"))
    llms = library("llama_index.llms.ollama", settings, "ollama")
    api = library("ollama", settings, "ollama").Client(host=settings.base_url or _DEFAULT_URL)
    stoppable = client(base_url=str(api._client.base_url), headers=dict(api._client.headers))
    api._client.close()
    api._client = stoppable  # it takes options of an httpx client, not the client itself
    llm = llms.Ollama(
        model=settings.model,
        base_url=settings.base_url or _DEFAULT_URL,
        temperature=settings.temperature,
        context_window=settings.context_tokens,
        request_timeout=settings.timeout_s,
        client=api,
        additional_kwargs=_additional(settings, DEFAULT_SAMPLING),
        **own,
    )
    return OverLlamaIndex(settings.model, llm, stoppable, request_options=lambda wish: _fields(settings, wish), tells_end=True)


def _fields(settings: GeneratorSettings, wish: Sampling) -> dict[str, Any]:
    here = settled(settings, wish)
    return {"temperature": here.temperature, "additional_kwargs": _additional(here, wish)}


def _additional(settings: GeneratorSettings, wish: Sampling) -> dict[str, Any]:
    own: dict[str, Any] = {
        "top_p": settings.top_p,
        "presence_penalty": settings.presence_penalty,
        "num_predict": settings.max_tokens,
    }
    own |= {"stop": list(wish.stop)} if wish.stop else {}
    return own | ({} if wish.seed is None else {"seed": wish.seed})
