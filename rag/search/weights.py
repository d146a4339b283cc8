"""What kinds, collections and paths of documents weigh: a help page goes before a ticket that says as much."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.record.changes import Attributes

KINDS: Mapping[str, float] = {"case": -0.2}
"""Unless settings say otherwise: a case tells what helped once, a page what holds."""


_STRONG = 1.0


class Weights:
    """Of the final score, whose candidates spread over about 1."""

    def __init__(self, weights: Mapping[str, Mapping[str, float]] | None = None):
        """told: `kind`, `collection`, `path` → name or pattern (`*` stays in one folder, `**` does not) → weight."""
        weights = weights or {}
        self._kinds = {**KINDS, **weights.get("kind", {})}
        self._collections = dict(weights.get("collection", {}))
        self._paths = [(_pattern(path), weight) for path, weight in weights.get("path", {}).items()]
        self._of_path = lru_cache(maxsize=10_000)(self._along)

    def boost(self, candidates: Sequence[Attributes]) -> NDArray[np.float32]:
        """(m,): added to each score."""
        return np.array([self._of(candidate) for candidate in candidates], np.float32)

    def _of(self, candidate: Attributes) -> float:
        weight = self._kinds.get(candidate.kind, 0.0) + self._collections.get(candidate.collection, 0.0)
        return weight + self._of_path(candidate.document_id, candidate.source) if self._paths else weight

    def _along(self, document_id: str, source: str) -> float:
        """The first pattern that fits the document's id or source."""
        fits = (weight for path, weight in self._paths if path.fullmatch(document_id) or path.fullmatch(source))
        return next(fits, 0.0)


def choice(boost: NDArray[np.float32]) -> NDArray[np.float32]:
    """(m,): what of the weights counts already where candidates are chosen for re-ranking: those that outweigh a good match."""
    return np.where(np.abs(boost) > _STRONG, boost, 0).astype(np.float32)


def _pattern(path: str) -> re.Pattern[str]:
    """`tickets/**`, `*.csv`; without a slash in any folder."""
    parts = re.split(r"(\*\*/?|\*|\?)", path)
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pattern = "".join(wildcards.get(part, re.escape(part)) for part in parts)
    return re.compile(pattern if "/" in path else f"(?:.*/)?{pattern}")
