"""The hybrid retrieval of other frameworks, put together as their documentation does, over passages and vectors made here.

Each is given the same texts and vectors, so that only candidates and fusion differ. Installed by the extra `bench`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from rag.ports import Vectors

_DEPTH = 100  # passages of each side


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages: ids, texts and unit vectors (n, dim). Texts of which words are cut have a space between any two words."""

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: Vectors


class Framework(Protocol):
    """Searches a corpus by words and vectors. `search` gives passage ids, best first."""

    def search(self, question: str, vector: Vectors, k: int) -> list[str]: ...


class LlamaIndex:
    """QueryFusionRetriever by reciprocal ranks over VectorStoreIndex (FAISS, exact) and BM25Retriever."""

    def __init__(self, corpus: Corpus):
        import faiss

        core, schema = import_module("llama_index.core"), import_module("llama_index.core.schema")
        retrievers = import_module("llama_index.core.retrievers")
        store = import_module("llama_index.vector_stores.faiss").FaissVectorStore(faiss.IndexFlatIP(corpus.vectors.shape[1]))
        bm25 = import_module("llama_index.retrievers.bm25").BM25Retriever
        self._model = _given(corpus.vectors.shape[1])
        nodes = [
            schema.TextNode(id_=key, text=text, embedding=vector.tolist())
            for key, text, vector in zip(corpus.ids, corpus.texts, corpus.vectors, strict=True)
        ]
        context = core.StorageContext.from_defaults(vector_store=store)
        index = core.VectorStoreIndex(nodes, storage_context=context, embed_model=self._model)
        sides = [index.as_retriever(similarity_top_k=_DEPTH), bm25.from_defaults(nodes=nodes, similarity_top_k=_DEPTH)]
        llm = import_module("llama_index.core.llms").MockLLM()  # asked for nothing: one question, as it is
        self._fusion = retrievers.QueryFusionRetriever(
            sides, llm=llm, mode="reciprocal_rerank", num_queries=1, similarity_top_k=_DEPTH, use_async=False
        )

    def search(self, question: str, vector: Vectors, k: int) -> list[str]:
        self._model.vector = vector.tolist()
        return [hit.node.node_id for hit in self._fusion.retrieve(question)[:k]]


def _given(dim: int) -> Any:
    """LlamaIndex's embedding model that answers with the vector it was handed."""
    base: Any = import_module("llama_index.core.embeddings").BaseEmbedding

    class Given(base):  # type: ignore[misc]
        vector: list[float] = [0.0] * dim

        def _get_query_embedding(self, query: str) -> list[float]:
            return self.vector

        def _get_text_embedding(self, text: str) -> list[float]:
            raise AssertionError("every passage has its vector")

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self.vector

    return Given()


class Haystack:
    """DocumentJoiner by reciprocal ranks over the in-memory store's BM25 and embedding retrievers, as one pipeline."""

    def __init__(self, corpus: Corpus):
        os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")  # nothing is sent anywhere
        haystack, memory = import_module("haystack"), import_module("haystack.components.retrievers.in_memory")
        stores = import_module("haystack.document_stores.in_memory")
        joiner = import_module("haystack.components.joiners").DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=_DEPTH)
        store = stores.InMemoryDocumentStore(embedding_similarity_function="cosine")
        rows = zip(corpus.ids, corpus.texts, corpus.vectors, strict=True)
        store.write_documents([haystack.Document(id=key, content=text, embedding=v.tolist()) for key, text, v in rows])
        self._pipeline = haystack.Pipeline()
        self._pipeline.add_component("words", memory.InMemoryBM25Retriever(store, top_k=_DEPTH))
        self._pipeline.add_component("dense", memory.InMemoryEmbeddingRetriever(store, top_k=_DEPTH))
        self._pipeline.add_component("joined", joiner)
        for side in ("words", "dense"):
            self._pipeline.connect(side, "joined")

    def search(self, question: str, vector: Vectors, k: int) -> list[str]:
        inputs = {"words": {"query": question}, "dense": {"query_embedding": vector.tolist()}}
        return [document.id for document in self._pipeline.run(inputs)["joined"]["documents"][:k]]


class Txtai:
    """Embeddings with `hybrid`, everything else as it comes."""

    def __init__(self, corpus: Corpus):
        self._vector: Vectors = np.empty(0, np.float32)
        self._known = dict(zip(corpus.texts, corpus.vectors, strict=True))
        embeddings: Any = import_module("txtai").Embeddings
        transform = lambda texts: self._transform(texts)  # noqa: E731  it calls anything but a plain function once more
        self._index = embeddings(method="external", transform=transform, hybrid=True)
        self._index.index([(key, text, None) for key, text in zip(corpus.ids, corpus.texts, strict=True)])
        self._known = {}

    def _transform(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._known[text] if self._known else self._vector for text in texts])

    def search(self, question: str, vector: Vectors, k: int) -> list[str]:
        self._vector = vector
        return [str(key) for key, _ in self._index.search(question, k)]


Make = Callable[[Corpus], Framework]
FRAMEWORKS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "llamaindex": (LlamaIndex, ("llama_index.retrievers.bm25", "llama_index.vector_stores.faiss")),
    "haystack": (Haystack, ("haystack",)),
    "txtai": (Txtai, ("txtai",)),
}


def installed() -> dict[str, Make]:
    """Those whose packages are there."""
    return {name: make for name, (make, modules) in FRAMEWORKS.items() if all(_is_there(module) for module in modules)}


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False
