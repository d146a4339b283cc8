"""What a user would take instead of our index, each behind the same few methods. Installed by the extra `bench`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.index.vectors import LiveIndex
from rag.ports import Vectors

Ids = NDArray[np.int64]


class Engine(Protocol):
    """A store under measurement. ids (n,), vectors (n, dim) unit float32; `search` gives ids, best first."""

    def add(self, ids: Ids, vectors: Vectors) -> None: ...

    def remove(self, ids: Ids) -> None: ...

    def search(self, query: Vectors, k: int) -> list[int]: ...

    def close(self) -> None: ...


class Ours:
    """The index of a serving process: trained in the background once it is large."""

    def __init__(self, folder: Path, dim: int):
        self.index = LiveIndex(dim)
        self.remove = self.index.remove
        self.close = self.index.close

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self.index.add(ids, vectors)

    def search(self, query: Vectors, k: int) -> list[int]:
        ids: list[int] = self.index.search(query, k)[0].tolist()
        return ids


class FaissFlat:
    """An exact scan, one thread."""

    def __init__(self, folder: Path, dim: int):
        import faiss

        faiss.omp_set_num_threads(1)
        self._index, self._selector = faiss.IndexIDMap2(faiss.IndexFlatIP(dim)), faiss.IDSelectorArray

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._index.add_with_ids(vectors, ids)

    def remove(self, ids: Ids) -> None:
        self._index.remove_ids(self._selector(ids))

    def search(self, query: Vectors, k: int) -> list[int]:
        ids: list[int] = self._index.search(query[None], k)[1][0].tolist()
        return ids

    def close(self) -> None:
        self._index.reset()


class Chroma:
    """Its persistent client with its defaults, cosine."""

    def __init__(self, folder: Path, dim: int):
        chromadb: Any = import_module("chromadb")
        self._client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        self._rows = self._client.create_collection("bench", configuration={"hnsw": {"space": "cosine"}})

    def add(self, ids: Ids, vectors: Vectors) -> None:
        for at in range(0, len(ids), 5_000):
            self._rows.add(ids=[str(key) for key in ids[at : at + 5_000]], embeddings=vectors[at : at + 5_000])

    def remove(self, ids: Ids) -> None:
        self._rows.delete(ids=[str(key) for key in ids])

    def search(self, query: Vectors, k: int) -> list[int]:
        return [int(key) for key in self._rows.query(query_embeddings=query[None], n_results=k, include=[])["ids"][0]]

    def close(self) -> None:
        self._client.delete_collection("bench")


class SqliteVec:
    """A vec0 table on disk, WAL; through apsw, as many Pythons come without loadable extensions."""

    def __init__(self, folder: Path, dim: int):
        apsw: Any = import_module("apsw")
        folder.mkdir()
        self._db = apsw.Connection(str(folder / "vectors.db"))
        self._db.enable_load_extension(True)
        self._db.load_extension(import_module("sqlite_vec").loadable_path())
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"CREATE VIRTUAL TABLE v USING vec0(id INTEGER PRIMARY KEY, e float[{dim}] distance_metric=cosine)")

    def add(self, ids: Ids, vectors: Vectors) -> None:
        with self._db:
            self._db.executemany("INSERT INTO v VALUES (?, ?)", zip(ids.tolist(), (v.tobytes() for v in vectors), strict=True))

    def remove(self, ids: Ids) -> None:
        with self._db:
            self._db.executemany("DELETE FROM v WHERE id = ?", ((key,) for key in ids.tolist()))

    def search(self, query: Vectors, k: int) -> list[int]:
        return [row[0] for row in self._db.execute("SELECT id FROM v WHERE e MATCH ? AND k = ?", (query.tobytes(), k))]

    def close(self) -> None:
        self._db.close()


class QdrantLocal:
    """The client's local mode, in memory."""

    def __init__(self, folder: Path, dim: int):
        qdrant: Any = import_module("qdrant_client")
        models = self._models = qdrant.models
        self._client = qdrant.QdrantClient(":memory:")
        self._client.create_collection("bench", models.VectorParams(size=dim, distance=models.Distance.COSINE))

    def add(self, ids: Ids, vectors: Vectors) -> None:
        for at in range(0, len(ids), 5_000):
            batch = self._models.Batch(ids=ids[at : at + 5_000].tolist(), vectors=vectors[at : at + 5_000].tolist())
            self._client.upsert("bench", batch)

    def remove(self, ids: Ids) -> None:
        self._client.delete("bench", self._models.PointIdsList(points=ids.tolist()))

    def search(self, query: Vectors, k: int) -> list[int]:
        return [int(point.id) for point in self._client.query_points("bench", query, limit=k).points]

    def close(self) -> None:
        self._client.close()


class LlamaSimple:
    """LlamaIndex's SimpleVectorStore, its default; each node a document of its own."""

    def __init__(self, folder: Path, dim: int):
        from llama_index.core.schema import TextNode
        from llama_index.core.vector_stores import SimpleVectorStore, VectorStoreQuery

        self._node, self._query, self._store = TextNode, VectorStoreQuery, SimpleVectorStore()

    def add(self, ids: Ids, vectors: Vectors) -> None:
        rows = zip(ids.tolist(), vectors.tolist(), strict=True)
        self._store.add([self._node(id_=str(key), text="", embedding=vector) for key, vector in rows])

    def remove(self, ids: Ids) -> None:
        self._store.delete_nodes([str(key) for key in ids])

    def search(self, query: Vectors, k: int) -> list[int]:
        ids = self._store.query(self._query(query_embedding=query.tolist(), similarity_top_k=k)).ids
        return [int(key) for key in ids]

    def close(self) -> None:
        self._store.clear()


Make = Callable[[Path, int], Engine]
ALWAYS: dict[str, Make] = {"xiansou": Ours, "faiss flat": FaissFlat}
PEERS: dict[str, Make] = {
    "chroma": Chroma,
    "sqlite-vec": SqliteVec,
    "qdrant local": QdrantLocal,
    "llamaindex simple": LlamaSimple,
}
_MODULES = {
    "chroma": "chromadb",
    "sqlite-vec": "sqlite_vec",
    "qdrant local": "qdrant_client",
    "llamaindex simple": "llama_index",
}


def installed() -> dict[str, Make]:
    """Those peers whose package is there."""
    return {name: make for name, make in PEERS.items() if find_spec(_MODULES[name])}
