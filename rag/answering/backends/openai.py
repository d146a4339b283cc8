"""Any server with OpenAI's chat completions: vLLM, Ollama's /v1, DeepSeek, Qwen, Pangu's v2 path, OpenAI itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rag.answering.backends.http import client, waiting_client
from rag.answering.backends.options import checked, settled
from rag.answering.backends.stream import OverLlamaIndex, RequestOptions
from rag.domain.sampling import Sampling
from rag.settings.generator import Generator as GeneratorSettings


def tokenizer(model: str) -> Callable[[str], int] | None:
    """Counts tokens as OpenAI's models do, where tiktoken knows the model and has its vocabulary at hand; else None."""
    if not model.startswith(("gpt-", "o1", "o3", "o4", "chatgpt-")):
        return None
    import tiktoken

    try:
        encoding = tiktoken.encoding_for_model(model)
    except Exception:  # an unknown model, or no way to its vocabulary: the configured ratios are used instead
        return None
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def request_options(settings: GeneratorSettings, additional: Mapping[str, Any]) -> RequestOptions:
    """Of LlamaIndex's OpenAI and its heirs. `additional`: the `additional_kwargs` that it was made with."""

    def of(wish: Sampling) -> dict[str, Any]:
        here = settled(settings, wish)
        own = {"top_p": here.top_p, "presence_penalty": here.presence_penalty}
        own |= {name: wish.as_dict()[name] for name in ("stop", "seed") if name in wish.as_dict()}
        return {
            "temperature": here.temperature,
            "max_tokens": here.max_tokens,
            "additional_kwargs": {**additional, **own},
        }

    return of


def openai_compatible(
    settings: GeneratorSettings, *, base_url: str | None = None, options: dict[str, Any] | None = None
) -> OverLlamaIndex:
    """`options`: `extra_body` (an object sent with every request, e.g. `{enable_thinking = false}`) and `headers`."""
    from llama_index.llms.openai_like import OpenAILike  # 1 s to import: only when an LLM is configured

    own = checked(settings, ("extra_body", "headers")) if options is None else options
    http, waiting = client(), waiting_client()
    additional = {
        "top_p": settings.top_p,
        "presence_penalty": settings.presence_penalty,
        "stream_options": {"include_usage": True},
    }
    additional |= {"extra_body": own["extra_body"]} if own.get("extra_body") else {}
    llm = OpenAILike(
        model=settings.model,
        api_base=base_url or settings.base_url,
        api_key=settings.api_key.get_secret_value() or "none",
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        context_window=settings.context_tokens,
        is_chat_model=True,
        timeout=settings.timeout_s,
        max_retries=0,  # ours keep to the deadline: rag/answering/generate.py
        http_client=http,
        async_http_client=waiting,
        default_headers=own.get("headers"),
        additional_kwargs=additional,
    )
    for sdk in (llm._get_client(), llm._get_aclient()):
        _ = sdk.chat.completions  # imported now: else the first question would wait for it
    options_of = request_options(settings, additional)
    return OverLlamaIndex(settings.model, llm, http, tokenizer(settings.model), options_of, tells_end=True, waiting=waiting)
