"""Huawei Pangu: the v1 path with an IAM token, and the v2 path that speaks OpenAI's format with an API key.

v1: `POST {base_url}/v1/{project_id}/deployments/{deployment_id}/chat/completions`, header `X-Auth-Token` with a token of
`POST {iam_url}/v3/auth/tokens` (scoped to a project; it stands in the reply's `X-Subject-Token` and lives for 24 hours).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx

from rag.answering.backends.http import client, server_sent
from rag.answering.backends.openai import openai_compatible
from rag.answering.backends.options import checked, settled
from rag.answering.backends.stream import OverLlamaIndex
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.settings.generator import Generator as GeneratorSettings

_KNOWN = ("api", "project_id", "deployment_id", "iam_url", "user", "domain", "project", "extra_body")
_V1 = ("project_id", "deployment_id", "iam_url", "user", "domain", "project")
_EARLY_S = 3600  # a token is replaced this long before its end
_LIFE_S = 24 * 3600


def pangu(settings: GeneratorSettings) -> OverLlamaIndex:
    """`options.api`: `v1` (then `api_key` is the IAM user's password, and project and user stand in options) or `v2`.

    Raises ConfigError.
    """
    api = settings.options.get("api", "v1")
    if api == "v2":
        own = checked(settings, _KNOWN)
        base_url = settings.base_url.rstrip("/")
        base_url = base_url if base_url.endswith("/v2") else f"{base_url}/v2"
        return openai_compatible(settings, base_url=base_url, options={"extra_body": own.get("extra_body")})
    own = checked(settings, _KNOWN, _V1)
    http = client()
    return OverLlamaIndex(
        settings.model,
        pangu_llm(settings, own, http),
        http,
        request_options=lambda wish: {"body": _body(settled(settings, wish), own, wish)},
    )


class Token:
    """An IAM token, asked for when it is needed and replaced an hour before its end. Safe for any mix of threads."""

    def __init__(
        self, settings: GeneratorSettings, own: dict[str, Any], http: httpx.Client, clock: Callable[[], float] = time.time
    ):
        self._http, self._clock = http, clock
        self._url = f"{own['iam_url'].rstrip('/')}/v3/auth/tokens"
        user = {"name": own["user"], "password": settings.api_key.get_secret_value(), "domain": {"name": own["domain"]}}
        self._body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": own["project"]}},
            }
        }
        self._lock = threading.Lock()
        self._value, self._ends = "", 0.0

    def get(self, *, fresh: bool = False) -> str:
        """Raises httpx.HTTPError. `fresh`: the one in use was refused."""
        with self._lock:
            if fresh or self._clock() > self._ends - _EARLY_S:
                reply = self._http.post(self._url, json=self._body)
                reply.raise_for_status()
                self._value = reply.headers["X-Subject-Token"]
                self._ends = _end_of(reply) or self._clock() + _LIFE_S
            return self._value


def _end_of(reply: httpx.Response) -> float | None:
    try:
        return datetime.fromisoformat(reply.json()["token"]["expires_at"].replace("Z", "+00:00")).timestamp()
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def pangu_llm(settings: GeneratorSettings, own: dict[str, Any], http: httpx.Client) -> Any:
    """The LlamaIndex LLM of the v1 path."""
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseGen, LLMMetadata, MessageRole
    from llama_index.core.llms import CustomLLM
    from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

    token = Token(settings, own, http)
    url = f"{settings.base_url.rstrip('/')}/v1/{own['project_id']}/deployments/{own['deployment_id']}/chat/completions"
    given = _body(settings, own, DEFAULT_SAMPLING)

    class Pangu(CustomLLM):  # type: ignore[misc]
        body: dict[str, Any] = given

        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(
                context_window=settings.context_tokens,
                num_output=settings.max_tokens,
                model_name=settings.model,
                is_chat_model=True,
            )

        @llm_chat_callback()  # type: ignore[untyped-decorator]
        def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
            sent = [{"role": message.role.value, "content": message.content or ""} for message in messages]

            def chunks() -> Iterator[ChatResponse]:
                text = ""
                for event in _events(http, url, token, self.body | {"messages": sent}):
                    choice = (event.get("choices") or [{}])[0]
                    delta = (choice.get("delta") or choice.get("message") or {}).get("content") or ""
                    text += delta
                    said = ChatMessage(role=MessageRole.ASSISTANT, content=text)
                    yield ChatResponse(message=said, delta=delta, raw=event)

            return chunks()

        @llm_completion_callback()  # type: ignore[untyped-decorator]
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            from llama_index.core.base.llms.types import CompletionResponse

            messages = [ChatMessage(role=MessageRole.USER, content=prompt)]
            return CompletionResponse(text="".join(part.delta or "" for part in self.stream_chat(messages)))

        @llm_completion_callback()  # type: ignore[untyped-decorator]
        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            from llama_index.core.base.llms.types import CompletionResponse

            for part in self.stream_chat([ChatMessage(role=MessageRole.USER, content=prompt)]):
                yield CompletionResponse(text=part.message.content or "", delta=part.delta, raw=part.raw)

    return Pangu()


def _body(settings: GeneratorSettings, own: dict[str, Any], wish: Sampling) -> dict[str, Any]:
    sampling: dict[str, Any] = {"temperature": settings.temperature} if settings.top_p == 1.0 else {"top_p": settings.top_p}
    sampling |= {name: wish.as_dict()[name] for name in ("stop", "seed") if name in wish.as_dict()}
    return {
        "max_tokens": settings.max_tokens,
        "presence_penalty": settings.presence_penalty,
        "stream": True,
        **own.get("extra_body", {}),
        **sampling,
    }


def _events(http: httpx.Client, url: str, token: Token, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Events of one reply; a token that is refused is replaced once."""
    for fresh in (False, True):
        with http.stream("POST", url, json=body, headers={"X-Auth-Token": token.get(fresh=fresh)}) as reply:
            if reply.status_code == 401 and not fresh:
                continue
            reply.raise_for_status()
            for data in server_sent(reply.iter_lines()):
                yield json.loads(data)
            return
