"""Azure OpenAI: `base_url` is the endpoint, `model` the deployment. Optional extra `azure`."""

from __future__ import annotations

from rag.answering.backends.http import client
from rag.answering.backends.openai import request_options
from rag.answering.backends.options import checked, library
from rag.answering.backends.stream import OverLlamaIndex
from rag.settings.generator import Generator as Told

_API_VERSION = "2024-10-21"


def azure(told: Told) -> OverLlamaIndex:
    """`options`: `api_version`, and `model` where the deployment is not named after it. Raises ConfigError."""
    own = checked(told, ("api_version", "model"))
    made = library("llama_index.llms.azure_openai", told, "azure")
    http = client()
    additional = {
        "top_p": told.top_p,
        "presence_penalty": told.presence_penalty,
        "stream_options": {"include_usage": True},
    }
    llm = made.AzureOpenAI(
        model=own.get("model", told.model),
        engine=told.model,
        azure_endpoint=told.base_url,
        api_key=told.api_key.get_secret_value() or "none",
        api_version=own.get("api_version", _API_VERSION),
        temperature=told.temperature,
        max_tokens=told.max_tokens,
        timeout=told.timeout_s,
        max_retries=0,
        http_client=http,
        additional_kwargs=additional,
    )
    return OverLlamaIndex(told.model, llm, http, request_options=request_options(told, additional), tells_end=True)
