"""The BM25 mirror. The only importer of tantivy (k1 = 1.2, b = 0.75, fixed there)."""

from __future__ import annotations

import math
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

Ids = NDArray[np.int64]
_HEAP = 64_000_000  # bytes of the writer's buffer before it flushes a segment
_WORDS, _ID, _ALL = "words", "id", "all"
_TIED = 8  # hits asked for besides, to see whether the last one has equals
_STALE = 0.05  # share of removed passages above which the index is made anew: .2 ms for each that was removed
_FEW = 100  # ids up to which they are looked up one by one
_CODE = re.compile(r"(?<!\S)[a-z]{1,18}\d{1,7}[a-z\d]{0,12}(?!\S)")
_DIGITS = re.compile(r"\d+")
_SHORTEST = 5  # letters of a word that may be a mistyped one: shorter words are too often each other's neighbours
_LONGEST = 30  # letters of a word that may be misspelt: the slips of a longer one are too many to look at


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field(_ID, indexed=True, fast=True)
    builder.add_text_field(_WORDS, tokenizer_name="spaces", index_option="freq")
    builder.add_text_field(_ALL, tokenizer_name="spaces", index_option="basic")  # one word: how many tantivy counts
    return builder.build()


class Lexical:
    """Inverted index over words that are cut already (`rag.text.tokens`). Lives in memory; the ledger is the record.

    Not locked: the mirror that owns it orders searches and changes.
    """

    def __init__(self) -> None:
        self._schema = _schema()
        self._open()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def stale(self) -> bool:
        """Whether so many removed passages still count in tantivy's statistics that a new index would rank otherwise."""
        return self._dead > _STALE * len(self)

    def rebuild(self, words: Iterable[tuple[int, str]]) -> None:
        """The same passages in a new index: what was removed does not count any more."""
        self._open()
        self.apply(words, [])

    def _open(self) -> None:
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer("spaces", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer = self._index.writer(_HEAP, 1)
        self._searcher = self._index.searcher()
        self._known: set[str] = set()  # every long Latin word that was added
        self._codes: defaultdict[str, set[str]] = defaultdict(set)  # every code that was added, by its series
        self._dead = 0  # passages removed since

    def apply(self, added: Iterable[tuple[int, str]], removed: Sequence[int]) -> None:
        """Removes ids, adds (id, words with a space between), and makes both visible to the next search."""
        try:
            if len(removed):
                query = tantivy.Query.term_set_query(self._schema, _ID, [int(key) for key in removed])
                self._writer.delete_documents_by_query(query)
            for key, words in added:
                self._writer.add_document(tantivy.Document(id=int(key), words=words, all=_ALL))
                self._known.update(word for word in words.split(" ") if len(word) >= _SHORTEST - 1 and word.isascii())
                for code in _CODE.findall(words):
                    self._codes[_DIGITS.sub("#", code)].add(code)
            self._writer.commit()
        except BaseException:
            self._writer.rollback()  # or the next commit would bring half of these in, and they come again then
            raise
        self._dead += len(removed)
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(
        self, words: Sequence[str] | Mapping[str, float], k: int, allowed: Ids | None = None
    ) -> tuple[Ids, NDArray[np.float32]]:
        """OR of the words → (ids, BM25 scores), best first, equal ones by id, at most k. `allowed`: among these ids only.

        A mapping gives each word its weight; 1 without.
        """
        if not words or k < 1 or (allowed is not None and len(allowed) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        weights = words if isinstance(words, Mapping) else dict.fromkeys(words, 1.0)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._term(*pair)) for pair in weights.items()])
        if allowed is not None:
            among = tantivy.Query.const_score_query(self._among(allowed.tolist()), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, among)])
        hits = self._best(query, k)
        if not hits:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        ids = np.array(self._searcher.fast_field_values(_ID, [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def _best(self, query: tantivy.Query, k: int) -> list[Any]:
        """The best k, and all that are as good as the last of them: which of those tantivy has first hangs on its segments."""
        limit = k + _TIED
        while True:
            hits: list[Any] = self._searcher.search(query, limit=limit, count=False).hits
            if len(hits) < limit or hits[-1][0] < hits[k - 1][0]:
                return hits
            limit *= 4

    def _among(self, ids: list[int]) -> tantivy.Query:
        """Those ids. A set is an automaton, which must be built: for some dozens that takes four times as long."""
        if len(ids) > _FEW:
            return tantivy.Query.term_set_query(self._schema, _ID, ids)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, _ID, key)) for key in ids]
        )

    def _term(self, word: str, weight: float) -> tantivy.Query:
        """`weight` makes up for removed passages, which tantivy goes on counting."""
        if self._dead and (spread := self.spread(word)):
            counted = int(self._searcher.doc_freq(_ALL, _ALL))
            weight *= _idf(len(self), self._living(word)) / _idf(counted, spread)
        query = tantivy.Query.term_query(self._schema, _WORDS, word, index_option="freq")
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def having(self, words: Sequence[str], k: int, allowed: Ids | None = None) -> list[int]:
        """At most k ids of passages that have all the words. `allowed`: among these ids only."""
        if not words or k < 1 or (allowed is not None and len(allowed) == 0):
            return []
        parts = [(tantivy.Occur.Must, self._term(word, 1.0)) for word in words]
        if allowed is not None:
            parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(self._among(allowed.tolist()), 0.0)))
        hits = self._searcher.search(tantivy.Query.boolean_query(parts), limit=k, count=False).hits
        return list(map(int, self._searcher.fast_field_values(_ID, [address for _, address in hits]))) if hits else []

    def codes(self, series: str) -> AbstractSet[str]:
        """Codes of a series (`e#` for E1021, E1022), without separators, in small letters; some may be gone by now."""
        return self._codes.get(series, frozenset())

    def respelled(self, word: str, allowed: Ids | None = None) -> str | None:
        """For a Latin word that no passage has: the most frequent word that one slip of the keys turns into it, if any.

        A slip is a letter missing, too many, wrong, or two in wrong order, not the first one. `allowed`: ids that the caller
        may see; words of others are no help, and the question's own word in one of them no hindrance.
        """
        if not (_SHORTEST <= len(word) <= _LONGEST and word.isascii() and word.isalpha()) or self._seen(word, allowed):
            return None
        near = {other for other in _slips(word) if other in self._known and self._seen(other, allowed)}
        return max(sorted(near), key=lambda other: self._searcher.doc_freq(_WORDS, other)) if near else None

    def _seen(self, word: str, allowed: Ids | None) -> bool:
        if not self._searcher.doc_freq(_WORDS, word):
            return False
        return allowed is None or bool(self.having([word], 1, allowed))

    def spread(self, word: str) -> int:
        """How many passages have the word; it may count some that were removed just now."""
        return int(self._searcher.doc_freq(_WORDS, word))

    def _living(self, word: str) -> int:
        """How many passages have the word, exactly."""
        query = tantivy.Query.term_query(self._schema, _WORDS, word, index_option="freq")
        return int(self._searcher.search(query, limit=1, count=True).count or 0)

    def idf(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Robertson–Spärck Jones inverse document frequency of each word, as in BM25: ln(1 + (N − n + ½) / (n + ½))."""
        count = self._living if self._dead else self.spread
        return np.array([_idf(len(self), min(count(word), len(self))) for word in words], np.float32)


def _idf(total: int, spread: int) -> float:
    return math.log(1 + (max(total, 1) - spread + 0.5) / (spread + 0.5))


def _slips(word: str) -> Iterator[str]:
    """All strings at one edit from the word (Damerau), the first letter kept."""
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in string.ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in string.ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
