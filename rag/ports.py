"""The seams: parts that are slow, remote or non-deterministic. Each has real implementations and a fake in `rag.fakes`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.domain import Usage
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Text to unit vectors. Safe to call from several threads."""

    @property
    def model_id(self) -> str:
        """Identity of model and weights, e.g. `multilingual-e5-small-int8@3f2a…`; part of a generation's fingerprint."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Longest input in the model's own tokens; what is longer is cut."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Returns float32 of shape (len(texts), dim), rows of L2 norm 1."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Returns float32 of shape (len(texts), dim), rows of L2 norm 1. Order in = order out."""
        ...

    @property
    def late(self) -> bool:
        """Whether the model gives token vectors for late interaction."""
        ...

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As `embed_passages`, and for each text its tokens' vectors (tokens, token dim), rows of L2 norm 1.

        The list is empty when `late` is False.
        """
        ...

    def query_tokens(self, text: str) -> Vectors:
        """The question's token vectors (tokens, token dim), rows of L2 norm 1. Only when `late`."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Where the tokens of `embed_with_tokens` stand: (tokens, 2) int32 of code points into each text, half open.

        The list is empty when `late` is False.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text in the model's own tokenizer, without special tokens and prompt."""
        ...


class Reranker(Protocol):
    """Reads question and passage together. Late interaction is no such part: it works on vectors that are there already."""

    @property
    def name(self) -> str: ...

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """(len(passages),): higher is better; only their order and distances within one question mean anything."""
        ...


class VectorIndex(Protocol):
    """A mirror of live vectors. Ids are the record's 64-bit passage ids; searches and changes may come from any thread."""

    def __len__(self) -> int: ...

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """ids (n,), vectors (n, dim). An id that is there already is replaced."""
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Ids that are not there are ignored."""
        ...

    def search(
        self, query: Vectors, k: int, allowed: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """query (dim,) → (ids, cosines), best first, at most k. `allowed`: search among these ids only."""
        ...

    def close(self) -> None:
        """Ends background work, so that the process can end."""
        ...

    def cosines(self, query: Vectors, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """query (dim,), ids (n,) that are all there → their cosines (n,)."""
        ...


class Generation(Protocol):
    """A running generation: iterate for text deltas; `usage` and `finish_reason` are set when it is exhausted."""

    usage: Usage
    finish_reason: str | None

    def __iter__(self) -> Iterator[str]: ...


class Generator(Protocol):
    """Writes an answer from a prompt that is a value: a list of role/content messages."""

    @property
    def name(self) -> str: ...

    def generate(
        self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING
    ) -> Generation:
        """`deadline` in `time.monotonic()` seconds; `sampling`: for this call, over the backend's own settings.

        Raises UpstreamError when the backend fails.
        """
        ...


class WaitingGeneration(Protocol):
    """As `Generation`, for an event loop."""

    usage: Usage
    finish_reason: str | None

    def __aiter__(self) -> AsyncIterator[str]: ...


class WaitingGenerator(Generator, Protocol):
    """A generator whose calls need no thread while its backend is silent. They run on one loop (`rag.runtime.background`)."""

    @property
    def waits(self) -> bool:
        """Whether `agenerate` works; else `generate` is called, in a thread."""
        ...

    def agenerate(
        self, messages: Sequence[dict[str, str]], *, deadline: float, sampling: Sampling = DEFAULT_SAMPLING
    ) -> WaitingGeneration:
        """As `generate`; it begins, and raises, when it is iterated. Cancelling who iterates ends the call."""
        ...
