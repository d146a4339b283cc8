"""Azure OpenAI: `base_url` is the endpoint, `model` the deployment. Optional extra `azure`."""

from __future__ import annotations

from rag.answering.backends.http import client
from rag.answering.backends.openai import request_options
from rag.answering.backends.options import checked, library
from rag.answering.backends.stream import OverLlamaIndex
from rag.settings.generator import Generator as GeneratorSettings

_API_VERSION = "2024-10-21"


def azure(settings: GeneratorSettings) -> OverLlamaIndex:
    """`options`: `api_version`, and `model` where the deployment is not named after it. Raises ConfigError."""
    own = checked(settings, ("api_version", "model"))
    llms = library("llama_index.llms.azure_openai", settings, "azure")
    http = client()
    additional = {
        "top_p": settings.top_p,
        "presence_penalty": settings.presence_penalty,
        "stream_options": {"include_usage": True},
    }
    llm = llms.AzureOpenAI(
        model=own.get("model", settings.model),
        engine=settings.model,
        azure_endpoint=settings.base_url,
        api_key=settings.api_key.get_secret_value() or "none",
        api_version=own.get("api_version", _API_VERSION),
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        timeout=settings.timeout_s,
        max_retries=0,
        http_client=http,
        additional_kwargs=additional,
    )
    return OverLlamaIndex(settings.model, llm, http, request_options=request_options(settings, additional), tells_end=True)
