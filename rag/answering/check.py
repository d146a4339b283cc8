"""The sentence gate: what an LLM wrote becomes claims with exact places, or is dropped.

Markers are parsed by code; one that names no passage never reaches the user. A sentence passes when a passage it cites
(or, without a marker, any given passage) holds its numbers and enough of its words; it then cites the best-matching
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
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BULLET = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,2}[.)、])[ \t]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence as the LLM wrote it, without markers, and the claim it became; None when it was dropped."""

    text: str
    claim: Claim | None


def sentences(deltas: Iterator[str]) -> Iterator[str]:
    """Cuts a stream of text into sentences, each with its trailing markers, as soon as the next one begins."""
    buffer = ""
    for delta in deltas:
        buffer += delta
        pieces = _pieces(buffer)
        yield from pieces[:-1]
        buffer = pieces[-1] if pieces else ""
    yield from _pieces(buffer)


def _pieces(text: str) -> list[str]:
    """Sentences with the markers that follow them: `A. [1] B.` is `A. [1]` and `B.`."""
    pieces: list[str] = []
    at = 0
    for _, end in split_sentences(text):
        rest = text[at:end]
        marker = re.match(rf"\s*(?:{_MARKER.pattern})+[。.！!？?]?", rest)
        if marker and pieces:
            pieces[-1] += marker.group()
            at += marker.end()
            rest = text[at:end]
        if rest.strip():
            pieces.append(rest)
        at = end
    if text[at:].strip():
        pieces.append(text[at:])
    return pieces


def check(sentence: str, hits: Sequence[Hit]) -> Checked:
    """Decides about one sentence."""
    cited = [int(n) for group in _MARKER.findall(sentence) for n in re.findall(r"\d+", group)]
    text = _BULLET.sub("", _MARKER.sub("", sentence)).strip()
    valid = [n - 1 for n in dict.fromkeys(cited) if 1 <= n <= len(hits)]
    spans = [span for at in valid or range(len(hits)) if (span := _support(text, at, hits[at])) is not None]
    if not words(text) or not spans:
        return Checked(text, None)
    return Checked(text, Claim(text, tuple(spans if valid else spans[:1])))


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
