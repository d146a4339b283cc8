"""Passages that disagree about what an answer cites are shown as such, the newest first; nothing is averaged.

Two sentences of different passages are about the same thing when they share most of their words and no name, heading or
field tells them apart. They disagree when a number with the same unit, or a date, has another value, or one says no and the
other yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.answering.cite import Numbering
from rag.answering.facts import Token, tokens
from rag.domain import Claim, Hit, Language, Passage, Sentence, Span
from rag.grounding import Contradiction, Statement
from rag.sentences import split_sentences

Kind = Literal["number", "date", "yes_no"]

_ALIKE, _SAME = 0.6, 0.8  # share of the shorter sentence's words that both have: for other values, for yes and no
_WORDS = 2.5  # that both must have, at least; a Han character is half a word
_MAX = 3
_DATES = (
    "date",
    "updated",
    "updated_at",
    "last_updated",
    "modified",
    "effective",
    "日期",
    "更新日期",
    "更新时间",
    "生效日期",
    "修订日期",
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_DATE_UNITS = frozenset("年月日号") | {"year", "month"}


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of a hit. `span` points into the document's version."""

    span: Span
    text: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(token.key for token in self.tokens if token.content and token.role != "number")


@dataclass(frozen=True, slots=True)
class _Pair:
    kind: Kind
    sides: tuple[tuple[_Said, str], tuple[_Said, str]]  # each with its value, the newest first


class Contradictions:
    """Those between what an answer cites and the other passages of the same question."""

    def __init__(self, hits: Sequence[Hit]):
        self._hits = hits
        self._found: list[_Pair] = []

    def look(self, query: str, said: Sequence[Sentence]) -> None:
        """Compares the sentences that were cited with those of the other hits."""
        cited = [(c.passage_id, c.start, c.end) for sentence in said for c in sentence.citations]
        mine = [one for one in self._sentences() if any(_within(self._passage(one), one, place) for place in cited)]
        seen = set[frozenset[Span]]()
        for one in mine:
            for other in self._sentences():
                pair = frozenset((one.span, other.span))
                if len(self._found) >= _MAX or one.span.hit == other.span.hit or pair in seen:
                    continue
                seen.add(pair)
                kind = self._disagree(one, other)
                if kind is not None:
                    self._found.append(kind)

    def _sentences(self) -> list[_Said]:
        found = []
        for at, hit in enumerate(self._hits):
            passage = hit.passage
            for start, end in split_sentences(passage.text):
                text = passage.text[start:end]
                found.append(_Said(Span(at, passage.start + start, passage.start + end), text, tokens(text)))
        return found

    def _passage(self, said: _Said) -> Passage:
        return self._hits[said.span.hit].passage

    def _disagree(self, one: _Said, other: _Said) -> _Pair | None:
        a, b = self._passage(one), self._passage(other)
        shared = one.words & other.words
        least = min(len(one.words), len(other.words))
        if _weight(shared) < _WORDS or len(shared) < _ALIKE * least or _apart(one, other, a, b):
            return None
        differing = _values(one.tokens, other.tokens)
        if differing is not None:
            kind: Kind = "date" if _is_date(*differing) else "number"
            values = (_shown(differing[0]), _shown(differing[1]))
        elif len(shared) >= _SAME * max(len(one.words), len(other.words)) and _negates(one) != _negates(other):
            kind = "yes_no"
            values = ("no", "yes") if _negates(one) else ("yes", "no")
        else:
            return None
        sides = ((one, values[0]), (other, values[1]))
        return _Pair(kind, sides if _age(a) >= _age(b) else (sides[1], sides[0]))

    def told(self, language: Language) -> Iterator[Claim]:
        """A sentence about each of them, which cites both sides."""
        for pair in self._found:
            (new, _), (old, _) = pair.sides
            yield Claim(_tell(self._side(new), self._side(old), language), (new.span, old.span))

    def _side(self, said: _Said) -> tuple[str, str | None, str]:
        passage = self._passage(said)
        return passage.title or passage.document_id, date_of(passage), " ".join(said.text.split()).rstrip("。.；;")

    def shown(self, numbering: Numbering) -> tuple[Contradiction, ...]:
        """As they stand in the reply."""
        return tuple(
            Contradiction(
                pair.kind,
                self._passage(pair.sides[0][0]).section[-1]
                if self._passage(pair.sides[0][0]).section
                else pair.sides[0][0].text,
                tuple(self._statement(said, value, numbering) for said, value in pair.sides),
            )
            for pair in self._found
        )

    def _statement(self, said: _Said, value: str, numbering: Numbering) -> Statement:
        passage = self._passage(said)
        return Statement(
            n=numbering.number(said.span.hit),
            document_id=passage.document_id,
            version=passage.version,
            passage_id=passage.id,
            title=passage.title,
            text=said.text,
            value=value,
            date=date_of(passage),
        )


def _tell(new: tuple[str, str | None, str], old: tuple[str, str | None, str], language: Language) -> str:
    if language == "zh":
        sides = [f"《{title}》{f'（{date}）' if date else ''}写的是“{text}”" for title, date, text in (new, old)]
        return f"请注意，文档的说法不一致：{sides[0]}，而{sides[1]}。"
    sides = [f"{title}{f' ({date})' if date else ''} says “{text}”" for title, date, text in (new, old)]
    return f"Note that the documents disagree: {sides[0]}, but {sides[1]}."


def date_of(passage: Passage) -> str | None:
    """The date that a document or entry gives itself."""
    told = {**passage.metadata, **passage.fields}
    return next((str(told[key]) for key in _DATES if told.get(key)), None)


def _age(passage: Passage) -> tuple[str, int]:
    """Sorts by own date, then by when it was written into the library (passage ids grow)."""
    return date_of(passage) or "", passage.id


def _within(passage: Passage, said: _Said, place: tuple[int, int, int]) -> bool:
    return passage.id == place[0] and place[1] <= said.span.start and said.span.end <= place[2]


def _apart(one: _Said, other: _Said, a: Passage, b: Passage) -> bool:
    """Whether a name, a heading or a field says that the two are about different things."""
    names = [{token.key for token in side.tokens if token.role == "name"} for side in (one, other)]
    around = [{token.key for token in tokens(f"{p.title} {p.context}")} | s.words for p, s in ((a, one), (b, other))]
    if names[0] - around[1] or names[1] - around[0]:
        return True
    own = {key: value for key, value in a.fields.items() if key not in _DATES}
    if any(b.fields.get(key, value) != value for key, value in own.items()):
        return True
    heads = [{token.key for token in tokens(" ".join(p.section[-1:])) if token.content} for p in (a, b)]
    return bool(heads[0] and heads[1]) and not heads[0] & heads[1]


def _values(one: Sequence[Token], other: Sequence[Token]) -> tuple[Token, Token] | None:
    """The first numbers of both with the same unit, when no number with that unit is in both."""
    for token in one:
        if token.role != "number":
            continue
        alike = [o for o in other if o.role == "number" and o.unit == token.unit]
        mine = {o.key for o in one if o.role == "number" and o.unit == token.unit}
        if alike and not mine & {o.key for o in alike} and len(mine) == len({o.key for o in alike}):
            return token, alike[0]
    return None


def _is_date(one: Token, other: Token) -> bool:
    return one.unit in _DATE_UNITS or all(one.unit is None and _YEAR.fullmatch(token.key) for token in (one, other))


def _shown(token: Token) -> str:
    return f"{token.key} {token.unit}" if token.unit else token.key


def _negates(said: _Said) -> bool:
    return sum(token.role == "polarity" for token in said.tokens) % 2 == 1


def _weight(words: frozenset[str]) -> float:
    return sum(0.5 if len(word) == 1 and not word.isascii() else 1.0 for word in words)
