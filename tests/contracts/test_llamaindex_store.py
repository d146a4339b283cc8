"""Our vector store under LlamaIndex, with the defects of its FAISS stores and pipeline as regression cases."""

from __future__ import annotations

import threading

import pytest
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import TokenTextSplitter
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

from rag.errors import InputError
from rag.fakes import HashEmbedder
from rag.index.llamaindex import XiansouVectorStore

EMBEDDER = HashEmbedder(64)
SPLIT = [TokenTextSplitter(chunk_size=60, chunk_overlap=0)]


class Words(BaseEmbedding):
    """rag.fakes.HashEmbedder as LlamaIndex wants it."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return EMBEDDER.embed_queries([query])[0].tolist()

    def _get_text_embedding(self, text: str) -> list[float]:
        return EMBEDDER.embed_passages([text])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def vector(text: str) -> list[float]:
    return EMBEDDER.embed_passages([text])[0].tolist()


def node(key: str, text: str, document: str | None = None, **metadata: object) -> TextNode:
    made = TextNode(id_=key, text=text, metadata=metadata, embedding=vector(text))
    if document:
        made.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document)
    return made


def ids(store: XiansouVectorStore, text: str, k: int = 10, **told: object) -> list[str]:
    return store.query(VectorStoreQuery(query_embedding=vector(text), similarity_top_k=k, **told)).ids


def test_an_id_is_not_reused_after_a_delete():
    """FaissMapVectorStore: add n0 n1 n2, delete n0, add n3 → the query for n2's vector returns n3."""
    store = XiansouVectorStore()
    assert store.add([node("n0", "red apple"), node("n1", "green pear"), node("n2", "blue plum")]) == ["n0", "n1", "n2"]
    store.delete_nodes(["n0"])
    store.add([node("n3", "black cherry")])
    assert ids(store, "blue plum", 1) == ["n2"]
    assert ids(store, "black cherry", 1) == ["n3"]
    store.delete_nodes(["n3"])
    assert ids(store, "blue plum", 1) == ["n2"]
    assert "n3" not in ids(store, "black cherry")


def test_delete_by_document_removes_all_its_nodes_and_no_other():
    """FaissMapVectorStore looks the document's id up among node ids and removes nothing."""
    store = XiansouVectorStore()
    store.add([node(f"a{n}", f"apple {n}", "doc-a") for n in range(5)] + [node("b", "apple pie", "doc-b")])
    store.delete("doc-a")
    store.delete("unknown")
    assert ids(store, "apple 3") == ["b"]
    assert len(store) == 1


def test_a_node_added_twice_is_replaced():
    store = XiansouVectorStore()
    store.add([node("n", "old words", "doc-a"), node("n", "older words", "doc-a")])
    store.add([node("n", "new text", "doc-b")])
    result = store.query(VectorStoreQuery(query_embedding=vector("new text"), similarity_top_k=5))
    assert result.ids == ["n"]
    assert result.similarities == pytest.approx([1.0], abs=1e-5)
    assert result.nodes[0].get_content() == "new text"
    store.delete("doc-a")
    assert len(store) == 1


def test_similarity_is_the_cosine_whatever_the_length():
    store = XiansouVectorStore()
    long = node("long", "red apple")
    long.embedding = [9 * x for x in long.embedding]
    store.add([long, node("far", "something else")])
    found = store.query(VectorStoreQuery(query_embedding=[3 * x for x in vector("red apple")], similarity_top_k=2))
    assert found.ids[0] == "long"
    assert found.similarities[0] == pytest.approx(1.0, abs=1e-5)
    assert found.similarities[0] > found.similarities[1]


EQ, NE, GT, LT = FilterOperator.EQ, FilterOperator.NE, FilterOperator.GT, FilterOperator.LT
IN, NIN, CONTAINS = FilterOperator.IN, FilterOperator.NIN, FilterOperator.CONTAINS


@pytest.mark.parametrize(
    ("key", "operator", "value", "expected"),
    [
        ("lang", EQ, "zh", "a c"),
        ("lang", NE, "zh", "b d"),
        ("year", GT, 2020, "b c"),
        ("year", LT, 2021, "a"),
        ("year", GT, "2020", ""),  # cannot be compared
        ("lang", IN, ["en", "zh"], "a b c"),
        ("lang", NIN, ["en"], "a c d"),
        ("tags", CONTAINS, "x", "a b"),
        ("doc_id", EQ, "doc-b", "b"),
        ("year", FilterOperator.IS_EMPTY, None, "d"),
    ],
)
def test_filters(key, operator, value, expected):
    store = XiansouVectorStore()
    store.add(_four())
    filters = MetadataFilters(filters=[MetadataFilter(key=key, operator=operator, value=value)])
    assert sorted(ids(store, "fruit", filters=filters)) == expected.split()
    assert [found.node_id for found in store.get_nodes(filters=filters)] == expected.split()


def _four() -> list[TextNode]:
    return [
        node("a", "fruit one", "doc-a", lang="zh", year=2020, tags=["x"]),
        node("b", "fruit two", "doc-b", lang="en", year=2021, tags=["x", "y"]),
        node("c", "fruit three", "doc-c", lang="zh", year=2022, tags=["y"]),
        node("d", "fruit four", "doc-d"),
    ]


def test_nested_conditions_and_ids_restrict_the_search_itself():
    store = XiansouVectorStore()
    store.add(_four() + [node(f"noise{n}", "fruit", lang="noise") for n in range(200)])

    def one(key: str, value: object, operator: FilterOperator = EQ) -> MetadataFilter:
        return MetadataFilter(key=key, value=value, operator=operator)

    chinese_or_2021 = MetadataFilters(filters=[one("lang", "zh"), one("year", 2021)], condition=FilterCondition.OR)
    nested = MetadataFilters(
        filters=[chinese_or_2021, MetadataFilters(filters=[one("year", 2022)], condition=FilterCondition.NOT)]
    )
    assert sorted(ids(store, "fruit", 3, filters=nested)) == ["a", "b"]
    assert sorted(ids(store, "fruit", 2, doc_ids=["doc-c", "doc-d", "doc-x"])) == ["c", "d"]
    assert ids(store, "fruit", 3, node_ids=["d", "gone"]) == ["d"]
    assert ids(store, "fruit", 3, node_ids=["c", "d"], doc_ids=["doc-c"]) == ["c"]
    assert ids(store, "fruit", 3, doc_ids=[]) == []
    assert len(ids(store, "fruit", 3, node_ids=[])) == 3  # what `as_retriever` passes
    store.delete_nodes(filters=MetadataFilters(filters=[one("lang", "noise")]))
    assert len(store) == 4


def test_what_a_caller_does_to_a_node_stays_with_the_caller():
    store = XiansouVectorStore()
    given = node("a", "fruit", lang="zh")
    store.add([given])
    given.metadata["lang"] = "en"
    store.query(VectorStoreQuery(query_embedding=vector("fruit"))).nodes[0].metadata["lang"] = "en"
    assert store.get_nodes(["a"])[0].metadata == {"lang": "zh"}


def test_errors_name_the_field():
    store = XiansouVectorStore()
    assert ids(store, "empty store") == []
    store.add([node("a", "fruit")])
    for wrong in ([1.0, 2.0], [0.0] * 64, [float("nan")] * 64):
        with pytest.raises(InputError) as told:
            store.add([TextNode(id_="b", text="b", embedding=wrong)])
        assert told.value.field == "embedding"
    with pytest.raises(InputError):
        store.query(VectorStoreQuery(query_embedding=vector("x"), mode=VectorStoreQueryMode.SPARSE))
    with pytest.raises(InputError, match="clear"):
        store.delete_nodes()
    assert len(store) == 1


def test_persist_and_load(tmp_path):
    store = XiansouVectorStore()
    store.add(_four())
    store.delete_nodes(["d"])
    place = tmp_path / "deep" / "store"
    store.persist(str(place))
    store.add([node("e", "late fruit")])
    store.persist(str(place))  # over the first: nothing of it is left
    assert len(list(place.iterdir())) == 4
    loaded = XiansouVectorStore.from_persist_path(str(place))
    assert ids(loaded, "fruit two", 4) == ids(store, "fruit two", 4)
    assert loaded.get_nodes(["b"]) == store.get_nodes(["b"])
    loaded.add([node("f", "new fruit")])  # no internal id is used twice, also not after a restart
    assert ids(loaded, "new fruit", 1) == ["f"]
    assert max(loaded._keys.values()) == 5
    loaded.clear()
    loaded.persist(str(place))
    assert len(XiansouVectorStore.from_persist_path(str(place))) == 0


def test_a_damaged_store_is_refused(tmp_path):
    store = XiansouVectorStore()
    store.add(_four())
    for part in ("manifest", "vectors", "nodes", "keys"):
        place = tmp_path / part
        store.persist(str(place))
        file = next(place.glob(f"{part}*"))
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        with pytest.raises(InputError, match="damaged"):
            XiansouVectorStore.from_persist_path(str(place))
        file.write_bytes(b"")
        with pytest.raises(InputError, match="damaged"):
            XiansouVectorStore.from_persist_path(str(place))
    with pytest.raises(InputError, match="no store"):
        XiansouVectorStore.from_persist_path(str(tmp_path / "nothing"))


def test_an_interrupted_persist_leaves_the_former(tmp_path, monkeypatch):
    store = XiansouVectorStore()
    store.add([node("a", "fruit")])
    store.persist(str(tmp_path))
    store.add([node("b", "more fruit")])

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.persist(str(tmp_path))
    assert len(XiansouVectorStore.from_persist_path(str(tmp_path))) == 1


def test_a_vector_store_index_updates_and_deletes_documents():
    store = XiansouVectorStore()
    context = StorageContext.from_defaults(vector_store=store)
    docs = [Document(text=f"The code of item{n} is {n}{n}{n}.", id_=f"doc{n}") for n in range(9)]
    index = VectorStoreIndex.from_documents(docs, storage_context=context, embed_model=Words(), transformations=SPLIT)
    assert index.as_retriever(similarity_top_k=1).retrieve("code item4")[0].node.ref_doc_id == "doc4"
    index.update_ref_doc(Document(text="The code of item4 is brand-new.", id_="doc4"))
    index.delete_ref_doc("doc5")
    texts = [found.get_content() for found in index.as_retriever(similarity_top_k=20).retrieve("code item4")]
    assert "brand-new" in texts[0]
    assert len(texts) == 8
    assert not any("444" in text or "555" in text for text in texts)
    filters = MetadataFilters(filters=[MetadataFilter(key="ref_doc_id", value="doc7")])
    only = index.as_retriever(similarity_top_k=5, filters=filters).retrieve("code item4")
    assert [found.node.ref_doc_id for found in only] == ["doc7"]


def test_a_pipeline_update_leaves_no_stale_vectors():
    """FaissMapVectorStore keeps the old vectors; FaissVectorStore raises."""
    store = XiansouVectorStore()
    pipeline = IngestionPipeline(
        transformations=[*SPLIT, Words()],
        docstore=SimpleDocumentStore(),
        vector_store=store,
        docstore_strategy=DocstoreStrategy.UPSERTS,
    )
    long = " ".join(f"Sentence {n} is about pears and their colour." for n in range(30))
    pipeline.run(documents=[Document(text=long, id_="doc1"), Document(text="Apples are red.", id_="doc2")])
    assert len(store) > 5
    pipeline.run(documents=[Document(text="Now it is about plums.", id_="doc1"), Document(text="Apples are red.", id_="doc2")])
    assert sorted(found.get_content() for found in store.get_nodes()) == ["Apples are red.", "Now it is about plums."]


def test_threads_may_query_add_and_delete_together():
    store = XiansouVectorStore()
    store.add([node("stable", "stable fruit", "stable")])
    stop, faults = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            found = store.query(VectorStoreQuery(query_embedding=vector("stable fruit"), similarity_top_k=3))
            if found.ids[0] != "stable" or len(found.nodes) != len(found.ids):
                faults.append(found.ids)

    def write(name: str) -> None:
        for n in range(60):
            store.add([node(f"{name}-{n}-{m}", f"word{n} other{m}", f"{name}-{n}") for m in range(3)])
            if n % 2:
                store.delete(f"{name}-{n}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(name,)) for name in "xyz"]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []
    assert len(store) == 1 + 3 * 30 * 3
