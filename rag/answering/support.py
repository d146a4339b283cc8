"""Whether a passage says what a sentence says: the sentence is laid against the passage's own sentences, token by token.

Near a quote, each difference is judged: a word that was put in place of another, a number or name that moved into another
role, a negation that came or went is a fault; what was left out, or moved as a whole, is none. Further from a quote, all facts
must be there, and enough of the words. No model is needed; a sentence costs some milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.answering.facts import Token, tokens
from rag.grounding import Fault
from rag.sentences import split_sentences

_NEAR = 0.6  # share of a sentence's content tokens in order with the passage, from which on it counts as near a quote
_COVERED = 0.75  # share of them that must stand in the passage at all, further away
_NEW = 0.15  # share of tokens that may be new near a quote
_PLACES = 3  # sentences of a passage that are compared closely
_JOINED = 3.0  # content words that a sentence must give to count as a part of a joined one; a Han character is half a one
_PASSIVE = frozenset(("by", "被", "由"))

Op = tuple[str, int, int, int, int]


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
        if best.fault is None:
            return best
        joined = {span for at in ranked[:2] for span in ((at, at + 2), (at - 1, at + 1), (at, at + 3), (at - 1, at + 2))}
        places = (_join(self._singles[a:b]) for a, b in sorted(joined) if a >= 0 and b <= len(self._singles))
        found = max((_compare(said, place) for place in places), key=_rank, default=best)
        return found if found.fault is None else best


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
    matcher = SequenceMatcher(None, [t.key for t in place.tokens], [t.key for t in said.tokens], autojunk=False)
    ops: list[Op] = list(matcher.get_opcodes())
    matched = [at for tag, i1, i2, _, _ in ops if tag == "equal" for at in range(i1, i2) if place.tokens[at].content]
    close = len(matched) / len(said.content)
    fault: Fault | None
    if not _units_agree(said, place):
        fault = "number"
    elif close < _NEAR:
        fault = _misses(said, place) if len(place.ends) == 1 else "no_support"
    elif not _all_give(place, matched):
        fault = "no_support"
    else:
        fault = _differs(said, place, ops)
    return Found(place.start, place.end, close, fault)


def _all_give(place: _Place, matched: Sequence[int]) -> bool:
    """Whether each of the joined sentences gives enough: one that gives a name alone lends it to another's statement."""
    start = 0
    for end in place.ends:
        size = sum(_weight(token) for token in place.tokens[start:end] if token.content)
        given = sum(_weight(place.tokens[at]) for at in matched if start <= at < end)
        if len(place.ends) > 1 and given < _JOINED and given * 2 < size:
            return False
        start = end
    return True


def _weight(token: Token) -> float:
    return 1.0 if token.key.isascii() or len(token.key) > 1 else 0.5


def _units_agree(said: _Said, place: _Place) -> bool:
    """Whether every number that has a unit has that one in the passage too, or stands there without any."""
    for token in said.tokens:
        if token.unit is not None:
            there = {other.unit for other in place.tokens if other.role == "number" and other.key == token.key}
            if there and token.unit not in there and None not in there:
                return False
    return True


def _differs(said: _Said, place: _Place, ops: Sequence[Op]) -> Fault | None:
    """The first difference that changes the meaning, of a sentence near a quote."""
    left = Counter(place.tokens[at].key for tag, i1, i2, _, _ in ops if tag != "equal" for at in range(i1, i2))
    if _turned(said, place, ops):
        return "negation"
    new = 0
    for tag, i1, i2, j1, j2 in ops:
        if tag == "equal":
            continue
        put = [token for token in said.tokens[j1:j2] if token.content]
        for token in put:
            if left[token.key] > 0:  # it stood elsewhere in the same sentence, and is gone from there
                left[token.key] -= 1
                # English nouns may change places ("the fee applies to boxes", "boxes have a fee"); names must not, nor Han
                # words, of which it is not known which are names.
                strict = token.fact or (not token.key.isascii() and len(put) > 1)
                if strict and not _moved_whole(said, place, ops, token, (j1, j2)):
                    return _kind(put)
            elif token.fact:
                return "number" if token.role == "number" else "name"
            elif token.key not in said.known and token.key not in place.keys:
                new += 1
        replaced = [token for token in place.tokens[i1:i2] if token.content]
        if replaced and put and not {token.key for token in put} <= {token.key for token in replaced}:
            return _kind([*put, *replaced])
    return "no_support" if new > _NEW * len(said.content) else None


def _kind(found: Sequence[Token]) -> Fault:
    """Of a wrong word: facts weigh most; about others an entailment model may decide."""
    if any(token.role == "number" for token in found):
        return "number"
    return "name" if any(token.role == "name" for token in found) else "no_support"


def _moved_whole(said: _Said, place: _Place, ops: Sequence[Op], token: Token, here: tuple[int, int]) -> bool:
    """Whether the token moved with the whole phrase that it stands in, there or here."""
    if _bounded(said.tokens, *here):
        return True
    left = ((i1, i2) for tag, i1, i2, _, _ in ops if tag != "equal" and any(t.key == token.key for t in place.tokens[i1:i2]))
    return any(_bounded(place.tokens, *span) for span in left)


def _bounded(found: Sequence[Token], start: int, end: int) -> bool:
    """Whether found[start:end] is a clause or phrase of its own, which may move or be left out: commas or ends around it."""
    if start >= end or (start == 0 and end == len(found)):
        return False
    return (start == 0 or found[start - 1].pause) and (end == len(found) or found[end - 1].pause)


def _turned(said: _Said, place: _Place, ops: Sequence[Op]) -> bool:
    """Whether words that turn a meaning round came or went, without the clause that they belong to."""
    came, gone = list[tuple[str, str | None]](), list[tuple[str, str | None]]()
    for tag, i1, i2, j1, j2 in ops:
        if tag == "equal" and (j2 - j1 > 1 or said.tokens[j1].role != "polarity"):
            continue
        came += _polar(said.tokens, j1, j2)
        part = sum(token.content for token in place.tokens[i1:i2]) >= 2 or _bounded(place.tokens, i1, i2)
        if tag == "equal" or not part or j1 < j2:
            gone += _polar(place.tokens, i1, i2)
        elif came:  # a clause that was left out here may have been put there
            gone += [polar for polar in _polar(place.tokens, i1, i2) if polar in came]
    moved = Counter(came) & Counter(_polar(place.tokens, 0, len(place.tokens)))
    return bool(Counter(came) - moved) or bool(Counter(gone) - Counter(came))


def _polar(found: Sequence[Token], start: int, end: int) -> list[tuple[str, str | None]]:
    """(word, the content word that follows it) of each word that turns a meaning round."""
    return [
        (found[at].key, next((token.key for token in found[at + 1 : at + 6] if token.content), None))
        for at in range(start, end)
        if found[at].role == "polarity"
    ]


def _misses(said: _Said, place: _Place) -> Fault | None:
    """What is missing, of a sentence in other words."""
    for token in said.content:
        if token.fact and token.key not in place.keys:
            return "number" if token.role == "number" else "name"
    needed = [token for token in said.content if token.key not in said.known or token.key in place.keys]
    covered = sum(token.key in place.keys for token in needed)
    if not needed or covered < _COVERED * len(needed):
        return "no_support"
    if {t.key for t in said.tokens if t.role == "polarity"} != {t.key for t in place.tokens if t.role == "polarity"}:
        return "negation"
    return None if _roles_kept(said, place) else "name"


def _roles_kept(said: _Said, place: _Place) -> bool:
    """Whether names and numbers stand in the passage's order; two of them in the other one where one of both is passive."""
    here = list(dict.fromkeys(token.key for token in said.tokens if token.fact))
    there = [key for key in dict.fromkeys(token.key for token in place.tokens) if key in here]
    turned = any(t.key in _PASSIVE for t in said.tokens) != any(t.key in _PASSIVE for t in place.tokens)
    return here == (there[::-1] if turned and len(here) == 2 else there)
