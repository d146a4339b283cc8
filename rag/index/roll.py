"""Who may see each live passage and what it carries: some 17 bytes a passage, not an object with its entry in a table.

What documents share stands once for each; passages are rows of columns, in order of their ids. What came since stands beside
the columns until it is enough to make them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.record.changes import Attributes

Ids = NDArray[np.int64]
Document = tuple[str, tuple[str, ...], Mapping[str, Any], str, str]  # collection, acl, metadata, id, source
Test = Callable[[Attributes], bool]

BESIDE = 4_096  # passages, or a sixteenth of the columns, that stand beside them at most
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Columns:
    """n passages: ids (n,) ascending; of each the places of its document, its kind, its own fields (-1: none)."""

    ids: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    document: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    kind: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    own: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    documents: Sequence[Document] = ()
    kinds: Sequence[str] = ()
    fields: Sequence[Mapping[str, str]] = ()

    def attributes(self, at: int) -> Attributes:
        collection, acl, metadata, document_id, source = self.documents[self.document[at]]
        own = int(self.own[at])
        fields = _NO_FIELDS if own < 0 else self.fields[own]
        return Attributes(collection, acl, metadata, fields, self.kinds[self.kind[at]], document_id, source)

    def kept(self, stay: NDArray[np.bool_]) -> Columns:
        """Those rows alone; documents and fields of no row are dropped."""
        documents, document = np.unique(self.document[stay], return_inverse=True)
        own = self.own[stay]
        fields, own_at = np.unique(own[own >= 0], return_inverse=True)
        own = own.copy()
        own[own >= 0] = own_at
        return Columns(
            self.ids[stay],
            document.astype(np.int32),
            self.kind[stay],
            own,
            [self.documents[at] for at in documents.tolist()],
            self.kinds,
            [self.fields[at] for at in fields.tolist()],
        )


_NO_FIELDS: Mapping[str, str] = {}


class Roll(Mapping[int, Attributes]):
    """Attributes of the live passages by id. Not locked: the mirror that owns it is."""

    def __init__(self, columns: Columns | None = None) -> None:
        self._columns = columns or Columns()
        self._here = np.ones(len(self._columns.ids), np.bool_)  # rows of the columns that live
        self._count = len(self._columns.ids)  # of those
        self._beside: dict[int, Attributes] = {}

    def __len__(self) -> int:
        return self._count + len(self._beside)

    def __iter__(self) -> Iterator[int]:
        yield from self._living().tolist()
        yield from self._beside

    def __contains__(self, key: object) -> bool:
        return key in self._beside or (isinstance(key, int) and self._place(key) >= 0)

    def __getitem__(self, key: int) -> Attributes:
        if (its := self._beside.get(key)) is not None:
            return its
        if (at := self._place(key)) < 0:
            raise KeyError(key)
        return self._columns.attributes(at)

    def _place(self, key: int) -> int:
        """Row of the columns; -1: none that lives."""
        ids = self._columns.ids
        at = int(ids.searchsorted(key))
        return at if at < len(ids) and ids[at] == key and self._here[at] else -1

    def _living(self) -> Ids:
        return self._columns.ids if self._count == len(self._columns.ids) else self._columns.ids[self._here]

    def ids(self) -> Ids:
        """Of all, ascending."""
        if not self._beside:
            return self._living()
        return np.union1d(self._living(), np.fromiter(self._beside, np.int64, len(self._beside)))

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of the ids are there."""
        held = self._places(ids) >= 0
        if self._beside:
            held |= np.fromiter((key in self._beside for key in ids.tolist()), np.bool_, len(ids))
        return held

    def many(self, ids: Ids) -> tuple[Attributes, ...]:
        """Of ids that are all there. Raises KeyError."""
        return tuple(self[key] if at < 0 else self._columns.attributes(at) for key, at in self._rows(ids))

    def _places(self, ids: Ids) -> Ids:
        """Rows of the columns; -1: none that lives."""
        mine = self._columns.ids
        if not len(mine):
            return np.full(len(ids), -1, np.int64)
        at = np.minimum(mine.searchsorted(ids), len(mine) - 1)
        return np.where((mine[at] == ids) & self._here[at], at, -1)

    def _rows(self, ids: Ids) -> Iterator[tuple[int, int]]:
        return zip(ids.tolist(), self._places(ids).tolist(), strict=True)

    # -- what many have in common is looked at once --------------------------------------------------------------------

    def permitted(self, may: Callable[[str, tuple[str, ...]], bool]) -> Ids:
        """Those whose collection and ACL pass, in no order."""
        columns = self._columns
        passing = np.array([may(collection, acl) for collection, acl, *_ in columns.documents], np.bool_)
        ids = columns.ids[passing[columns.document] & self._here] if len(columns.ids) else _NONE
        fresh = [key for key, its in self._beside.items() if may(its.collection, its.acl)]
        return np.concatenate([ids, np.array(fresh, np.int64)]) if fresh else ids

    def meeting(self, ids: Ids, meets: Test) -> Ids:
        """Those of the ids that pass. Asked once for all passages of a document that have no fields of their own."""
        columns, known = self._columns, dict[int, bool]()

        def passes(key: int, at: int) -> bool:
            if at < 0:
                return meets(self[key])
            if columns.own[at] >= 0:
                return meets(columns.attributes(at))
            document = int(columns.document[at])
            if document not in known:
                known[document] = meets(columns.attributes(at))
            return known[document]

        return np.array([key for key, at in self._rows(ids) if passes(key, at)], np.int64)

    def alike(self) -> Iterator[tuple[list[int], Attributes]]:
        """All, as ids with the attributes that they share but for their kind."""
        columns = self._columns
        plain = self._here & (columns.own < 0)
        order = np.argsort(columns.document[plain], kind="stable")
        ids, rows = columns.ids[plain][order], np.flatnonzero(plain)[order]
        starts = np.flatnonzero(np.diff(columns.document[plain][order], prepend=-1))
        for start, end in pairwise([*starts.tolist(), len(ids)]):
            yield ids[start:end].tolist(), columns.attributes(int(rows[start]))
        for at in np.flatnonzero(self._here & (columns.own >= 0)).tolist():
            yield [int(columns.ids[at])], columns.attributes(at)
        for key, its in self._beside.items():
            yield [key], its

    # -- changing ------------------------------------------------------------------------------------------------------

    def add(self, added: Iterable[tuple[int, Attributes]]) -> None:
        """Ids that are not there."""
        self._beside.update(added)
        if len(self._beside) > max(BESIDE, len(self._columns.ids) // 16):
            self._settle()

    def pop(self, key: int) -> Attributes | None:
        """Takes one out; None: it was not there."""
        if (its := self._beside.pop(key, None)) is not None:
            return its
        if (at := self._place(key)) < 0:
            return None
        self._here[at] = False
        self._count -= 1
        return self._columns.attributes(at)

    def columns(self) -> Columns:
        """All of it at this moment; nothing changes it afterwards."""
        if not self._beside and self._count == len(self._columns.ids):
            return self._columns
        settled = Roll()
        settled._columns, settled._here, settled._count = self._columns, self._here, self._count
        settled._beside = dict(self._beside)
        settled._settle()
        return settled._columns

    def _settle(self) -> None:
        """Makes the columns anew, of what lives in them and beside them."""
        old = self._columns.kept(self._here) if self._count < len(self._columns.ids) else self._columns
        new = columns_of(self._beside.items())
        kinds = list(dict.fromkeys((*old.kinds, *new.kinds)))
        places = np.array([kinds.index(kind) for kind in new.kinds] or [0], np.int32)
        shifted = np.where(new.own >= 0, new.own + len(old.fields), -1).astype(np.int32)
        ids = np.concatenate([old.ids, new.ids])
        order = np.argsort(ids, kind="stable")
        self._columns = replace(
            old,
            ids=ids[order],
            document=np.concatenate([old.document, new.document + np.int32(len(old.documents))])[order],
            kind=np.concatenate([old.kind, places[new.kind]])[order],
            own=np.concatenate([old.own, shifted])[order],
            documents=[*old.documents, *new.documents],
            kinds=kinds,
            fields=[*old.fields, *new.fields],
        )
        self._here, self._count, self._beside = np.ones(len(ids), np.bool_), len(ids), {}


def columns_of(passages: Iterable[tuple[int, Attributes]]) -> Columns:
    """Of (id, attributes); those of one document share their metadata's object."""
    pairs = sorted(passages, key=lambda pair: pair[0])
    places, documents = dict[int, int](), list[Document]()
    kinds, fields = dict[str, int](), list[Mapping[str, str]]()
    document, kind, own = (np.empty(len(pairs), np.int32) for _ in range(3))
    for at, (_, its) in enumerate(pairs):
        place = places.setdefault(id(its.metadata), len(documents))
        if place == len(documents):
            documents.append((its.collection, its.acl, its.metadata, its.document_id, its.source))
        document[at], kind[at], own[at] = place, kinds.setdefault(its.kind, len(kinds)), -1
        if its.fields:
            own[at] = len(fields)
            fields.append(its.fields)
    ids = np.fromiter((key for key, _ in pairs), np.int64, len(pairs))
    return Columns(ids, document, kind, own, documents, list(kinds), fields)
