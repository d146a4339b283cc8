"""Whether a passage says what a sentence says: the sentence is laid against the passage's own sentences, token by token.

Near a quote, each difference is judged: a word that was put in place of another or changed its place, a negation that came or
went is a fault; a clause that was left out, or one phrase that moved as a whole, is none. Further from a quote only the passive
of the same words passes. No model is needed; a sentence costs some milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from rag.answering.facts import Token, tokens
from rag.answering.lexicon import FUNCTION_EN, PRONOUNS, SCALES, VERBS
from rag.answering.reordering import Op, Reordered, moved_whole, opening, runs_on, torn, turned
from rag.domain.grounding import Fault
from rag.text.sentences import split_sentences

_NEAR = 0.6  # share of a sentence's content tokens in order with the passage, from which on it counts as near a quote
_WHOLE = 0.95  # from which on it is that sentence
_NEW = 0.12  # share of tokens that may be new near a quote
_PLACES = 3  # sentences of a passage that are compared closely
_JOINED = 3.0  # content words that a sentence must give to count as a part of a joined one; a Han character is half a one
_ARTICLES = frozenset("a an the 的 了 地 得".split())  # may be set elsewhere
_PASSIVE = frozenset(("by", "被", "由"))


@dataclass(frozen=True, slots=True)
class Found:
    """Where a passage says it: offsets into the passage's text; `close`, 0–1: how near it is to the words there."""

    start: int
    end: int
    close: float
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence that is checked."""

    tokens: tuple[Token, ...]
    content: tuple[Token, ...]
    known: frozenset[str]  # words of question and headings: they may be repeated, but are no evidence


@dataclass(frozen=True, slots=True)
class _Place:
    """One to three sentences of a passage; `ends`: where each ends among the tokens."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    ends: tuple[int, ...]
    keys: frozenset[str]


class Source:
    """A passage, prepared for being compared. `context`: what stands above it (title, headings, a FAQ's question)."""

    def __init__(self, text: str, context: str):
        self._context = frozenset(token.key for token in tokens(context))
        self._singles = [_Place(*_read(text, span)) for span in split_sentences(text)]
        self._keys = frozenset().union(*(place.keys for place in self._singles)) if self._singles else frozenset()

    def find(self, claim: Sequence[Token], asked: frozenset[str]) -> Found | None:
        """The place that says it, or the nearest one with its fault; None when nothing in it is near.

        asked: keys of the question's tokens.
        """
        content = tuple(token for token in claim if token.content)
        keys = {token.key for token in content}
        if not keys & self._keys or (len(keys) == 1 and not content[0].fact):  # one word says nothing
            return None
        said = _Said(tuple(claim), content, asked | self._context)
        ranked = sorted(range(len(self._singles)), key=lambda at: -len(keys & self._singles[at].keys))[:_PLACES]
        best = max((_compare(said, self._singles[at]) for at in ranked), key=_rank)
        if best.fault is None or best.close >= _WHOLE:  # it is that sentence: no other one makes it right
            return best
        places = (_join(self._singles[a:b]) for a, b in self._windows(keys, ranked[0]))
        found = max((_compare(said, place) for place in places), key=_rank, default=best)
        return found if found.fault is None else best

    def _windows(self, keys: set[str], best: int) -> list[tuple[int, int]]:
        """Two or three sentences that follow each other: those around the best one, and those that give most words."""
        spans = [(at, at + size) for size in (2, 3) for at in range(len(self._singles) - size + 1)]
        given = {(a, b): len(keys & frozenset().union(*(p.keys for p in self._singles[a:b]))) for a, b in spans}
        near = [(a, b) for a, b in spans if a <= best < b]
        return sorted({*sorted(near, key=lambda s: -given[s])[:2], *sorted(spans, key=lambda s: -given[s])[:2]})


def _rank(found: Found) -> tuple[bool, float]:
    return found.fault is None, found.close


def _read(text: str, span: tuple[int, int]) -> tuple[int, int, tuple[Token, ...], tuple[int, ...], frozenset[str]]:
    found = tokens(text[span[0] : span[1]])
    return span[0], span[1], found, (len(found),), frozenset(token.key for token in found)


def _join(places: Sequence[_Place]) -> _Place:
    ends, found = list[int](), list[Token]()
    for place in places:
        found += place.tokens
        ends.append(len(found))
    return _Place(places[0].start, places[-1].end, tuple(found), tuple(ends), frozenset().union(*(p.keys for p in places)))


def _compare(said: _Said, place: _Place) -> Found:
    """The first clause of either may also come last: in 2020, X did Y = X did Y in 2020."""
    found = _laid(said, place)
    if found.fault is None or len(place.ends) > 1 or not place.tokens or said.tokens[0].key == place.tokens[0].key:
        return found
    told = {token.key for token in said.tokens}
    for clause in opening(place.tokens, told):
        found = max(found, _laid(said, replace(place, tokens=place.tokens[clause:] + place.tokens[:clause])), key=_rank)
    if found.fault is not None:
        for clause in opening(said.tokens, place.keys):
            found = max(found, _laid(replace(said, tokens=said.tokens[clause:] + said.tokens[:clause]), place), key=_rank)
    return found


def _laid(said: _Said, place: _Place) -> Found:
    matcher = SequenceMatcher(None, [t.key for t in place.tokens], [t.key for t in said.tokens], autojunk=False)
    ops: list[Op] = list(matcher.get_opcodes())
    matched = [at for tag, i1, i2, _, _ in ops if tag == "equal" for at in range(i1, i2) if place.tokens[at].content]
    moved = moved_whole(said.tokens, place.tokens, ops)
    if moved is not None:
        matched += [at for at in range(*moved.there) if place.tokens[at].content]
    close = len(matched) / len(said.content)
    fault: Fault | None
    if not _units_agree(said, place):
        fault = "number"
    elif close < _NEAR:
        fault = _misses(said, place) if len(place.ends) == 1 else "no_support"
    elif not _all_give(place, matched) or runs_on(said.tokens, ops, place.ends):
        fault = "no_support"
    else:
        fault = _differs(said, place, ops, moved)
    return Found(place.start, place.end, min(close, 1.0), fault)


def _all_give(place: _Place, matched: Sequence[int]) -> bool:
    """Whether each of the joined sentences gives enough: one that gives a name alone lends it to another's statement."""
    start = 0
    for end in place.ends:
        size = sum(_weight(token) for token in place.tokens[start:end] if token.content)
        given = sum(_weight(place.tokens[at]) for at in matched if start <= at < end)
        if len(place.ends) > 1 and given < _JOINED and given * 2 <= size:
            return False
        start = end
    return True


def _weight(token: Token) -> float:
    return 1.0 if token.key.isascii() or len(token.key) > 1 else 0.5


def _units_agree(said: _Said, place: _Place) -> bool:
    """Whether every number that has a unit has that one in the passage too, or stands there without; a million must not go."""
    for token in said.tokens:
        if token.role == "number":
            there = {other.unit for other in place.tokens if other.role == "number" and other.key == token.key}
            if token.unit is None:
                if there and there <= SCALES:
                    return False
            elif there and token.unit not in there and None not in there:
                return False
    return True


def _differs(said: _Said, place: _Place, ops: Sequence[Op], moved: Reordered | None) -> Fault | None:
    """The first difference that changes the meaning, of a sentence near a quote."""
    if turned(said.tokens, place.tokens, ops):
        return "negation"
    left = Counter(place.tokens[at].key for tag, i1, i2, _, _ in ops if tag != "equal" for at in range(i1, i2))
    twice = Counter(token.key for token in said.content) - Counter(token.key for token in place.tokens)
    new = 0
    for tag, i1, i2, j1, j2 in ops:
        if tag == "equal" or (moved is not None and moved.here == (j1, j2)):
            continue
        if torn(place.tokens, i1, i2, place.ends):
            return "no_support"
        there, here = place.tokens[i1:i2], said.tokens[j1:j2]
        put = [token for token in here if token.content and not (token.key in FUNCTION_EN - VERBS and token.key in place.keys)]
        if _names_the_meant(said, place, there, put):
            continue
        if any(left[token.key] > 0 and not token.content and token.key not in _ARTICLES for token in here):
            return "no_support"  # "used is a pump" for "a pump is used"
        if (fault := _put(place, put, left, twice) or _replaced(there, here, put)) is not None:
            return fault
        fresh = sum(token.key not in said.known and token.key not in place.keys for token in put)
        new += fresh
        if fresh > (0 if there else 1 if all(token.key.isascii() for token in put) else 2):
            return "no_support"
    return "no_support" if new > _NEW * len(said.content) else None


def _put(place: _Place, put: Sequence[Token], left: Counter[str], twice: Counter[str]) -> Fault | None:
    """Of words that the passage has not there. left: what it has elsewhere and the sentence has not; twice: the reverse."""
    for token in put:
        if left[token.key] > 0:  # it stood elsewhere in the same sentence, and is gone from there
            return _kind(put)
        if token.fact:
            return "number" if token.role == "number" else "name"
        if twice[token.key] > 0 and token.key in place.keys:  # said once more, of something else
            return "no_support"
    return None


def _replaced(there: Sequence[Token], here: Sequence[Token], put: Sequence[Token]) -> Fault | None:
    """Of words that stand where the passage has others; a small word takes no name's place, but a pronoun may."""
    replaced = [token for token in there if token.content]
    if put and replaced and not {token.key for token in put} <= {token.key for token in replaced}:
        return _kind([*put, *replaced])
    if here and replaced and not put and not any(token.key in PRONOUNS for token in here):
        return _kind(replaced)
    return None


def _names_the_meant(said: _Said, place: _Place, there: Sequence[Token], put: Sequence[Token]) -> bool:
    """Whether a pronoun was replaced by what headings, the question or the sentence before name."""
    return (
        any(token.key in PRONOUNS for token in there)
        and not any(token.content or token.role == "polarity" for token in there)
        and 0 < len(put) <= 4
        and all(token.key in said.known or (token.key in place.keys and len(place.ends) > 1) for token in put)
    )


def _kind(found: Sequence[Token]) -> Fault:
    """Of a wrong word: facts weigh most; about others an entailment model may decide."""
    if any(token.role == "number" for token in found):
        return "number"
    return "name" if any(token.role == "name" for token in found) else "no_support"


def _misses(said: _Said, place: _Place) -> Fault | None:
    """What is missing, of a sentence in other words; only the passive of the same words is known to say the same."""
    for token in said.content:
        if token.fact and token.key not in place.keys:
            return "number" if token.role == "number" else "name"
    if {t.key for t in said.tokens if t.role == "polarity"} != {t.key for t in place.tokens if t.role == "polarity"}:
        return "negation"
    if _passive(said, place):
        return None
    return "no_support" if _roles_kept(said, place) else "name"


def _passive(said: _Said, place: _Place) -> bool:
    """Whether one is the passive of the other: Y founded X, X was founded by Y; nothing else is added."""
    if any(t.key in _PASSIVE for t in said.tokens) == any(t.key in _PASSIVE for t in place.tokens):
        return False
    here = [token.key for token in said.content]
    there = [token.key for token in place.tokens if token.content and token.key in here]
    verbs = (at for at in range(1, len(here) - 1) if not said.content[at].fact)
    return any(there == [*here[at + 1 :], here[at], *here[:at]] for at in verbs)


def _roles_kept(said: _Said, place: _Place) -> bool:
    """Whether names and numbers stand in the passage's order."""
    here = list(dict.fromkeys(token.key for token in said.tokens if token.fact))
    return here == [key for key in dict.fromkeys(token.key for token in place.tokens) if key in here]
