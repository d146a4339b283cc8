"""What moved, and what was turned round, between a passage's sentence and one that is laid against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from rag.answering.facts import Token
from rag.answering.lexicon import LEADING, OPPOSED

Op = tuple[str, int, int, int, int]  # of difflib: what, and where it stands in the passage and in the sentence
_HAVE = frozenset("have has had carry carri a an the".split())
_JOINS = frozenset("and but which while so or who that where because as 且 并 而 但 也 及 和".split())
_LONG = 6  # content words of a clause that may move without a preposition before it
_CLAUSE = 25  # longest opening phrase, in tokens
_SMALL = 4  # tokens of a difference in which one small word stands for another


@dataclass(frozen=True, slots=True)
class Reordered:
    """The one phrase that stands elsewhere as a whole: where among the passage's tokens, and where among the sentence's."""

    there: tuple[int, int]
    here: tuple[int, int]


def opening(found: Sequence[Token], keys: Set[str]) -> list[int]:
    """Where the phrase of time, place or condition may end that opens the sentence: at its first commas.

    keys: of the other text, in which all its words must stand.
    """
    if not found or found[0].key not in LEADING:
        return []
    ends = [at + 1 for at, token in enumerate(found[:_CLAUSE]) if token.pause and 0 < at < len(found) - 1][:2]
    return [end for end in ends if all(token.key in keys for token in found[:end] if token.content)]


def moved_whole(said: Sequence[Token], place: Sequence[Token], ops: Sequence[Op]) -> Reordered | None:
    """A phrase of time, place or condition, or a long clause, that changed places; names alone may not."""
    for _, _, _, j1, j2 in ops:
        keys = [token.key for token in said[j1:j2]]
        if not any(token.content for token in said[j1:j2]):
            continue
        for tag, i1, i2, _, _ in ops:
            if tag in ("equal", "insert"):
                continue
            for start in range(i1, i2 - len(keys) + 1):
                end = start + len(keys)
                if [token.key for token in place[start:end]] != keys:
                    continue
                if (keys[0] in LEADING or sum(t.content for t in said[j1:j2]) >= _LONG) and (
                    bounded(place, start, end) or ((start, end) == (i1, i2) and bounded(said, j1, j2))
                ):
                    return Reordered((start, end), (j1, j2))
            if j1 == 0 and i2 == len(place) and (got := _having(said[j1:j2], place[i1:i2])):
                return Reordered((i2 - got, i2), (j1, j2))
    return None


def _having(here: Sequence[Token], there: Sequence[Token]) -> int:
    """How many tokens at the end of "a fee applies to boxes" begin "boxes have a fee"; no names."""
    keys = [token.key for token in here if token.key not in _HAVE]
    if not keys or len(keys) == len(here) or len(there) - len(keys) > 3 or any(t.fact for t in [*here, *there]):
        return 0
    lead = there[: len(there) - len(keys)]
    fits = [t.key for t in there[len(lead) :]] == keys and any(t.content for t in lead)
    return len(keys) if fits and not any(t.role == "polarity" for t in [*here, *there]) else 0


def bounded(found: Sequence[Token], start: int, end: int) -> bool:
    """Whether found[start:end] is a clause or phrase of its own, which may move or be left out: commas or ends around it."""
    if start >= end or (start == 0 and end == len(found)):
        return False
    return (start == 0 or found[start - 1].pause) and (end == len(found) or found[end - 1].pause)


def torn(place: Sequence[Token], start: int, end: int, ends: Sequence[int]) -> bool:
    """Whether leaving out place[start:end] joins halves of different clauses, or of the sentences that end at `ends`."""
    if not 0 < start < end < len(place) or place[end - 1].pause:
        return False
    if any(start < last < end and any(token.content for token in place[last:end]) for last in ends):
        return True
    return any(token.pause for token in place[start : end - 1]) and not place[start - 1].pause


def runs_on(said: Sequence[Token], ops: Sequence[Op], ends: Sequence[int]) -> bool:
    """Whether the sentence goes on from one of the joined sentences into the next without a comma or a word that joins."""
    equal = [(i1, i2, j1) for tag, i1, i2, j1, _ in ops if tag == "equal"]
    for end in ends[:-1]:
        before = max((j1 + min(i2, end) - i1 - 1 for i1, i2, j1 in equal if i1 < end), default=None)
        after = min((j1 + max(i1, end) - i1 for i1, i2, j1 in equal if i2 > end), default=None)
        if before is None or after is None:
            continue
        if not any(token.pause for token in said[before:after]) and not {t.key for t in said[before + 1 : after + 1]} & _JOINS:
            return True
    return False


def turned(said: Sequence[Token], place: Sequence[Token], ops: Sequence[Op]) -> bool:
    """Whether words that turn a meaning round came or went, without the clause that they belong to."""
    came, gone, open_ = list[tuple[str, str | None]](), list[tuple[str, str | None]](), list[tuple[str, str | None]]()
    for tag, i1, i2, j1, j2 in ops:
        if tag == "equal" and (j2 - j1 > 1 or said[j1].role != "polarity"):
            continue
        if tag == "replace" and _opposed(place[i1:i2], said[j1:j2]):
            return True
        came += _polar(said, j1, j2)
        open_ += _polar(place, i1, i2)
        part = sum(token.content for token in place[i1:i2]) >= 2 or bounded(place, i1, i2)
        if tag == "equal" or not part or j1 < j2:
            gone += _polar(place, i1, i2)
        else:  # of a clause that was left out, a word that belongs to what was kept
            inside = {at for at in range(i1, i2) if any(t.content or t.pause for t in place[at:i2])}
            gone += [polar for at in range(i1, i2) if at not in inside for polar in _polar(place, at, at + 1)]
        if came and tag != "equal" and part and j1 == j2:  # a clause that was left out here may have been put there
            gone += [polar for polar in _polar(place, i1, i2) if polar in came]
    moved = Counter(came) & Counter(open_)
    return bool(Counter(came) - moved) or bool(Counter(gone) - Counter(came))


def _opposed(there: Sequence[Token], here: Sequence[Token]) -> bool:
    if len(there) > _SMALL or len(here) > _SMALL:
        return False
    one, other = {t.key for t in there}, {t.key for t in here}
    return any((a, b) in OPPOSED for a in one - other for b in other - one)


def _polar(found: Sequence[Token], start: int, end: int) -> list[tuple[str, str | None]]:
    """(word, the content word that follows it) of each word that turns a meaning round."""
    return [
        (found[at].key, next((token.key for token in found[at + 1 : at + 6] if token.content), None))
        for at in range(start, end)
        if found[at].role == "polarity"
    ]
