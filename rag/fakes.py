"""Doubles of the seams, shipped for our tests and our users'. They obey the same contract tests as the real parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from rag.domain import Usage
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling
from rag.errors import UpstreamError
from rag.ports import Vectors
from rag.text.tokens import words


class HashEmbedder:
    """Vectors from hashed words: equal words, near vectors. Deterministic, no model, about 50,000 short texts a second."""

    model_id = "hash-embedder"
    max_tokens = 512
    late = True

    def __init__(self, dim: int = 64):
        self.dim = dim
        self.embedded = 0  # passages embedded so far, for tests that count

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return self._embed(texts)

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        return self.embed_passages(texts), [self._embed(words(text)) for text in texts]

    def query_tokens(self, text: str) -> Vectors:
        return self._embed(words(text) or [""])

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        return [_places(text) for text in texts]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(words(text)) for text in texts]

    def _embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 1e-3  # a text without words still has a direction
            for word in words(text):
                row += _direction(word, self.dim)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@lru_cache(20_000)
def _direction(word: str, dim: int) -> NDArray[np.float32]:
    """(dim,), kept: to start a generator takes 30 times as long as to look it up."""
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dim, np.float32)


def _places(text: str) -> NDArray[np.int32]:
    """Where each of `words(text)` begins: at the next place that holds its first letters, else where the last one was."""
    plain, at, spans = text.lower(), 0, list[tuple[int, int]]()
    for word in words(text):
        place = plain.find(word[:3], at)
        at = at if place < 0 else place
        spans.append((at, min(at + len(word), len(text))))
    return np.array(spans, np.int32).reshape(-1, 2)


class ScriptedStream:
    """What `ScriptedGenerator` returns."""

    def __init__(self, text: str, finish_reason: str):
        self._text = text
        self.usage = Usage()
        self.finish_reason: str | None = None
        self._end = finish_reason

    def __iter__(self) -> Iterator[str]:
        for at in range(0, len(self._text), 7):  # pieces that split words and markers
            yield self._text[at : at + 7]
        self.usage, self.finish_reason = Usage(1, len(self._text)), self._end


class ScriptedGenerator:
    """Says the scripted replies in turn; an empty script raises UpstreamError. Keeps the prompts and samplings it was given."""

    name = "scripted"

    def __init__(self, *replies: str, finish_reason: str = "stop"):
        self._replies, self._finish_reason = list(replies), finish_reason
        self.prompts: list[list[dict[str, str]]] = []
        self.samplings: list[Sampling] = []

    def generate(
        self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING
    ) -> ScriptedStream:
        self.prompts.append(list(messages))
        self.samplings.append(sampling)
        if not self._replies:
            raise UpstreamError("the script is at its end")
        return ScriptedStream(self._replies.pop(0), self._finish_reason)
