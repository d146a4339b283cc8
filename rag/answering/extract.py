"""An answer without an LLM: the best-matching sentences, list items, table rows, or a FAQ's own answer, quoted exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answering.inject import instructing
from rag.domain import Claim, Hit, Retrieved, Span
from rag.library.coverage import coverage
from rag.ports import Embedder
from rag.sentences import split_sentences

_HITS = 3  # passages that are read
_MAX_SEGMENTS = 24  # embedded a question, about 3 ms each
_MAX_STEPS = 15  # longest list quoted whole
_BEHIND = 0.6  # how far behind the best a further sentence may score
_WHOLE_ENTRY = 1200  # characters up to which a FAQ answer or case is quoted whole
_WHOLE_PASSAGE = 400  # characters up to which the best passage is quoted whole
_HAN_NUMBER = "[一二三四五六七八九十]{1,3}"
_ITEM = re.compile(
    rf"^[ \t]*(?:[-*+•●·]|\d{{1,2}}[.)、．]|[（(]\d{{1,2}}[)）]|[（(]{_HAN_NUMBER}[)）]|{_HAN_NUMBER}、|步骤\s*\d+)[ \t]*",
    re.MULTILINE,
)
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Segment:
    """A quotable piece of a hit: offsets are into the passage's text; `line` numbers its line, `item` if it is a list item."""

    hit: int
    start: int
    end: int
    line: int
    item: bool
    text: str


def extract(question: str, found: Retrieved, embedder: Embedder, *, max_sentences: int) -> list[Claim]:
    """Claims in reading order, those of the best hit first; empty when no hit has a quotable sentence."""
    if not found.hits:
        return []
    best = found.hits[0].passage
    if best.kind in ("faq", "case") and len(best.text) <= _WHOLE_ENTRY:
        return [Claim(best.text, (Span(0, best.start, best.end),))]
    segments = [segment for at, hit in enumerate(found.hits[:_HITS]) for segment in _segments(at, hit)][:_MAX_SEGMENTS]
    if not segments:
        return []
    scores = _scores(question, found, segments, embedder)
    chosen = _choose(segments, scores, max_sentences)
    best_hit = segments[int(np.argmax(scores))].hit
    if len(found.hits[best_hit].passage.text) <= _WHOLE_PASSAGE:  # short enough to be read, and its sentences need each other
        chosen = sorted({*chosen, *(at for at, segment in enumerate(segments) if segment.hit == best_hit)})
    return _claims(found.hits, segments, chosen)


def _segments(at: int, hit: Hit) -> list[Segment]:
    text = hit.passage.text
    return [
        Segment(
            at,
            start,
            end,
            text.count("\n", 0, start),
            bool(_ITEM.match(text, text.rfind("\n", 0, start) + 1)),
            text[start:end],
        )
        for start, end in split_sentences(text)
        if _WORD.search(text, start, end) and not instructing(text, start, end)
    ]


def _scores(question: str, found: Retrieved, segments: Sequence[Segment], embedder: Embedder) -> NDArray[np.float32]:
    """Meaning + words + how good the passage is. Every segment is read with its heading, as its passage was."""
    texts = []
    for segment in segments:
        section = found.hits[segment.hit].passage.section
        texts.append(f"{section[-1]}: {segment.text}" if section else segment.text)
    cosines = embedder.embed_passages(texts) @ embedder.embed_queries([question])[0]
    idf = np.array(found.idf, np.float32)
    covered = np.array([coverage(found.terms, idf, text) for text in texts], np.float32)
    prior = np.array([found.hits[segment.hit].probability for segment in segments], np.float32)
    return np.asarray(8 * cosines + covered + prior, np.float32)


def _choose(segments: Sequence[Segment], scores: NDArray[np.float32], limit: int) -> list[int]:
    """Positions of the best segment and of those close behind it."""
    order = np.argsort(-scores, kind="stable")
    best = float(scores[order[0]])
    return sorted(int(at) for at in order[:limit] if best - float(scores[at]) <= _BEHIND)


def _claims(hits: Sequence[Hit], segments: Sequence[Segment], chosen: Sequence[int]) -> list[Claim]:
    """Quotes, a chosen step with its whole list, a sentence that ends in a colon with what it announces."""
    ranges: list[tuple[int, int, int]] = []
    for at in chosen:
        segment = segments[at]
        start, end = _widen(hits[segment.hit].passage.text, segment, segments)
        if ranges and ranges[-1][0] == segment.hit and start <= ranges[-1][2]:
            ranges[-1] = (segment.hit, ranges[-1][1], max(end, ranges[-1][2]))
        elif ranges and ranges[-1][0] == segment.hit and not hits[segment.hit].passage.text[ranges[-1][2] : start].strip():
            ranges[-1] = (segment.hit, ranges[-1][1], end)
        else:
            ranges.append((segment.hit, start, end))
    claims = []
    for hit, start, end in ranges:
        passage = hits[hit].passage
        claims.append(Claim(passage.text[start:end], (Span(hit, passage.start + start, passage.start + end),)))
    return claims


def _widen(text: str, segment: Segment, segments: Sequence[Segment]) -> tuple[int, int]:
    """The span to quote for a chosen segment: itself, or the list that it belongs to or announces."""
    same = [other for other in segments if other.hit == segment.hit]
    at = same.index(segment)
    if segment.item or (segment.text.endswith((":", "：")) and at + 1 < len(same) and same[at + 1].item):
        first = last = at
        while segment.item and first > 0 and same[first - 1].item:
            first -= 1
        while last + 1 < len(same) and same[last + 1].item:
            last += 1
        if segment.item and first > 0 and same[first - 1].text.endswith((":", "：")):
            first -= 1  # what announces the list
        if last - first < _MAX_STEPS and _ordered(text, same[first if same[first].item else first + 1]):
            return same[first].start, same[last].end
        if not segment.item:
            return same[first].start, same[min(last, first + _MAX_STEPS)].end
    return segment.start, segment.end


def _ordered(text: str, item: Segment) -> bool:
    """Whether the item is numbered: only steps are quoted as a whole, a bullet stands for itself."""
    line = text[text.rfind("\n", 0, item.start) + 1 : item.start]
    return any(char.isnumeric() for char in line)
