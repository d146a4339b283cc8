"""A generator over any LlamaIndex LLM, and its running generation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rag.domain import Usage
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import UpstreamError

_PROMPT = ("prompt_tokens", "input_tokens", "prompt_eval_count")  # OpenAI, Anthropic, Ollama
_COMPLETION = ("completion_tokens", "output_tokens", "eval_count")
_CUT = ("length", "max_tokens", "max_output_tokens", "MAX_TOKENS")  # how backends say that the text was cut

RequestOptions = Callable[[Sampling], Mapping[str, Any]]


class Stream:
    """A running generation. Iterate for text deltas; afterwards `usage` and `finish_reason` hold what the backend said.

    `finish_reason` is `length` where the backend cut the text, else its own word.
    """

    def __init__(self, chunks: Iterator[Any]):
        self._chunks = chunks
        self.usage = Usage()
        self.finish_reason: str | None = None

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

    def _note(self, raw: Any) -> None:
        usage = _get(raw, "usage") or _get(_get(raw, "message"), "usage") or raw
        prompt, completion = _first(usage, _PROMPT), _first(usage, _COMPLETION)
        if prompt or completion:
            self.usage = Usage(prompt or self.usage.prompt_tokens, completion or self.usage.completion_tokens)
        said = [_get(choice, "finish_reason") for choice in _get(raw, "choices") or []]
        said += [_get(raw, "done_reason"), _get(_get(raw, "delta"), "stop_reason")]
        for reason in filter(None, said):
            self.finish_reason = "length" if reason in _CUT else str(reason)


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
    ):
        """`count_tokens`: the backend's own tokenizer, where it is known.

        `tells_end`: whether it says why its text ended, so that one that ends without a word was cut off.

        `wishes`: the fields of the LLM that a request's own sampling changes; None: it cannot have any.
        """
        from llama_index.core.llms import ChatMessage

        self.name, self.llm, self._http, self._message = name, llm, http, ChatMessage
        self.count_tokens = count_tokens
        self.request_options = request_options
        self.tells_end = tells_end

    def close(self) -> None:
        """Closes its connections."""
        if self._http is not None:
            self._http.close()

    def generate(self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING) -> Stream:
        """Raises UpstreamError when the backend cannot be reached or refuses."""
        llm = self.llm
        if self.request_options is not None and sampling != DEFAULT_SAMPLING:  # a copy shares the connections
            llm = llm.model_copy(update=dict(self.request_options(sampling)))
        try:
            chunks = llm.stream_chat([self._message(role=m["role"], content=m["content"]) for m in messages])
        except Exception as exc:
            raise failed(exc) from exc
        return Stream(chunks)


def failed(exc: Exception) -> UpstreamError:
    """What a client library raised, as an error of ours."""
    return UpstreamError(f"the LLM backend failed: {exc}", field="generator.base_url")


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def _first(value: Any, names: Sequence[str]) -> int:
    return next((count for name in names if isinstance(count := _get(value, name), int) and count), 0)
