"""The BM25 mirror. The only importer of tantivy (k1 = 1.2, b = 0.75, fixed there)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import tantivy
from numpy.typing import NDArray

Ids = NDArray[np.int64]
_HEAP = 64_000_000  # bytes of the writer's buffer before it flushes a segment
_WORDS, _ID = "words", "id"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field(_ID, indexed=True, fast=True)
    builder.add_text_field(_WORDS, tokenizer_name="spaces", index_option="freq")
    return builder.build()


class Lexical:
    """Inverted index over words that are cut already (`rag.library.tokens`). Lives in memory; the ledger is the record.

    Not locked: the mirror that owns it orders searches and changes.
    """

    def __init__(self) -> None:
        self._schema = _schema()
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer("spaces", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer = self._index.writer(_HEAP, 1)
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def apply(self, added: Iterable[tuple[int, str]], removed: Sequence[int]) -> None:
        """Removes ids, adds (id, words with a space between), and makes both visible to the next search."""
        if len(removed):
            query = tantivy.Query.term_set_query(self._schema, _ID, [int(key) for key in removed])
            self._writer.delete_documents_by_query(query)
        for key, words in added:
            self._writer.add_document(tantivy.Document(id=int(key), words=words))
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, words: Sequence[str], k: int, allowed: Ids | None = None) -> tuple[Ids, NDArray[np.float32]]:
        """OR of the words → (ids, BM25 scores), best first, at most k. `allowed`: search among these ids only."""
        if not words or k < 1 or (allowed is not None and len(allowed) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        should = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, _WORDS, word, index_option="freq"))
            for word in dict.fromkeys(words)
        ]
        query = tantivy.Query.boolean_query(should)
        if allowed is not None:
            among = tantivy.Query.term_set_query(self._schema, _ID, allowed.tolist())
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
            )
        hits = self._searcher.search(query, limit=k, count=False).hits
        if not hits:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        ids = self._searcher.fast_field_values(_ID, [address for _, address in hits])
        return np.array(ids, np.int64), np.array([score for score, _ in hits], np.float32)

    def idf(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Robertson–Spärck Jones inverse document frequency of each word, as in BM25: ln(1 + (N − n + ½) / (n + ½))."""
        total = max(len(self), 1)
        counts = (min(self._searcher.doc_freq(_WORDS, word), total) for word in words)
        return np.array([math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in counts], np.float32)
