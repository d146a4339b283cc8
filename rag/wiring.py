"""The only place that chooses implementations. Everything is built by plain constructors, from settings, once a process."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rag.answer import Answerer
from rag.answering.check import Entails
from rag.answering.memory import Memory
from rag.index.engines.pgvector import PgVectors
from rag.index.mirror import Mirror
from rag.index.snapshot import Snapshots
from rag.index.vectors import LiveIndex
from rag.index.views import IndexView, IndexViews
from rag.ports import Embedder, Generator, Reranker
from rag.record import calibration, generations
from rag.record.ledger import Ledger
from rag.runtime.remote import Remote
from rag.runtime.stores import adopt_redis, open_redis
from rag.search.retrieve import Reranking, Retriever
from rag.search.synonyms import load_synonyms
from rag.search.weights import Weights
from rag.settings import Settings
from rag.settings.generator import Generator as GeneratorSettings
from rag.settings.profiles import DEFAULT_PROFILE
from rag.text import chinese
from rag.text.dictionary import load_cutter
from rag.text.tokens import Cutter

LoadEmbedder = Callable[[str], Embedder]


@dataclass(frozen=True, slots=True)
class Application:
    """What one process works with. `close` when done.

    `open_shelf` opens any generation; `wanted` is the fingerprint that the settings ask for.
    """

    settings: Settings
    ledger: Ledger
    views: IndexViews
    answerer: Answerer
    open_view: Callable[[int], IndexView]
    wanted: generations.Fingerprint

    @property
    def embedder(self) -> Embedder:
        """Of the live generation."""
        return self.views.writing().embedder

    @property
    def memory(self) -> Memory:
        """Of questions and answers."""
        assert self.answerer.memory is not None
        return self.answerer.memory

    @property
    def profiles(self) -> tuple[str, ...]:
        """Names of the assistants, the default one first."""
        return tuple(self.settings.profiles)

    @property
    def generation(self) -> int:
        """The live one."""
        return self.views.writing().generation

    def answerer_for(self, view: IndexView) -> Answerer:
        """Answers from one generation, live or not: for the gate of a re-index."""
        views = IndexViews.of(view)
        retriever = load_retriever(self.settings, self.ledger, views)
        return Answerer(retriever, view.embedder, None, self.settings)

    def close(self) -> None:
        self.answerer.close()
        self.memory.close()
        self.views.close()
        self.ledger.close()


def open_ledger(settings: Settings) -> Ledger:
    """The record alone, for commands that need no model. Raises ConfigError."""
    return Ledger.open(settings.database_url)


def open_application(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    load: LoadEmbedder | None = None,
    generator: Generator | None = None,
    rebuilding: bool = False,
    serving: bool = False,
) -> Application:
    """Everything a process needs to write and to answer.

    The doubles of `rag.fakes` can be passed in: one `embedder`, or a `load` where several models are needed. Raises
    ConfigError: an unusable data_dir, no model, or (unless `rebuilding`) a model other than the index was built with.
    `serving`: for a process that answers many questions; its index is trained in the background when it is large.
    """
    if serving:
        _warm()
    ledger = open_ledger(settings)
    if embedder is not None:
        given = embedder
        load = lambda _: given  # noqa: E731
    load = load or embedder_loader(settings, brief=not serving)
    embedder = load(settings.embedding.model)
    cutter = load_cutter(settings.retrieval.dictionary)
    wanted = fingerprint(settings, embedder, cutter)
    generation = generations.adopt(ledger.engine, wanted, rebuilding=rebuilding)

    snapshots = Snapshots(settings.data_dir / "snapshots", ledger.engine)

    def make_index(generation: int, dim: int) -> LiveIndex | PgVectors:
        if settings.index.engine == "pgvector":
            return PgVectors(ledger.engine, generation, dim, background=serving)
        return LiveIndex(dim) if serving else LiveIndex(dim, exact_below=sys.maxsize)

    def open_view(generation: int) -> IndexView:
        built_with = generations.get(ledger.engine, generation).fingerprint
        model = embedder if built_with["embedding"] == settings.embedding.model else load(built_with["embedding"])
        mirror = Mirror(ledger.engine, generation, model.dim, partial(make_index, generation), snapshots)
        corrected = calibration.load(ledger.engine, generation).assuming(settings.answer.unanswerable_share)
        return IndexView(generation, built_with["chunk_tokens"], model, mirror, cutter, corrected)

    try:
        first = open_view(generation)
    except BaseException:
        ledger.close()
        raise
    views = IndexViews(first, open_view)
    retriever = load_retriever(settings, ledger, views)
    generators = {} if generator else load_generators(settings)
    connect = open_redis if serving else adopt_redis
    memory = Memory(ledger, embedder, Remote(lambda: connect(settings), "answering without conversations and cache"), settings)
    answerer = Answerer(
        retriever,
        embedder,
        generator or generators[DEFAULT_PROFILE],
        settings,
        generators=generators,
        entails=load_entails(settings),
        memory=memory,
    )
    return Application(settings, ledger, views, answerer, open_view, wanted)


def _warm() -> None:
    """Loads what a command that answers one question does without, before the first question comes."""
    import faiss  # noqa: F401

    chinese.cut("先搜后答")


def embedder_loader(settings: Settings, *, brief: bool = False) -> LoadEmbedder:
    """Loads embedding models by name; `brief`: for a question or two. Raises ConfigError when their weights cannot be had."""

    def load(name: str) -> Embedder:
        from rag.models import embed  # loads ONNX: not for commands that need no model

        return embed.load(name, settings.model_folder, threads=settings.embedding.threads or None, brief=brief)

    return load


def load_retriever(settings: Settings, ledger: Ledger, views: IndexViews) -> Retriever:
    """The retriever that `retrieval.*` describes. Raises ConfigError: an unreadable file, a re-ranker without weights."""
    retrieval = settings.retrieval
    neural: Reranker | None = None
    if retrieval.reranker == "cross-encoder":
        from rag.models.crossencoder import load_crossencoder  # imports torch: only when it is wanted

        neural = load_crossencoder(retrieval.reranker_model, threads=settings.embedding.threads or None)
    reranking = Reranking(late=retrieval.reranker != "none", neural=neural)
    return Retriever(
        ledger,
        views,
        candidates=retrieval.candidates,
        reranking=reranking,
        synonyms=load_synonyms(retrieval.synonyms),
        weights=Weights({str(by): weights for by, weights in retrieval.weights.items()}),
    )


def load_entails(settings: Settings) -> Entails | None:
    """The entailment model of the gate, None when none is configured. Raises ConfigError."""
    if not settings.answer.entailment_model:
        return None
    from rag.models.entail import load_entailment  # imports torch

    return load_entailment(settings.answer.entailment_model, threads=settings.embedding.threads or None)


def load_generators(settings: Settings) -> dict[str, Generator | None]:
    """The backend of every profile; equal settings share one. None: the extractive generator. Raises ConfigError."""
    loaded: list[tuple[GeneratorSettings, Generator | None]] = []
    backends = {}
    for name, profile in settings.profiles.items():
        unseen = {"system": "", "fallback": [], "condense": True}  # by the backend itself
        generator = profile.generator.model_copy(update=unseen)
        backend = next((backend for known, backend in loaded if known == generator), None)
        if backend is None:
            loaded.append((generator, backend := load_generator(generator)))
        backends[name] = backend
    return backends


def load_generator(generator: GeneratorSettings) -> Generator | None:
    """The LLM of these settings; None for the extractive generator. Raises ConfigError."""
    if generator.kind == "extractive":
        return None
    module, _, name = _BACKENDS[generator.kind].partition(":")
    make: Callable[[GeneratorSettings], Generator] = getattr(importlib.import_module(module), name)
    return make(generator)


# Of each `generator.kind`; imported when one is configured.
_BACKENDS = {
    "openai": "rag.answering.backends.openai:openai_compatible",
    "ollama": "rag.answering.backends.ollama:ollama",
    "anthropic": "rag.answering.backends.anthropic:anthropic",
    "azure": "rag.answering.backends.azure:azure",
    "pangu": "rag.answering.backends.pangu:pangu",
    "gguf": "rag.answering.backends.gguf:gguf",
    "llamaindex": "rag.answering.backends.anyllm:any_llm",
}


def fingerprint(settings: Settings, embedder: Embedder, cutter: Cutter) -> generations.Fingerprint:
    """What vectors and passages depend on: see `rag.record.generations`."""
    parts: generations.Fingerprint = {
        "embedding": settings.embedding.model,
        "model": embedder.model_id,
        "chunk_tokens": settings.ingest.chunk_tokens,
        "passages": generations.PASSAGES_VERSION,
        "late": embedder.late,
    }
    return parts | {"names": cutter.identity} if cutter.identity else parts
