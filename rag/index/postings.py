"""One inverted index: in memory, where it grows, or mapped from a folder, where it never changes. The only importer of tantivy
(k1 = 1.2, b = 0.75, fixed there).

A mapped index is only read: tantivy waits for the disk a dozen times a commit (176 ms beside 6 in memory, where all was busy)
and opens segments by name again, so what changes after a start goes to an index in memory beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
_HEAP = 64_000_000  # bytes of the writer's buffer before it flushes a segment
_WORDS, _ID, _ALL = "words", "id", "all"
_TIED = 8  # hits asked for besides, to see whether the last one has equals
_FEW = 100  # ids up to which they are looked up one by one
FILLER = "\x00"  # no word of a text: fills passages that only make the mean length what it should be


def _schema(stored: bool) -> tantivy.Schema:
    """`stored`: the words can be read back, so that what is removed later is known to the letter."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field(_ID, indexed=True, fast=True)
    builder.add_text_field(_WORDS, tokenizer_name="spaces", index_option="freq", stored=stored)
    builder.add_text_field(_ALL, tokenizer_name="spaces", index_option="basic")  # one word: how many tantivy counts
    return builder.build()


_SCHEMA = _schema(False)  # queries want one: the fields have the same numbers in both


def _spaces(index: tantivy.Index) -> None:
    index.register_tokenizer("spaces", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())


def term(word: str, weight: float = 1.0) -> tantivy.Query:
    query = tantivy.Query.term_query(_SCHEMA, _WORDS, word, index_option="freq")
    return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)


def among(ids: list[int]) -> tantivy.Query:
    """Those ids. A set is an automaton, which must be built: for some dozens that takes four times as long."""
    if len(ids) > _FEW:
        return tantivy.Query.term_set_query(_SCHEMA, _ID, ids)
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, tantivy.Query.term_query(_SCHEMA, _ID, key)) for key in ids])


class Postings:
    """What both kinds answer."""

    _searcher: Any

    @property
    def counted(self) -> int:
        """Passages in tantivy's statistics, with fillers and those that were removed and not merged away."""
        return int(self._searcher.doc_freq(_ALL, _ALL))

    def spread(self, word: str) -> int:
        """How many of those have the word."""
        return int(self._searcher.doc_freq(_WORDS, word))

    def living(self, word: str) -> int:
        """How many passages have the word that were not removed from this index; a search."""
        return int(self._searcher.search(term(word), limit=1, count=True).count or 0)

    def best(
        self, weights: Mapping[str, float], k: int, allowed: list[int] | None, gone: AbstractSet[int]
    ) -> tuple[Ids, Scores]:
        """The best k without `gone`, in tantivy's order, and all that are as good as the last of them: which of those
        tantivy has first hangs on its segments."""
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term(*pair)) for pair in weights.items()])
        if allowed is not None:
            only = tantivy.Query.const_score_query(among(allowed), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, only)])
        limit = k + _TIED
        while True:
            hits = self._searcher.search(query, limit=limit, count=False).hits
            ids, scores = self._without(hits, gone)
            if len(hits) < limit or (len(ids) >= k and hits[-1][0] < scores[k - 1]):
                return ids, scores
            limit *= 4

    def having(self, words: Sequence[str], k: int, allowed: list[int] | None, gone: AbstractSet[int]) -> list[int]:
        """At most k ids of passages that have all the words."""
        parts = [(tantivy.Occur.Must, term(word)) for word in words]
        if allowed is not None:
            parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(among(allowed), 0.0)))
        limit = k
        while True:
            hits = self._searcher.search(tantivy.Query.boolean_query(parts), limit=limit, count=False).hits
            ids, _ = self._without(hits, gone)
            if len(hits) < limit or len(ids) >= k:
                first: list[int] = ids[:k].tolist()
                return first
            limit *= 4

    def _without(self, hits: list[Any], gone: AbstractSet[int]) -> tuple[Ids, Scores]:
        if not hits:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        ids = np.array(self._searcher.fast_field_values(_ID, [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        if not gone:
            return ids, scores
        stay = np.array([key not in gone for key in ids.tolist()], bool)
        return ids[stay], scores[stay]


class Growing(Postings):
    """In memory. Not locked."""

    def __init__(self) -> None:
        self._index = tantivy.Index(_SCHEMA)
        _spaces(self._index)
        self._writer = self._index.writer(_HEAP, 1)
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        """Passages and fillers that were not removed."""
        return int(self._searcher.num_docs)

    def apply(self, added: Iterable[tuple[int, str]], removed: Sequence[int]) -> None:
        """Removes ids, adds (id, words with a space between; one id may come several times), all or nothing."""
        try:
            if len(removed):
                query = tantivy.Query.term_set_query(_SCHEMA, _ID, [int(key) for key in removed])
                self._writer.delete_documents_by_query(query)
            for key, words in added:
                self._writer.add_document(tantivy.Document(id=int(key), words=words, all=_ALL))
            self._writer.commit()
        except BaseException:
            self._writer.rollback()  # or the next commit would bring half of these in, and they come again then
            raise
        self._index.reload()
        self._searcher = self._index.searcher()


class Mapped(Postings):
    """Of a folder that `write` made. It goes on answering when the folder is removed."""

    def __init__(self, folder: Path):
        """Raises ValueError, OSError: none, one of another version of tantivy, or one that cannot be read."""
        index = tantivy.Index.open(str(folder))
        index.config_reader(reload_policy="Manual")  # or a thread looks at the folder twice a second
        self._searcher = index.searcher()

    def words(self, key: int) -> str | None:
        """Of a passage; None: it has none of that id."""
        hits = self._searcher.search(tantivy.Query.term_query(_SCHEMA, _ID, int(key)), limit=1, count=False).hits
        return str(self._searcher.doc(hits[0][1])[_WORDS][0]) if hits else None


def write(folder: Path, passages: Iterable[tuple[int, str]]) -> None:
    """Makes an index of (id, words) in a folder, which is made. Raises OSError, as for a full disk."""
    folder.mkdir()
    try:
        index = tantivy.Index(_schema(True), path=str(folder))
        _spaces(index)
        writer = index.writer(_HEAP, 1)
        for key, words in passages:
            writer.add_document(tantivy.Document(id=int(key), words=words, all=_ALL))
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as exc:  # what tantivy makes of any error of the disk
        raise OSError(f"the index of words cannot be written: {exc}") from exc
    for own in folder.glob(".*"):  # locks and notes of the writer, who comes no more
        own.unlink()
