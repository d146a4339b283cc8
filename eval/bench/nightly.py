"""A nightly run over a folder of which 2 % were edited, beside LlamaIndex's IngestionPipeline over the same folder.

Theirs runs twice: with our embedder, so that only the pipelines differ, and with `SentenceTransformer.encode` over ONNX int8,
as its users have it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from eval.bench.encode import PlainEncoder
from eval.bench.folder import application_over, document, fill, ingested
from rag.ports import Embedder, Vectors
from rag.settings import Settings
from rag.text.sentences import split_sentences

Encode = Callable[[Sequence[str]], Vectors]
_SECTIONS = 50
_EDITED = 0.02


def nightly(
    folder: Path, model: Embedder, settings: Settings, documents: int, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """All have the folder; then one section in 2 % of its documents is edited, and each runs again. Several nights."""
    docs, count = folder / "docs", max(1, round(documents * _EDITED))
    fill(docs, documents, _SECTIONS)
    known, bare = Recalling(model), Recalling(model, PlainEncoder.of(settings).encode)
    theirs = {"llamaindex": LlamaNightly(known), "llamaindex_plain": LlamaNightly(bare)}
    took: dict[str, list[float]] = {name: [] for name in ("xiansou", *theirs)}
    embedded: list[int] = []
    with application_over(folder / "data", known) as application:
        say("nightly: the first runs")
        ingested(docs, application)
        for pipeline in theirs.values():
            pipeline.run(docs)
        known.forget()
        bare.forget()
        for night in range(rounds):
            _edit(docs, documents, count, night)
            for name in (*took,) if night % 2 else reversed((*took,)):
                before, began = known.calls, time.perf_counter()
                if name == "xiansou":
                    summary = ingested(docs, application)
                    assert (summary.updated, summary.failed) == (count, []), summary
                    embedded.append(known.calls - before)
                else:
                    theirs[name].run(docs)
                took[name].append(time.perf_counter() - began)
    return {
        "documents": documents,
        "sections_a_document": _SECTIONS,
        "edited": count,
        "seconds": round(median(took["xiansou"]), 3),
        "llamaindex_seconds": round(median(took["llamaindex"]), 3),
        "llamaindex_plain_seconds": round(median(took["llamaindex_plain"]), 3),
        "ratio": _ratio(took["llamaindex"], took["xiansou"]),
        "ratio_plain": _ratio(took["llamaindex_plain"], took["xiansou"]),
        "target": 20,
        "embedded_a_edited_document": round(max(embedded) / count, 2),
        "embedded_target": 2,
    }


def _edit(docs: Path, documents: int, count: int, night: int) -> None:
    for number in range(count):
        at = (night * count + number) % documents
        text = document(at, _SECTIONS, changed=(7 * night + 3) % _SECTIONS)
        (docs / f"{at}.md").write_text(f"{text}\n\nEdited in night {night}.", encoding="utf-8")


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return round(median(b / a for a, b in zip(ours, theirs, strict=True)), 1)


class LlamaNightly:
    """Their documented set-up for repeated runs: a docstore with UPSERTS, ids by file name, an embedding cache, a vector
    store. 256 tokens a chunk, as ours."""

    def __init__(self, embedder: Embedder):
        from llama_index.core import SimpleDirectoryReader
        from llama_index.core.embeddings import BaseEmbedding
        from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.storage.docstore import SimpleDocumentStore
        from llama_index.core.vector_stores import SimpleVectorStore

        class Ours(BaseEmbedding):  # type: ignore[misc]
            """The same model on the same threads."""

            def _get_query_embedding(self, query: str) -> list[float]:
                return list(map(float, embedder.embed_queries([query])[0]))

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self._get_query_embedding(query)

            def _get_text_embedding(self, text: str) -> list[float]:
                return self._get_text_embeddings([text])[0]

            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                vectors: list[list[float]] = embedder.embed_passages(texts).tolist()
                return vectors

        self._reader: Any = SimpleDirectoryReader
        splitter = SentenceSplitter(
            chunk_size=256,
            chunk_overlap=0,
            tokenizer=lambda text: [0] * embedder.count_tokens([text])[0],
            # Theirs reads NLTK data, which NLTK refuses where the installer has linked the files instead of copying them.
            chunking_tokenizer_fn=_sentences,
        )
        self._pipeline = IngestionPipeline(
            transformations=[splitter, Ours(embed_batch_size=128)],
            docstore=SimpleDocumentStore(),
            docstore_strategy=DocstoreStrategy.UPSERTS,
            vector_store=SimpleVectorStore(),
        )

    def run(self, folder: Path) -> int:
        """One nightly run; returns how many nodes were made."""
        documents = self._reader(str(folder), filename_as_id=True).load_data()
        nodes: Sequence[Any] = self._pipeline.run(documents=documents, show_progress=False)
        return len(nodes)


class Recalling:
    """The embedder, except that the first runs, which are not measured, get made-up vectors: they would take minutes.

    `encode`: what embeds passages instead of the model.
    """

    def __init__(self, model: Embedder, encode: Encode | None = None):
        self._model, self._encode, self._real = model, encode or model.embed_passages, False
        self.calls = 0

    def forget(self) -> None:
        self._real = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def embed_passages(self, texts: Sequence[str]) -> Any:
        self.calls += len(texts)
        return self._encode(texts) if self._real else self._invented(texts)

    def embed_with_tokens(self, texts: Sequence[str]) -> Any:
        self.calls += len(texts)
        return self._model.embed_with_tokens(texts) if self._real else (self._invented(texts), [])

    def _invented(self, texts: Sequence[str]) -> Any:
        rows = np.random.default_rng(len(texts)).standard_normal((len(texts), self._model.dim)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(texts) else rows


def _sentences(text: str) -> list[str]:
    """Pieces that make up the text, each ending with a sentence."""
    ends = [end for _, end in split_sentences(text)]
    return [text[a:b] for a, b in pairwise([0, *ends[:-1], len(text)])]
