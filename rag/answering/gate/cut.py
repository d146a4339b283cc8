"""A stream of text cut into sentences, each with the markers that follow it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from rag.answering.gate.opening import bare
from rag.answering.inbox import Pause
from rag.text.sentences import split_sentences

MARKER = re.compile(r"[ \t]*[\[【](\d{1,3}(?:[ \t]*[,，、][ \t]*\d{1,3})*)[\]】]")
_TRAILING = re.compile(rf"\s*(?:{MARKER.pattern})+[。.！!？?]?")
_LONGEST = 4000  # characters without a sentence's end, after which one is made
_MAY_END = re.compile(r"[。！？；…!?.\n]")
_BEGUN_MARKER = re.compile(r"\s*[\[【][\d,，、 \t]*$")


def sentences(deltas: Iterator[str | Pause]) -> Iterator[str | Pause]:
    """Cuts a stream of text into sentences, each with the markers that follow it, as soon as the next one has begun.

    A Yes or No alone stays with the sentence behind it; a text without an end is cut after `_LONGEST` characters. Pauses are
    handed on.
    """
    held = ""
    for sentence in _cut(deltas):
        if isinstance(sentence, Pause):
            yield sentence
            continue
        held += sentence
        if bare(MARKER.sub("", held)):
            continue
        yield held
        held = ""
    if held:
        yield held


def _cut(deltas: Iterator[str | Pause]) -> Iterator[str | Pause]:
    buffer, looked = "", 0
    for delta in deltas:
        if isinstance(delta, Pause):
            yield delta
            continue
        buffer += delta
        if len(buffer) > _LONGEST:
            cut = max(buffer.rfind(" ", _LONGEST // 2, _LONGEST), _LONGEST // 2)
            for start, end in pairwise([0, *_ends(buffer[:cut])]):
                yield buffer[start:end]
            buffer, looked = buffer[cut:], 0
        if not _MAY_END.search(buffer, looked):
            looked = max(len(buffer) - 1, 0)
            continue
        ends = _ends(buffer)
        if len(ends) < 2 or _BEGUN_MARKER.match(buffer, ends[-2]):
            continue
        for start, end in pairwise([0, *ends[:-1]]):
            yield buffer[start:end]
        buffer, looked = buffer[ends[-2] :], 0
    for start, end in pairwise([0, *_ends(buffer)]):
        yield buffer[start:end]


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
