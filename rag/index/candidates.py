"""What a search of the mirror is asked for, and the candidates that it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.domain import Scope
from rag.ports import Vectors
from rag.record.changes import Attributes

_SYNONYM, _RESPELLED = 0.7, 0.5  # weight of a word that the question does not hold


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; see `Mirror.search`."""

    vector: Vectors
    terms: Sequence[str]
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chinese: bool | None = None
    matching: Sequence[NDArray[np.int64]] = ()
    apart: AbstractSet[str] = frozenset()
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates at index version `version`: m ids, ascending, cosine and BM25 score of each; idf of the question's words.

    foreign (m,): passages in the language that is not the question's; `bias`: by how much the model favours the others,
    in cosine. `also`: as asked, and how words that no passage has were spelled instead. topic (m,): BM25 without the words that
    are told apart (a product's name), where there are such and others.
    """

    version: int
    ids: NDArray[np.int64]
    cosine: NDArray[np.float32]
    bm25: NDArray[np.float32]
    idf: NDArray[np.float32]
    foreign: NDArray[np.bool_]
    attributes: tuple[Attributes, ...]
    bias: float = 0.0
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    topic: NDArray[np.float32] | None = None


def together(*parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """All ids of the parts once, ascending; a tenth of the time of `union1d` for some dozens."""
    return np.array(sorted(set[int]().union(*(part.tolist() for part in parts))), np.int64)


def weights_of(query: Query, also: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """Words of the BM25 query: the question's own count fully, its synonyms and respelled words less."""
    by_word = dict.fromkeys(query.terms, 1.0)
    for term, others in also.items():
        for other in others:
            by_word.setdefault(other, _SYNONYM if other in query.also.get(term, ()) else _RESPELLED)
    return by_word
