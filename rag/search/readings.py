"""A follow-up is searched as each of its readings, and the hits are fused into one order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.domain import Hit, Retrieved

Search = Callable[[str, int], Retrieved]  # a reading and how many hits → hits at one index version

_MARKER, _SIGNS = re.compile(r"\[\d+\]"), re.compile(r"[\W_]+")
_RANKS = 10  # of reciprocal rank fusion: the first places count, as far fewer readings agree than systems do
_FIRST = 3.0  # weight of the first reading against each other one
_DEPTH = 20  # hits of each reading that are fused
_TRIES = 3  # as long as a write comes between two readings


def search_readings(search: Search, readings: Sequence[str], k: int) -> Retrieved:
    """Hits of one reading as they are; of several, fused. Words, idf and calibration are those of the first, the best one.

    All readings are of one index version: what was searched before a write came between is searched again.
    """
    if len(readings) == 1:
        return search(readings[0], k)
    depth = max(k, _DEPTH)
    results = [search(text, depth) for text in readings]
    for _ in range(_TRIES):
        newest = max(one.version for one in results)
        if all(one.version == newest for one in results):
            break
        results = [one if one.version == newest else search(text, depth) for one, text in zip(results, readings, strict=True)]
    newest = max(one.version for one in results)
    fused = fuse_readings([one for one in results if one.version == newest], k)
    return replace(fused, explanation={**fused.explanation, "readings": list(readings)}) if fused.explanation else fused


def demote(retrieved: Retrieved, said: Sequence[str]) -> Retrieved:
    """Without the hits that say what was said already, where any other is left."""
    if not said:
        return retrieved
    fresh = [hit for hit in retrieved.hits if not any(line in plain(hit.passage.text) for line in said)]
    return replace(retrieved, hits=tuple(fresh or retrieved.hits))


def plain(text: str) -> str:
    """A text without citation marks, spaces and signs, as answers and passages are compared."""
    return _SIGNS.sub("", _MARKER.sub("", text)).lower()


def fuse_readings(results: Sequence[Retrieved], k: int) -> Retrieved:
    """The best k of the hits of several readings by reciprocal ranks; the first reading decides between equals.

    A hit's `score` is its fused one; its probability is the highest that any reading but the last gives it: the last, the
    message as it stands, says too little to be believed.
    """
    scores: dict[int, float] = {}
    best: dict[int, Hit] = {}
    for number, one in enumerate(results):
        weight = 1.0 if number else _FIRST
        for rank, hit in enumerate(one.hits):
            key = hit.passage.id
            scores[key] = scores.get(key, 0.0) + weight / (_RANKS + rank)
            if key not in best or hit.probability > best[key].probability:
                best[key] = hit
    order = sorted(scores, key=lambda key: -scores[key])[:k]
    hits = tuple(replace(best[key], score=scores[key]) for key in order)
    return replace(results[0], hits=hits, rerank_ms=sum(one.rerank_ms for one in results))
