"""A question with a product's name and a topic: the name chooses among cases, so it must not outweigh the topic.

Of `My G100 times out while pairing` the row of another trouble with the G100 has the rarest word, and the page that says
what to do when pairing times out has not. A case whose fields have the product and that shares no word of the topic is
compared by the topic alone; what says nothing about products is, where that is more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.index.candidates import Candidates
from rag.ports import Embedder, Vectors
from rag.search.fuse import Scores
from rag.text.tokens import one_line


@dataclass(frozen=True, slots=True)
class Topic:
    """tokens (m,): which of the question's token vectors are no part of the name; idf: of the words of the topic, summed."""

    tokens: NDArray[np.bool_]
    idf: float


def topic(
    query: str, name: str, candidates: Candidates, terms: list[str], apart: frozenset[str], embedder: Embedder
) -> Topic | None:
    """None where there is no name, or nothing else."""
    idf = float(sum(weight for term, weight in zip(terms, candidates.idf.tolist(), strict=True) if term not in apart))
    if candidates.topic is None or idf <= 0:
        return None
    plain, rows = one_line(query), len(embedder.query_tokens(query))
    at = plain.find(name)
    first, last = embedder.count_tokens([plain[:at], plain[: at + len(name)]]) if at >= 0 else (0, 0)
    kept = np.ones(rows, bool)
    kept[first:last] = False
    return Topic(kept, idf) if kept.any() else None


def without_name(tokens: Vectors, topic: Topic) -> Vectors:
    """The question's token vectors that belong to the topic."""
    return tokens[topic.tokens]


def chosen(full: Scores, bare: Scores, named: NDArray[np.bool_], shared: NDArray[np.bool_]) -> Scores:
    """Of m candidates: scores with the name, scores of the topic alone, whether the fields have the product, whether words of
    the topic are shared."""
    return np.asarray(np.where(named, np.where(shared, full, bare), np.maximum(full, bare)), np.float32)
