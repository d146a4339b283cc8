"""LlamaIndex's IngestionPipeline over the same folder with the same embedder: what a nightly run costs there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from rag.ports import Embedder
from rag.sentences import split_sentences


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
                made: list[list[float]] = embedder.embed_passages(texts).tolist()
                return made

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


def _sentences(text: str) -> list[str]:
    """Pieces that make up the text, each ending with a sentence."""
    ends = [end for _, end in split_sentences(text)]
    return [text[a:b] for a, b in pairwise([0, *ends[:-1], len(text)])]
