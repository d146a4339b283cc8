"""Which passages are of a Chinese document: a multilingual model puts passages of the question's
language first, whatever they say.

multilingual-e5-small on xquad, half of the passages in each language: a Chinese question finds its English passage among
the first five in 3 % of the cases. Seen apart and on a common scale the passages of the other language are found.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.index.roll import BESIDE
from rag.text.sides import Counted, counted, sides
from rag.text.sides import side as side_of

Ids = NDArray[np.int64]
_STRAY = 10  # passages of a language that are no second language of the library yet
_SAMPLE = 256  # passages of each language whose mean cosine tells the model's bias
_NEITHER = -1


@dataclass(frozen=True, slots=True)
class Spoken:
    """n passages: ids (n,) ascending; Han characters and Latin words of each (n, 2); its side: 1 Chinese, 0 not, -1 neither;
    (n,) a number that the passages of one document share."""

    ids: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    counts: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))
    side: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    document: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))


class Languages:
    """Ids of the live passages that are Chinese, and of those that are not. Not locked: the mirror that owns it is.

    A passage is of its document's language, whatever stands in it: sections that a translator left as they were, code and
    quotations come first for questions in their language and answer none of them. Where the document has both (a FAQ file
    with a row for each), a passage is of the one that clearly prevails in it; tables of numbers and the like belong to
    neither side.
    """

    def __init__(self, columns: Spoken | None = None) -> None:
        self._columns = columns or Spoken()
        self._side = self._columns.side.copy()  # edits may turn a document round
        self._here = np.ones(len(self._columns.ids), np.bool_)
        self._beside: dict[int, tuple[Hashable, Counted]] = {}  # document and counts of what came since
        self._documents: dict[Hashable, dict[int, Counted]] = {}  # of those
        self._sides: tuple[set[int], set[int]] = (set(), set())  # of those: not Chinese, Chinese
        self._samples: dict[bool | None, Ids] = {}
        self._arrays: dict[bool | None, Ids] = {}

    def apply(self, added: Iterable[tuple[int, str, Hashable]], removed: Iterable[int]) -> None:
        """Ids with their words and a key that all passages of one document share, and ids that are gone.

        A document comes whole: what is added later under its key is another one, as soon as the first is in the columns.
        """
        changed, lost = set[Hashable](), list[int]()
        for key in removed:
            for side in self._sides:
                side.discard(key)
            if (entry := self._beside.pop(key, None)) is not None:
                self._documents[entry[0]].pop(key)
                changed.add(entry[0])
            else:
                lost.append(key)
        self._lose(np.array(lost, np.int64))
        for key, words, document in added:
            its = counted(words)
            self._beside[key] = document, its
            self._documents.setdefault(document, {})[key] = its
            changed.add(document)
        for document in changed:
            self._decide(document)
        self._arrays, self._samples = {}, {}
        if len(self._beside) > max(BESIDE, len(self._columns.ids) // 16):
            self._settle()

    def _lose(self, keys: Ids) -> None:
        """Takes ids out of the columns; the rest of their documents may be of another language now."""
        columns = self._columns
        if not len(keys) or not len(columns.ids):
            return
        at = np.minimum(columns.ids.searchsorted(keys), len(columns.ids) - 1)
        at = at[columns.ids[at] == keys]
        self._here[at] = False
        rest = np.flatnonzero(np.isin(columns.document, columns.document[at]) & self._here)
        for document in np.unique(columns.document[rest]).tolist():
            rows = rest[columns.document[rest] == document]
            spoken = sides(
                {row: (han, latin) for row, (han, latin) in zip(rows.tolist(), columns.counts[rows].tolist(), strict=True)}
            )
            self._side[rows] = [_NEITHER if one is None else int(one) for one in spoken.values()]

    def _decide(self, document: Hashable) -> None:
        passages = self._documents[document]
        if not passages:
            del self._documents[document]
            return
        for key, side in sides(passages).items():
            for chinese in (False, True):
                (self._sides[chinese].add if side is chinese else self._sides[chinese].discard)(key)

    def columns(self) -> Spoken:
        """All of it at this moment; nothing changes it afterwards."""
        old, stay = self._columns, self._here
        places: dict[Hashable, int] = {}
        start = int(old.document.max()) + 1 if len(old.document) else 0
        fresh = sorted(self._beside)
        ids = np.concatenate([old.ids[stay], np.array(fresh, np.int64)])
        order = np.argsort(ids, kind="stable")
        fresh_sides = [
            _NEITHER if key not in self._sides[0] and key not in self._sides[1] else int(key in self._sides[1]) for key in fresh
        ]
        counts = np.array([self._beside[key][1] for key in fresh], np.int32).reshape(-1, 2)
        document = np.array([places.setdefault(self._beside[key][0], start + len(places)) for key in fresh], np.int32)
        return Spoken(
            ids[order],
            np.concatenate([old.counts[stay], counts])[order],
            np.concatenate([self._side[stay], np.array(fresh_sides, np.int8)])[order],
            np.concatenate([old.document[stay], document])[order],
        )

    def _settle(self) -> None:
        self._columns = self.columns()
        self._side, self._here = self._columns.side.copy(), np.ones(len(self._columns.ids), np.bool_)
        self._beside, self._documents, self._sides = {}, {}, (set(), set())

    def side(self, chinese: bool) -> Ids:
        """Ids of one side, ascending."""
        return self._ids_of(chinese)

    def _ids_of(self, chinese: bool | None) -> Ids:
        """Of one side, or all, ascending."""
        if (known := self._arrays.get(chinese)) is not None:
            return known
        wanted = self._here if chinese is None else self._here & (self._side == int(chinese))
        every = self._beside if chinese is None else self._sides[chinese]
        fresh = np.fromiter(every, np.int64, len(every))
        self._arrays[chinese] = ids = np.sort(np.concatenate([self._columns.ids[wanted], fresh]))
        return ids

    def sample(self, chinese: bool | None) -> Ids:
        """At most 256 ids of one side, or of all passages, evenly spread."""
        if chinese not in self._samples:
            ids = self._ids_of(chinese)
            spread = np.linspace(0, len(ids) - 1, _SAMPLE).astype(np.int64)
            self._samples[chinese] = ids if len(ids) <= _SAMPLE else ids[spread]
        return self._samples[chinese]

    def on_side(self, ids: Ids, chinese: bool) -> NDArray[np.bool_]:
        """Which of the ids are on the side."""
        side = self._ids_of(chinese)
        if not len(side):
            return np.zeros(len(ids), np.bool_)
        held: NDArray[np.bool_] = side[np.minimum(side.searchsorted(ids), len(side) - 1)] == ids
        return held

    @property
    def mixed(self) -> bool:
        """Whether both sides are more than stray passages."""
        sizes = [len(self._ids_of(chinese)) for chinese in (False, True)]
        return min(sizes) >= max(_STRAY, sum(sizes) // 100)


def plainly_chinese(text: str) -> bool | None:
    """Of a short text; None when neither language clearly prevails, as in a row of numbers."""
    return side_of(*counted(text))
