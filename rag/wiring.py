"""The only place that chooses implementations. Everything is built by plain constructors, from settings, once a process."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Answerer
from rag.answering.generate import OpenAICompatible
from rag.library import generations
from rag.library.index import ExactIndex
from rag.library.ledger import Ledger
from rag.library.mirror import Mirror
from rag.library.mirrors import Mirrors
from rag.ports import Embedder, Generator
from rag.search.retrieve import Retriever
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """What one process works with. `close` when done."""

    settings: Settings
    ledger: Ledger
    generation: int
    embedder: Embedder
    mirrors: Mirrors
    answerer: Answerer

    def close(self) -> None:
        self.ledger.close()


def open_ledger(settings: Settings) -> Ledger:
    """The record alone, for commands that need no model. Raises ConfigError."""
    return Ledger.open(settings.database_url)


def open_house(settings: Settings, *, embedder: Embedder | None = None, generator: Generator | None = None) -> House:
    """Everything a process needs to write and to answer. The doubles of `rag.fakes` can be passed in.

    Raises ConfigError: an unusable data_dir, no model, or a model other than the one the index was built with.
    """
    ledger = open_ledger(settings)
    embedder = embedder or load_embedder(settings)
    generation = generations.adopt(ledger.engine, fingerprint(settings, embedder))
    mirrors = Mirrors(lambda: Mirror(ledger.engine, generation, embedder.dim, ExactIndex))
    retriever = Retriever(ledger, mirrors, embedder, candidates=settings.retrieval.candidates)
    answerer = Answerer(retriever, embedder, generator or load_generator(settings), settings)
    return House(settings, ledger, generation, embedder, mirrors, answerer)


def load_embedder(settings: Settings) -> Embedder:
    """The configured embedding model. Raises ConfigError when its weights cannot be had."""
    from rag.models import embed  # loads ONNX: not for commands that need no model

    return embed.load(settings.embedding.model, settings.model_folder, threads=settings.embedding.threads or None)


def load_generator(settings: Settings) -> Generator | None:
    """The configured LLM; None for the extractive generator."""
    return OpenAICompatible(settings.generator) if settings.generator.kind == "openai" else None


def fingerprint(settings: Settings, embedder: Embedder) -> dict[str, str | int]:
    """What vectors and passages depend on: see `rag.library.generations`."""
    return {
        "model": embedder.model_id,
        "chunk_tokens": settings.ingest.chunk_tokens,
        "passages": generations.PASSAGES_VERSION,
    }
