"""LlamaIndex's PGVectorStore over the same rows, to be measured beside ours."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bench.data import DIM
from eval.bench.index import K, Say
from eval.bench.record import Texts
from rag.ports import Vectors
from rag.record.server import driven

Ask = Callable[[Vectors], list[int]]


class PgVectorStore:
    """PGVectorStore with a graph; nodes have the passage's id, text and a field `public`."""

    def __init__(self, url: str, rows: Vectors, ids: NDArray[np.int64], public: NDArray[np.bool_], say: Say):
        store = import_module("llama_index.vector_stores.postgres").PGVectorStore
        schema = import_module("llama_index.core.schema")
        self._types = import_module("llama_index.core.vector_stores.types")
        place = driven(url).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
        settings: dict[str, Any] = {"connection_string": place, "async_connection_string": place.replace("psycopg2", "asyncpg")}
        settings |= {"table_name": "theirs", "embed_dim": DIM}
        bare = store.from_params(**settings)
        words = Texts()
        for at in range(0, len(rows), 2_000):
            if at % 10_000 == 0:
                say(f"{len(rows):,}: filling PGVectorStore, {at:,}")
            part = range(at, min(at + 2_000, len(rows)))
            chunks = words.document("x", rows[at : at + 2_000]).chunks
            bare.add(
                [
                    schema.TextNode(
                        id_=str(ids[one]),
                        text=chunk.text,
                        embedding=rows[one].tolist(),
                        metadata={"public": "yes" if public[one] else "no"},
                    )
                    for one, chunk in zip(part, chunks, strict=True)
                ]
            )
        say(f"{len(rows):,}: building PGVectorStore's graph")
        graph = {"hnsw_m": 16, "hnsw_ef_construction": 64, "hnsw_ef_search": 40, "hnsw_dist_method": "vector_cosine_ops"}
        self._store = store.from_params(**settings, hnsw_kwargs=graph)
        self.effort = 40

    def asking(self, filtered: bool, effort: int) -> Ask:
        filters = None
        if filtered:
            filters = self._types.MetadataFilters(filters=[self._types.MetadataFilter(key="public", value="yes")])

        def ask(query: Vectors) -> list[int]:
            store_query = self._types.VectorStoreQuery(query_embedding=query.tolist(), similarity_top_k=K, filters=filters)
            return [int(key) for key in self._store.query(store_query, hnsw_ef_search=effort).ids]

        return ask
