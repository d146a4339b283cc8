"""A GGUF file in this process, through llama.cpp. Optional extra `gguf` (the wheel `xllamacpp`).

llama.cpp answers on a loopback port of its own with a key made here, so that streaming, stopping and counting tokens are
those of every OpenAI-compatible server.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from rag.answering.backends.http import client
from rag.answering.backends.openai import openai_compatible
from rag.answering.backends.options import checked, library
from rag.answering.backends.stream import OverLlamaIndex
from rag.errors import ConfigError
from rag.settings.generator import Generator as GeneratorSettings


class Gguf(OverLlamaIndex):
    """Holds the model in memory as long as it lives."""

    def __init__(self, inner: OverLlamaIndex, server: Any, key: str):
        super().__init__(
            inner.name,
            inner.llm,
            count_tokens=self._tokens,
            request_options=inner.request_options,
            waiting=inner.waiting,
        )
        self._inner, self._server = inner, server
        self._api = client(server.listening_address, {"Authorization": f"Bearer {key}"})

    def _tokens(self, text: str) -> int:
        return len(self._api.post("/tokenize", json={"content": text}).raise_for_status().json()["tokens"])

    def close(self) -> None:
        self._inner.close()  # both its clients
        self._api.close()
        self._server = None


def gguf(settings: GeneratorSettings) -> Gguf:
    """`model` is the file; `options`: `threads`. Raises ConfigError."""
    own = checked(settings, ("threads",))
    file = Path(settings.model)
    if not file.is_file():
        raise ConfigError(f"there is no file {file}.", field="generator.model", fix="Name a GGUF file.")
    llama = library("xllamacpp", settings, "gguf")
    key = secrets.token_hex(16)
    params = llama.CommonParams()
    params.model.path = str(file)
    params.n_ctx = settings.context_tokens
    params.n_parallel = 1
    params.api_keys = [key]
    params.verbosity = 0
    if "threads" in own:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(own["threads"])
    try:
        server = llama.Server(params)
    except Exception as exc:  # the library raises plain ones
        raise ConfigError(f"{file} cannot be loaded: {exc}.", field="generator.model", fix="Name a GGUF file.") from exc
    here = settings.model_copy(update={"api_key": SecretStr(key), "model": file.stem})
    inner = openai_compatible(here, base_url=f"{server.listening_address}/v1", options={})
    return Gguf(inner, server, key)
