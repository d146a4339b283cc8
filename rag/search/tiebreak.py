"""Cases that match a question about equally well: the closed ones first, and of those the newest.

A ticket that is still open has no proven resolution, and an old one may describe a fix that has been replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.domain import Hit
from rag.text.intervals import when

NEAR = 0.3
"""Scores (a sum of z-scores over the candidates) that are this near to the first of a run count as equal: among ten sets of
three tickets on one symptom they lay 0.04 to 0.6 apart, the next symptom 0.4 to 2 behind."""
_SAME_SYMPTOM = 0.8
"""The same for cases whose first line, their symptom, is the same."""

SPARE = 5
"""Hits beyond the wanted number that take part."""

_CLOSED = frozenset(
    "closed close resolved solved done fixed complete completed finished verified "
    "已解决 已关闭 关闭 已完成 完成 已处理 处理完成 已结案 结案 已办结 解决 已修复 已验证 已归档".split()
)
_NOTE = re.compile(r"[(（\[].*")


def prefer_settled(hits: Sequence[Hit]) -> list[Hit]:
    """The hits with near-equal cases in order: closed before open, then newest first. Other hits keep their places."""
    ordered = list(hits)
    at = 0
    while at < len(ordered):
        end = at + 1
        while end < len(ordered) and _equal(ordered[at], ordered[end]):
            end += 1
        places = [place for place in range(at, end) if ordered[place].passage.kind == "case"]
        best = sorted((ordered[place] for place in places), key=lambda hit: _rank(hit.passage.fields), reverse=True)
        scores = [ordered[place].score for place in places]
        for place, hit, score in zip(places, best, scores, strict=True):
            ordered[place] = replace(hit, score=score)  # scores go on falling: clients merge and cut by them
        at = end
    return ordered


def _equal(first: Hit, other: Hit) -> bool:
    behind = first.score - other.score
    return behind <= NEAR or (behind <= _SAME_SYMPTOM and _symptom(first) == _symptom(other) != "")


def _symptom(hit: Hit) -> str:
    return hit.passage.text.partition("\n")[0].casefold() if hit.passage.kind == "case" else ""


def _rank(fields: Mapping[str, str]) -> tuple[bool, tuple[int, ...]]:
    return is_closed(fields.get("status", "")), when(fields.get("date", ""))


def is_closed(status: str) -> bool:
    """Whether a case with this status has been settled."""
    return _NOTE.sub("", status).strip().casefold() in _CLOSED
