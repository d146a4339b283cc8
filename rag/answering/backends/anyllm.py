"""Any LLM class of LlamaIndex, named by its path: `model = "llama_index.llms.groq.Groq"`, arguments in `options`."""

from __future__ import annotations

import importlib
from typing import Any

from rag.answering.backends.options import settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import Sampling
from rag.errors import ConfigError
from rag.settings.generator import Generator as GeneratorSettings


def any_llm(settings: GeneratorSettings) -> OverLlamaIndex:
    """`options` are the class's arguments; `temperature`, `max_tokens` and `api_key` are added where it has them.

    A request's own sampling changes those fields of it that the class has under these names.

    What the class does by itself (retries, timeouts) stays; our deadline holds either way. Raises ConfigError.
    """
    llm_class = _class(settings)
    fields = set(getattr(llm_class, "model_fields", {}))
    known: dict[str, Any] = {"temperature": settings.temperature, "max_tokens": settings.max_tokens}
    if settings.api_key.get_secret_value():
        known["api_key"] = settings.api_key.get_secret_value()
    arguments = {name: value for name, value in known.items() if name in fields} | settings.options
    try:
        llm = llm_class(**arguments)
    except Exception as exc:
        raise ConfigError(
            f"{settings.model} cannot be made with `generator.options`: {type(exc).__name__}.",  # its text may quote a key
            field="generator.options",
            fix="See that class's own page for its arguments.",
        ) from exc
    given = {name: getattr(llm, name, None) for name in ("temperature", "top_p", "max_tokens")}
    mine = settings.model_copy(update={name: value for name, value in given.items() if value is not None})  # `options` go first

    def request_options(wish: Sampling) -> dict[str, Any]:
        here = settled(mine, wish)
        fields_here = {"temperature": here.temperature, "top_p": here.top_p, "max_tokens": here.max_tokens}
        fields_here |= {name: wish.as_dict()[name] for name in ("stop", "seed") if name in wish.as_dict()}
        return {name: value for name, value in fields_here.items() if name in fields}

    return OverLlamaIndex(settings.model.rpartition(".")[2], llm, request_options=request_options)


def _class(settings: GeneratorSettings) -> Any:
    from llama_index.core.llms import LLM

    module, _, name = settings.model.rpartition(".")
    try:
        llm_class = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as exc:
        raise ConfigError(
            f"`{settings.model}` cannot be imported: {exc}.",
            field="generator.model",
            fix="Install its package, and name the class as `package.module.Class`.",
        ) from exc
    if not (isinstance(llm_class, type) and issubclass(llm_class, LLM)):
        raise ConfigError(f"`{settings.model}` is no LlamaIndex LLM.", field="generator.model", fix="Name a class of its LLMs.")
    return llm_class
