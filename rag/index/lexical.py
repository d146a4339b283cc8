"""The BM25 mirror: words of the live passages, ranked."""

from __future__ import annotations

import math
import re
import string
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from rag.index.postings import FILLER, Growing, Ids, Mapped, Postings, write
from rag.text.tokens import stem

_STALE = 0.05  # share of removed passages above which the index is made anew: .2 ms for each that was removed
_DRIFT = 0.05  # by which the mean length of the live passages may differ from that of the mapped ones
_DIGITS_KEPT = 4  # of scores that come from two indexes: equal passages differ in the seventh
_CODE = re.compile(r"(?<!\S)[a-z]{1,18}\d{1,7}[a-z\d]{0,12}(?!\S)")
_DIGITS = re.compile(r"\d+")
_SHORTEST = 5  # letters of a word that may be a mistyped one: shorter words are too often each other's neighbours
_LONGEST = 30  # letters of a word that may be misspelt: the slips of a longer one are too many to look at
_ENDINGS = ("ing", "ed", "er", "ers", "ies", "ment", "ly", "ion", "able")
_VOCABULARY = "vocabulary.json"
_NONE: frozenset[int] = frozenset()


class Lexical:
    """Inverted index over words that are cut already (`rag.text.tokens`); the ledger is the record.

    In memory; after a start from a snapshot the snapshot's index, mapped from the disk, and in memory what came since. Both
    are made to score as one: idf by what lives in both, and each new passage comes with one that makes up for its length
    (`_Fillers`), so that the mean length is the same in both. Not locked: the mirror that owns it orders searches and changes.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._fresh = Growing()
        self._base: _Base | None = None
        self._lengths: dict[int, int] = {}  # words of each passage in `_fresh`; kept beside a base only
        self._tokens = 0  # of all of those
        self._known: set[str] = set()  # every long Latin word that was added
        self._codes: defaultdict[str, set[str]] = defaultdict(set)  # every code that was added, by its series
        self._dead = 0  # passages removed since

    def __len__(self) -> int:
        return len(self._fresh) if self._base is None else len(self._base) + len(self._lengths)

    @property
    def stale(self) -> bool:
        """Whether so many removed passages still count in tantivy's statistics that a new index would rank otherwise."""
        if self._dead > _STALE * len(self):
            return True
        if self._base is None:
            return False
        mean = (self._base.tokens + self._tokens) / max(len(self), 1)
        return bool(abs(mean - self._base.mean) > _DRIFT * self._base.mean)

    def rebuild(self, words: Iterable[tuple[int, str]]) -> None:
        """The same passages in a new index: what was removed does not count any more."""
        self._reset()
        self.apply(words, [])

    def open(self, folder: Path) -> int:
        """Begins with what `save` wrote; returns how many passages that is. Raises ValueError, KeyError, OSError."""
        base = _Base(folder)
        self._reset()
        if len(base):
            self._base = base
            self._known, codes = set(base.known), base.codes
            self._codes.update((series, set(held)) for series, held in codes.items())
        return len(base)

    def apply(self, added: Iterable[tuple[int, str]], removed: Sequence[int]) -> None:
        """Removes ids, adds (id, words with a space between), and makes both visible to the next search."""
        base = self._base
        if base is None:
            self._fresh.apply(self._noted(added), removed)
            self._dead += len(removed)
            return
        here = [key for key in removed if key in self._lengths]
        gone = {key: words for key in removed if key not in self._lengths and (words := base.words(key)) is not None}
        came = list(self._noted(added))
        fillers = [(key, filler) for key, words in came for filler in base.fillers.beside(_length(words))]
        self._fresh.apply([*came, *fillers], here)
        base.remove(gone)
        for key in here:
            self._tokens -= self._lengths.pop(key)
        for key, words in came:
            self._lengths[key] = _length(words)
            self._tokens += self._lengths[key]
        self._dead += len(here) + len(gone)

    def _noted(self, added: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for key, words in added:
            _note(words, self._known, self._codes)
            yield key, words

    def search(
        self, words: Sequence[str] | Mapping[str, float], k: int, allowed: Ids | None = None
    ) -> tuple[Ids, NDArray[np.float32]]:
        """OR of the words → (ids, BM25 scores), best first, equal ones by id, at most k. `allowed`: among these ids only.

        A mapping gives each word its weight; 1 without.
        """
        if not words or k < 1 or (allowed is not None and len(allowed) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        weights = words if isinstance(words, Mapping) else dict.fromkeys(words, 1.0)
        living = {word: self._living(word) for word in weights} if self._adjusted else {}
        results = [
            part.best(self._weighed(part, weights, living), k, only, gone)
            for part, only, gone in self._parts(None if allowed is None else allowed.tolist())
        ]
        if not results:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        ids, scores = (np.concatenate(both) for both in zip(*results, strict=True))
        order = np.lexsort((ids, -(scores if len(results) == 1 else scores.round(_DIGITS_KEPT))))[:k]
        return ids[order], scores[order]

    @property
    def _adjusted(self) -> bool:
        """Whether tantivy's own idf is of other passages than those that live."""
        return bool(self._dead or (self._base is not None and self._lengths))

    def _weighed(self, part: Postings, weights: Mapping[str, float], living: Mapping[str, int]) -> Mapping[str, float]:
        """Weights that make up for removed passages, which tantivy goes on counting, and for those of the other part."""
        if not living:
            return weights
        counted, weighed = part.counted, dict[str, float]()
        for word, weight in weights.items():
            spread = part.spread(word)
            weighed[word] = weight * _idf(len(self), living[word]) / _idf(counted, spread) if spread else weight
        return weighed

    def _parts(self, allowed: list[int] | None) -> Iterator[tuple[Postings, list[int] | None, AbstractSet[int]]]:
        """Indexes to search, the ids among which, and those that are gone (none of them is allowed)."""
        if self._base is None:
            yield self._fresh, allowed, _NONE
            return
        fresh = None if allowed is None else [key for key in allowed if key in self._lengths] if self._lengths else []
        rest = None if allowed is None or fresh is None else allowed if not fresh else list(set(allowed).difference(fresh))
        if rest is None or rest:
            yield self._base, rest, self._base.gone if rest is None else _NONE
        if self._lengths and (fresh is None or fresh):
            yield self._fresh, fresh, _NONE

    def having(self, words: Sequence[str], k: int, allowed: Ids | None = None) -> list[int]:
        """At most k ids of passages that have all the words. `allowed`: among these ids only."""
        if not words or k < 1 or (allowed is not None and len(allowed) == 0):
            return []
        ids: list[int] = []
        for part, only, gone in self._parts(None if allowed is None else allowed.tolist()):
            ids += part.having(words, k - len(ids), only, gone) if len(ids) < k else []
        return ids

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
        forms = {other: None for other in _slips(word)}
        # A slip inside an ending hides the stem: trackng, sharpend.
        ended = (stem(other) for other in forms if other.endswith(_ENDINGS))
        near = {other for other in (*forms, *ended) if other in self._known and self._seen(other, allowed)}
        return max(sorted(near), key=self.spread) if near else None

    def _seen(self, word: str, allowed: Ids | None) -> bool:
        if not self.spread(word):
            return False
        return allowed is None or bool(self.having([word], 1, allowed))

    def spread(self, word: str) -> int:
        """How many passages have the word; it may count some that were removed just now."""
        return self._fresh.spread(word) + (self._base.living(word) if self._base is not None else 0)

    def _living(self, word: str) -> int:
        """How many passages have the word, exactly."""
        fresh = self._fresh.living(word) if self._dead else self._fresh.spread(word)
        return fresh + (self._base.living(word) if self._base is not None else 0)

    def idf(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Robertson–Spärck Jones inverse document frequency of each word, as in BM25: ln(1 + (N − n + ½) / (n + ½))."""
        count = self._living if self._dead else self.spread
        return np.array([_idf(len(self), min(count(word), len(self))) for word in words], np.float32)


class _Base(Mapped):
    """A saved index and what has left it since."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        vocabulary = orjson.loads((folder / _VOCABULARY).read_bytes())
        self.known: list[str] = vocabulary["known"]
        self.codes: dict[str, list[str]] = vocabulary["codes"]
        self.tokens: int = vocabulary["tokens"]  # words of the live passages
        self.mean = self.tokens / max(self.counted, 1)
        self.fillers = _Fillers(self.mean)
        self.gone: set[int] = set()
        self._lost = Counter[str]()  # passages that are gone, by word
        if self.counted != vocabulary["passages"] or not (self.tokens or not self.counted):
            raise ValueError("its index holds other passages than its vocabulary")

    def __len__(self) -> int:
        return self.counted - len(self.gone)

    def living(self, word: str) -> int:
        return self.spread(word) - self._lost[word]

    def words(self, key: int) -> str | None:
        return None if key in self.gone else super().words(key)

    def remove(self, gone: Mapping[int, str]) -> None:
        for words in gone.values():
            self._lost.update(set(words.split()))
            self.tokens -= _length(words)
        self.gone.update(gone)


class _Fillers:
    """Lengths of passages to set beside one, under its id, so that the mean length of them all is `mean`.

    tantivy tells the mean length of an index's passages to nobody, and takes none but its own: three short new passages
    beside a million long ones would be scored as if short were usual.
    """

    def __init__(self, mean: float):
        self._mean, self._owed = mean, 0.0

    def beside(self, length: int) -> Iterator[str]:
        count = max(1, math.ceil(length / self._mean) - 1)
        wanted = self._mean * (1 + count) - length + self._owed
        filled = max(0, round(wanted))
        self._owed = wanted - filled
        yield " ".join([FILLER] * filled)
        yield from [""] * (count - 1)


def save(folder: Path, passages: Iterable[tuple[int, str]]) -> None:
    """Writes an index of (id, words) and its vocabulary into a folder, which is made."""
    known, codes, tokens, total = set[str](), defaultdict[str, set[str]](set), 0, 0

    def noted() -> Iterator[tuple[int, str]]:
        nonlocal tokens, total
        for key, words in passages:
            _note(words, known, codes)
            tokens, total = tokens + _length(words), total + 1
            yield key, words

    write(folder, noted())
    vocabulary = {
        "passages": total,
        "tokens": tokens,
        "known": sorted(known),
        "codes": {one: sorted(codes[one]) for one in codes},
    }
    (folder / _VOCABULARY).write_bytes(orjson.dumps(vocabulary))


def _length(words: str) -> int:
    """As tantivy counts."""
    return len(words.split())


def _note(words: str, known: set[str], codes: defaultdict[str, set[str]]) -> None:
    known.update(word for word in words.split(" ") if len(word) >= _SHORTEST - 1 and word.isascii())
    for code in _CODE.findall(words):
        codes[_DIGITS.sub("#", code)].add(code)


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
