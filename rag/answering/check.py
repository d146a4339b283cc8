"""The sentence gate: what an LLM wrote becomes claims with exact places, or is dropped.

Markers are parsed by code; one that names no passage never reaches the user. A sentence passes when a passage it cites
(or, failing that, another given passage) holds its numbers and enough of its words; it then cites the best-matching
sentence of that passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.domain import Claim, Hit, Span
from rag.library.tokens import fold, words
from rag.sentences import split_sentences

MIN_OVERLAP = 0.5  # share of a sentence's words that its passage must hold
_MARKER = re.compile(r"[ \t]*[\[【](\d{1,3}(?:[ \t]*[,，、][ \t]*\d{1,3})*)[\]】]")
_TRAILING = re.compile(rf"\s*(?:{_MARKER.pattern})+[。.！!？?]?")
_BEGUN_MARKER = re.compile(r"\s*[\[【][\d,，、 \t]*$")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BULLET = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,2}[.)、])[ \t]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as the LLM wrote it, without markers, and the claim it became; None when it was dropped."""

    text: str
    claim: Claim | None


def sentences(deltas: Iterator[str]) -> Iterator[str]:
    """Cuts a stream of text into sentences, each with the markers that follow it, as soon as the next one has begun."""
    buffer = ""
    for delta in deltas:
        buffer += delta
        ends = _ends(buffer)
        if len(ends) < 2 or _BEGUN_MARKER.match(buffer, ends[-2]):
            continue
        for start, end in zip([0, *ends], ends[:-1], strict=False):
            yield buffer[start:end]
        buffer = buffer[ends[-2] :]
    if buffer.strip():
        yield buffer


def _ends(text: str) -> list[int]:
    """Where each sentence ends, its markers included: after `A. [1] B.` that is before and after ` B.`."""
    ends: list[int] = []
    for _, end in split_sentences(text):
        if end <= (ends[-1] if ends else 0):
            continue
        markers = _TRAILING.match(text, ends[-1]) if ends else None
        if ends and markers:
            ends[-1] = markers.end()
        if not ends or text[ends[-1] : end].strip():
            trailing = _TRAILING.match(text, end)
            ends.append(trailing.end() if trailing else end)
    return ends


def check(sentence: str, hits: Sequence[Hit]) -> Checked:
    """Decides about one sentence."""
    cited = [int(n) for group in _MARKER.findall(sentence) for n in re.findall(r"\d+", group)]
    text = _BULLET.sub("", _MARKER.sub("", sentence)).strip()
    if not words(text):
        return Checked(text, None)
    named = [n - 1 for n in dict.fromkeys(cited) if 1 <= n <= len(hits)]
    spans = [span for at in named if (span := _support(text, at, hits[at])) is not None]
    if not spans:  # no marker, or a wrong one: the right passage may be among the others
        others = (_support(text, at, hits[at]) for at in range(len(hits)) if at not in named)
        spans = [span for span in others if span is not None][:1]
    return Checked(text, Claim(text, tuple(spans)) if spans else None)


def _support(text: str, at: int, hit: Hit) -> Span | None:
    """The best-matching sentence of the passage, or None when the passage does not hold the claim."""
    passage = hit.passage
    whole = f"{passage.context}\n{passage.text}"
    if not numbers(text) <= numbers(whole) or _overlap(text, whole) < MIN_OVERLAP:
        return None
    spans = split_sentences(passage.text)
    if not spans:
        return None
    start, end = max(spans, key=lambda span: _overlap(text, passage.text[span[0] : span[1]]))
    return Span(at, passage.start + start, passage.start + end)


def numbers(text: str) -> set[str]:
    """Numbers of a text, without thousands separators."""
    return {match.replace(",", "") for match in _NUMBER.findall(fold(text))}


def _overlap(claim: str, source: str) -> float:
    said = set(words(claim))
    return len(said & set(words(source))) / len(said) if said else 0.0
