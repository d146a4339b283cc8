"""A generator over any LlamaIndex LLM, and its running generation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from rag.domain import Usage
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import UpstreamError
from rag.runtime import background

_PROMPT = ("prompt_tokens", "input_tokens", "prompt_eval_count")  # OpenAI, Anthropic, Ollama
_COMPLETION = ("completion_tokens", "output_tokens", "eval_count")
_CUT = ("length", "max_tokens", "max_output_tokens", "MAX_TOKENS")  # how backends say that the text was cut
_CLOSE_S = 5.0

RequestOptions = Callable[[Sampling], Mapping[str, Any]]


class _Noted:
    """What a backend said beside its text: `finish_reason` is `length` where it cut the text, else its own word."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.finish_reason: str | None = None

    def _note(self, raw: Any) -> None:
        usage = _get(raw, "usage") or _get(_get(raw, "message"), "usage") or raw
        prompt, completion = _first(usage, _PROMPT), _first(usage, _COMPLETION)
        if prompt or completion:
            self.usage = Usage(prompt or self.usage.prompt_tokens, completion or self.usage.completion_tokens)
        said = [_get(choice, "finish_reason") for choice in _get(raw, "choices") or []]
        said += [_get(raw, "done_reason"), _get(_get(raw, "delta"), "stop_reason")]
        for reason in filter(None, said):
            self.finish_reason = "length" if reason in _CUT else str(reason)


class Stream(_Noted):
    """A running generation. Iterate for text deltas; afterwards `usage` and `finish_reason` hold what the backend said."""

    def __init__(self, chunks: Iterator[Any]):
        super().__init__()
        self._chunks = chunks

    def __iter__(self) -> Iterator[str]:
        try:
            for chunk in self._chunks:
                self._note(chunk.raw)
                if chunk.delta:
                    yield chunk.delta
        except UpstreamError:
            raise
        except Exception as exc:  # the client libraries share no base class
            raise failed(exc) from exc
        finally:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()


class WaitingStream(_Noted):
    """As `Stream`, on an event loop. `call` is awaited for the chunks when it is iterated."""

    def __init__(self, call: Callable[[], Awaitable[Any]]):
        super().__init__()
        self._call = call

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            async with aclosing(await self._call()) as chunks:
                async for chunk in chunks:
                    self._note(chunk.raw)
                    if chunk.delta:
                        yield chunk.delta
        except UpstreamError:
            raise
        except Exception as exc:  # the client libraries share no base class
            raise failed(exc) from exc


class OverLlamaIndex:
    """A generator that speaks through a LlamaIndex LLM. Safe for any mix of threads, as its LLM is."""

    def __init__(
        self,
        name: str,
        llm: Any,
        http: Any = None,
        count_tokens: Callable[[str], int] | None = None,
        request_options: RequestOptions | None = None,
        tells_end: bool = False,
        waiting: Any = None,
    ):
        """`count_tokens`: the backend's own tokenizer, where it is known.

        `request_options`: the fields of the LLM that a request's own sampling changes; None: it cannot have any.

        `tells_end`: whether it says why its text ended, so that one that ends without a word was cut off.

        `waiting`: the LLM's client for an event loop, where it has one that needs no thread.
        """
        from llama_index.core.llms import ChatMessage

        self.name, self.llm, self._http, self.waiting, self._message = name, llm, http, waiting, ChatMessage
        self.count_tokens = count_tokens
        self.request_options = request_options
        self.tells_end = tells_end

    @property
    def waits(self) -> bool:
        return self.waiting is not None

    def close(self) -> None:
        """Closes its connections."""
        if self._http is not None:
            self._http.close()
        if self.waiting is not None:
            with suppress(TimeoutError):  # nobody is left to wait for
                background.run(self.waiting.aclose(), _CLOSE_S)

    def generate(self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING) -> Stream:
        """Raises UpstreamError when the backend cannot be reached or refuses."""
        try:
            chunks = self._with(sampling).stream_chat(self._sent(messages))
        except Exception as exc:
            raise failed(exc) from exc
        return Stream(chunks)

    def agenerate(
        self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING
    ) -> WaitingStream:
        """Iterating it raises UpstreamError when the backend cannot be reached or refuses."""
        return WaitingStream(lambda: self._with(sampling).astream_chat(self._sent(messages)))

    def _with(self, sampling: Sampling) -> Any:
        if self.request_options is None or sampling == DEFAULT_SAMPLING:
            return self.llm
        return self.llm.model_copy(update=dict(self.request_options(sampling)))  # a copy shares the connections

    def _sent(self, messages: Sequence[dict[str, str]]) -> list[Any]:
        return [self._message(role=m["role"], content=m["content"]) for m in messages]


def failed(exc: Exception) -> UpstreamError:
    """What a client library raised, as an error of ours."""
    return UpstreamError(f"the LLM backend failed: {exc}", field="generator.base_url")


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _first(value: Any, names: Sequence[str]) -> int:
    return next((count for name in names if isinstance(count := _get(value, name), int) and count), 0)
