"""Our live index as a vector store for LlamaIndex: updates and deletes at once, filters inside the search, safe threads.

store = XiansouVectorStore()
index = VectorStoreIndex.from_documents(documents, storage_context=StorageContext.from_defaults(vector_store=store))
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
from numpy.typing import NDArray

from rag.errors import InputError
from rag.index.vectors import LiveIndex
from rag.ports import Vectors
from rag.runtime import atomic_folder
from rag.runtime.rwlock import RWLock

FORMAT = 1
_DOCUMENT_KEYS = ("ref_doc_id", "doc_id", "document_id")  # filters may name a node's document by any of them


class XiansouVectorStore(BasePydanticVectorStore):  # type: ignore[misc]
    """Keeps nodes and their vectors in memory. Similarity is the cosine: higher is better.

    Adding a node whose id is there replaces it. Internal ids only ever rise, so a deleted node cannot come back as another.
    Raises InputError for vectors of another length or of length zero, and for query modes other than the default.
    """

    stores_text: bool = True
    is_embedding_query: bool = True

    _lock: RWLock = PrivateAttr(default_factory=RWLock)
    _index: LiveIndex | None = PrivateAttr(default=None)
    _nodes: dict[int, BaseNode] = PrivateAttr(default_factory=dict)
    _keys: dict[str, int] = PrivateAttr(default_factory=dict)  # by node id
    _documents: dict[str, set[int]] = PrivateAttr(default_factory=dict)  # by ref_doc_id
    _next: int = PrivateAttr(default=0)
    _dim: int = PrivateAttr(default=0)

    @classmethod
    def class_name(cls) -> str:
        return "XiansouVectorStore"

    @property
    def client(self) -> LiveIndex | None:
        """The index; None before the first node."""
        return self._index

    def __len__(self) -> int:
        return len(self._nodes)

    def __bool__(self) -> bool:
        return True  # LlamaIndex asks `vector_store or …`: an empty store is a store all the same

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(self, nodes: Sequence[BaseNode], **add_kwargs: Any) -> list[str]:
        """All of them become visible at once. Returns their ids, in order."""
        if not nodes:
            return []
        last = {node.node_id: node for node in nodes}
        vectors = _unit([node.get_embedding() for node in last.values()])
        kept = [node.model_copy(update={"embedding": None}, deep=True) for node in last.values()]
        with self._lock.writing():
            if self._index is None:
                self._dim, self._index = vectors.shape[1], LiveIndex(vectors.shape[1])
            if vectors.shape[1] != self._dim:
                raise InputError(f"vectors have {vectors.shape[1]} dimensions, the store's {self._dim}.", field="embedding")
            self._drop([self._keys[key] for key in last if key in self._keys])
            keys = np.arange(self._next, self._next + len(kept), dtype=np.int64)
            self._next += len(kept)
            self._hold(keys, kept)
            self._index.add(keys, vectors)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Removes all nodes of a document; an unknown one is no error."""
        with self._lock.writing():
            self._drop(list(self._documents.get(ref_doc_id, ())))

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Removes nodes that have one of the ids and match the filters, whichever of the two is given."""
        if node_ids is None and filters is None:
            raise InputError("neither node ids nor filters were given.", field="node_ids", fix="`clear()` removes all nodes.")
        with self._lock.writing():
            self._drop(self._select(node_ids, None, filters))

    def clear(self) -> None:
        """Removes all nodes. Internal ids go on rising; vectors of another length may follow."""
        with self._lock.writing():
            if self._index is not None:
                self._index.close()
            self._index = None
            self._nodes, self._keys, self._documents = {}, {}, {}

    def _hold(self, keys: NDArray[np.int64], nodes: Iterable[BaseNode]) -> None:
        for key, node in zip(keys.tolist(), nodes, strict=True):
            self._nodes[key] = node
            self._keys[node.node_id] = key
            if node.ref_doc_id is not None:
                self._documents.setdefault(node.ref_doc_id, set()).add(key)

    def _drop(self, keys: Sequence[int]) -> None:
        if not keys or self._index is None:
            return
        self._index.remove(np.array(keys, np.int64))
        for key in keys:
            node = self._nodes.pop(key)
            del self._keys[node.node_id]
            if node.ref_doc_id is not None:
                of_document = self._documents[node.ref_doc_id]
                of_document.discard(key)
                if not of_document:
                    del self._documents[node.ref_doc_id]

    # -- reading -------------------------------------------------------------------------------------------------------

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The most similar nodes that the filters, document ids and node ids permit, best first.

        An empty list of node ids permits all: `VectorStoreIndex.as_retriever` passes one when the store keeps the text. An
        empty list of document ids permits none.
        """
        if query.mode != VectorStoreQueryMode.DEFAULT:
            raise InputError(f"query mode {query.mode.value!r} is not supported.", field="mode", fix="Use the default mode.")
        if query.query_embedding is None:
            raise InputError("the query has no embedding.", field="query_embedding")
        vector = _unit([query.query_embedding])[0]
        node_ids = query.node_ids or None
        free = query.filters is None and query.doc_ids is None and node_ids is None
        with self._lock.reading():
            if self._index is None:
                return VectorStoreQueryResult(nodes=[], similarities=[], ids=[])
            if len(vector) != self._dim:
                raise InputError(f"the query has {len(vector)} dimensions, the store {self._dim}.", field="query_embedding")
            allowed = None if free else np.array(self._select(node_ids, query.doc_ids, query.filters), np.int64)
            keys, scores = self._index.search(vector, query.similarity_top_k, allowed)
            nodes = [self._nodes[key] for key in keys.tolist()]
        copies = [node.model_copy(deep=True) for node in nodes]
        return VectorStoreQueryResult(nodes=copies, similarities=scores.tolist(), ids=[node.node_id for node in copies])

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """Nodes that have one of the ids and match the filters, in the order in which they were added."""
        with self._lock.reading():
            nodes = [self._nodes[key] for key in sorted(self._select(node_ids, None, filters))]
        return [node.model_copy(deep=True) for node in nodes]

    def _select(
        self, node_ids: Sequence[str] | None, doc_ids: Sequence[str] | None, filters: MetadataFilters | None
    ) -> list[int]:
        keys: Iterable[int] = self._nodes
        if node_ids is not None:
            keys = [self._keys[wanted] for wanted in dict.fromkeys(node_ids) if wanted in self._keys]
        if doc_ids is not None:
            of_documents = {key for wanted in doc_ids for key in self._documents.get(wanted, ())}
            keys = [key for key in keys if key in of_documents] if node_ids is not None else of_documents
        if filters is None:
            return list(keys)
        return [key for key in keys if matches(filters, self._nodes[key])]

    # -- on disk -------------------------------------------------------------------------------------------------------

    def persist(self, persist_path: str, fs: Any = None) -> None:
        """Writes the store into the folder `persist_path`. A crash at any moment leaves what stood there before."""
        if fs is not None:
            raise InputError("other file systems than the local one are not supported.", field="fs")
        with self._lock.reading():
            keys = np.array(list(self._nodes), np.int64)
            vectors = np.empty((0, self._dim), np.float32) if self._index is None else self._index.vectors(keys)
            nodes, following = list(self._nodes.values()), self._next
        lines = b"\n".join(orjson.dumps(_packed(node)) for node in nodes)
        parts = {"keys": _bytes(keys), "vectors": _bytes(vectors), "nodes": lines}
        atomic_folder.write(Path(persist_path), {"format": FORMAT, "next": following}, parts)

    @classmethod
    def from_persist_path(cls, persist_path: str, fs: Any = None) -> XiansouVectorStore:
        """Raises InputError when there is no store, or when it is damaged."""
        if fs is not None:
            raise InputError("other file systems than the local one are not supported.", field="fs")
        try:
            header, parts = atomic_folder.read(Path(persist_path))
            if header["format"] != FORMAT:
                raise ValueError(f"format {header['format']} is not known")
            keys, vectors = (np.load(io.BytesIO(parts[name]), allow_pickle=False) for name in ("keys", "vectors"))
            nodes = [metadata_dict_to_node(orjson.loads(line)) for line in parts["nodes"].splitlines()]
        except FileNotFoundError as exc:
            raise InputError(f"there is no store in {persist_path}.", field="persist_path") from exc
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise InputError(
                f"the store in {persist_path} is damaged: {exc}.", field="persist_path", fix="Build it anew."
            ) from exc
        store = cls()
        store._next = header["next"]
        if nodes:
            store._dim, store._index = vectors.shape[1], LiveIndex(vectors.shape[1])
            store._index.add(keys, vectors)
            store._hold(keys, nodes)
        return store


# -- filters -----------------------------------------------------------------------------------------------------------

_OPERATORS: dict[FilterOperator, Callable[[Any, Any], bool]] = {
    FilterOperator.EQ: lambda has, wanted: has == wanted,
    FilterOperator.NE: lambda has, wanted: has != wanted,
    FilterOperator.GT: lambda has, wanted: has > wanted,
    FilterOperator.GTE: lambda has, wanted: has >= wanted,
    FilterOperator.LT: lambda has, wanted: has < wanted,
    FilterOperator.LTE: lambda has, wanted: has <= wanted,
    FilterOperator.IN: lambda has, wanted: has in _several(wanted),
    FilterOperator.NIN: lambda has, wanted: has not in _several(wanted),
    FilterOperator.CONTAINS: lambda has, wanted: wanted in has,
    FilterOperator.ANY: lambda has, wanted: any(value in has for value in _several(wanted)),
    FilterOperator.ALL: lambda has, wanted: all(value in has for value in _several(wanted)),
    FilterOperator.TEXT_MATCH: lambda has, wanted: wanted in has,
    FilterOperator.TEXT_MATCH_INSENSITIVE: lambda has, wanted: wanted.lower() in has.lower(),
}


def _several(wanted: Any) -> Any:
    """What an operator on a list was given: one value alone is a list of it, not a text that others may be part of."""
    return wanted if isinstance(wanted, list | tuple | set) else [wanted]


def matches(filters: MetadataFilters, node: BaseNode) -> bool:
    """AND, OR and NOT (none of them), nested to any depth; no filters match everything."""
    results = (matches(one, node) if isinstance(one, MetadataFilters) else _holds(one, node) for one in filters.filters)
    if not filters.filters:
        return True
    if filters.condition == FilterCondition.OR:
        return any(results)
    if filters.condition == FilterCondition.NOT:
        return not any(results)
    return all(results)


def _holds(one: MetadataFilter, node: BaseNode) -> bool:
    """A missing value differs from all values and equals none; values that cannot be compared don't match."""
    has = node.metadata.get(one.key)
    if has is None and one.key in _DOCUMENT_KEYS:
        has = node.ref_doc_id
    if one.operator == FilterOperator.IS_EMPTY:
        return has is None or has in ("", [])
    if has is None:
        return one.operator in (FilterOperator.NE, FilterOperator.NIN)
    with suppress(TypeError, AttributeError):
        return _OPERATORS[one.operator](has, one.value)
    return False


# -- helpers -----------------------------------------------------------------------------------------------------------


def _unit(rows: Sequence[Sequence[float]]) -> Vectors:
    """Float32 rows of L2 norm 1. Raises InputError for rows of different lengths, of zeros, or that are not finite."""
    if len({len(row) for row in rows}) != 1:
        raise InputError("the vectors have different numbers of dimensions.", field="embedding")
    vectors = np.asarray(rows, np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or not norms.all():
        raise InputError("a vector is zero or not finite: it has no direction.", field="embedding")
    return np.asarray(vectors / norms, np.float32)


def _packed(node: BaseNode) -> dict[str, Any]:
    metadata = node_to_metadata_dict(node)
    return {"_node_type": metadata["_node_type"], "_node_content": metadata["_node_content"]}


def _bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
