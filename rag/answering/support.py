"""Whether a passage says what a sentence says: the sentence is laid against the passage's own sentences, token by token.

Near a quote, each difference is judged: a word that was put in place of another, a number or name that moved, a negation that
came or went is a fault; what was left out, or moved, is none. Further from a quote, all facts must be there, and enough of
the words. No model is needed; a sentence costs about a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.answering.facts import Token, tokens
from rag.grounding import Fault
from rag.sentences import split_sentences

_NEAR = 0.6  # share of a sentence's content tokens in order with the passage, from which on it counts as near a quote
_COVERED = 0.75  # share of them that must stand in the passage at all, further away
_NEW = 0.2  # share of tokens that may be new near a quote
_WINDOWS = 6  # places of a passage that are compared closely
_ANAPHORS = frozenset("it they he she this that these those its their his her him them".split()) | frozenset("它他她其该此这")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a passage says it: offsets into the passage's text; `close`, 0–1: how near it is to the words there."""

    start: int
    end: int
    close: float
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """One to three sentences that follow each other."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    keys: frozenset[str]


class Source:
    """A passage, prepared for being compared. `context`: what stands above it (title, headings, a FAQ's question)."""

    def __init__(self, text: str, context: str):
        self.text = text
        self._context = frozenset(token.key for token in tokens(context))
        spans = split_sentences(text)
        self._windows = [_window(text, spans[at : at + size]) for size in (1, 2, 3) for at in range(len(spans) - size + 1)]
        self.keys = frozenset().union(*(window.keys for window in self._windows)) if self._windows else frozenset()

    def find(self, claim: Sequence[Token], asked: frozenset[str]) -> Found | None:
        """The place that says it, or the best one with its fault; None when nothing in it is near.

        asked: keys of the question's tokens; they may be repeated, but are no evidence.
        """
        content = [token for token in claim if token.content]
        keys = {token.key for token in content}
        if not content or not keys & self.keys:
            return None
        ranked = sorted(self._windows, key=lambda w: (-len(keys & w.keys), len(w.tokens)))[:_WINDOWS]
        found = (self._compare(claim, content, window, asked) for window in ranked)
        return max(found, key=lambda place: (place.fault is None, place.close))

    def _compare(self, claim: Sequence[Token], content: Sequence[Token], window: Window, asked: frozenset[str]) -> Found:
        matcher = SequenceMatcher(None, [t.key for t in window.tokens], [t.key for t in claim], autojunk=False)
        blocks = matcher.get_opcodes()
        matched = sum(claim[at].content for tag, _, _, j1, j2 in blocks if tag == "equal" for at in range(j1, j2))
        close = matched / len(content)
        known = asked | self._context
        fault = _differs(blocks, window, claim, content, known) if close >= _NEAR else _misses(window, claim, content, known)
        return Found(window.start, window.end, close, fault)


def _window(text: str, spans: Sequence[tuple[int, int]]) -> Window:
    start, end = spans[0][0], spans[-1][1]
    found = tokens(text[start:end])
    return Window(start, end, found, frozenset(token.key for token in found))


def _differs(
    blocks: Sequence[tuple[str, int, int, int, int]],
    window: Window,
    claim: Sequence[Token],
    content: Sequence[Token],
    known: frozenset[str],
) -> Fault | None:
    """The first difference that changes the meaning, of a sentence near a quote."""
    new = 0
    for tag, i1, i2, j1, j2 in blocks:
        if tag == "equal":
            continue
        there, here = window.tokens[i1:i2], claim[j1:j2]
        if _turns(there, here, window, claim):
            return "negation"
        for token in here:
            if not token.content:
                continue
            if token.key not in window.keys:
                if token.fact:
                    return "number" if token.role == "number" else "name"
                if token.key not in known:
                    new += 1
        replaced = [token for token in there if token.content]
        put = [token for token in here if token.content]
        if replaced and put and not _same_words(replaced, put):
            if any(token.role == "number" for token in put):
                return "number"
            if not _only_adds(replaced, put, window, claim, known):
                return "name"
    return "no_support" if new > max(1.0, _NEW * len(content)) else None


def _same_words(replaced: Sequence[Token], put: Sequence[Token]) -> bool:
    return {token.key for token in put} <= {token.key for token in replaced}


def _only_adds(
    replaced: Sequence[Token], put: Sequence[Token], window: Window, claim: Sequence[Token], known: frozenset[str]
) -> bool:
    """Whether what stands in place of something else stands elsewhere in both: the words only moved."""
    here = [token.key for token in claim]
    moved_away = all(token.key in here for token in replaced)
    return False if moved_away else len(put) < len(replaced) / 2 and all(token.key in window.keys for token in put)


def _turns(there: Sequence[Token], here: Sequence[Token], window: Window, claim: Sequence[Token]) -> bool:
    """Whether words that turn a meaning round came or went, without the clause that they belong to."""
    gone = sorted(token.key for token in there if token.role == "polarity")
    came = sorted(token.key for token in here if token.role == "polarity")
    if gone == came:
        return False
    if came:
        return True
    return sum(token.content for token in there) < 2


def _misses(window: Window, claim: Sequence[Token], content: Sequence[Token], known: frozenset[str]) -> Fault | None:
    """What is missing in the window, of a sentence in other words."""
    for token in content:
        if token.fact and token.key not in window.keys:
            return "number" if token.role == "number" else "name"
    needed = [token for token in content if token.key not in known or token.key in window.keys]
    covered = sum(token.key in window.keys for token in needed)
    if not needed or covered < _COVERED * len(needed):
        return "no_support"
    said = {token.key for token in claim if token.role == "polarity"}
    there = {token.key for token in window.tokens if token.role == "polarity"}
    return "negation" if said != there else None


def near(sources: Sequence[Source], claim: Sequence[Token], asked: frozenset[str]) -> Iterator[tuple[int, Found]]:
    """(position, place) in each source that has one."""
    for at, source in enumerate(sources):
        found = source.find(claim, asked)
        if found is not None:
            yield at, found
