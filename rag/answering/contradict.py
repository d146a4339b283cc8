"""Passages that disagree about what an answer cites are shown as such, the newest first; nothing is averaged.

Two sentences of different passages are about the same thing when they share most of their words and no name, heading, field
or time tells them apart (`rag.answering.subject`). They disagree when one number with the same unit, or one date, has another
value and all else is equal, or one says no and the other yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.cite import Numbering
from rag.answering.facts import Token, tokens
from rag.answering.subject import apart
from rag.domain import Claim, Hit, Language, Passage, Sentence, Span
from rag.domain.grounding import Contradiction, Statement
from rag.text.sentences import split_sentences

Kind = Literal["number", "date", "yes_no"]

_ALIKE, _SAME = 0.7, 0.8  # share of the shorter sentence's words that both have: for other values, for yes and no
_LONGER = 0.5  # of the longer one's
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
_FORMER = re.compile(
    r"[(（](?:was|were|formerly|previously|before|原来?为?|之前为?|以前为?|旧)[^()（）]*[)）]|\b(?:was|previously) \S+$",
    re.IGNORECASE,
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
    def plain(self) -> str:
        return " ".join(self.text.split()).rstrip("。.；;")

    @property
    def words(self) -> frozenset[str]:
        return frozenset(token.key for token in self.tokens if token.content and token.role != "number")


@dataclass(frozen=True, slots=True)
class _Side:
    """One side as it is told: where it stands, the date that the document gives itself, what it says."""

    place: str
    date: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Pair:
    kind: Kind
    sides: tuple[tuple[_Said, str], tuple[_Said, str]]  # each with its value, the newest first


class Contradictions:
    """Those between what an answer cites and the other passages of the same question."""

    def __init__(self, hits: Sequence[Hit]):
        self._hits = hits
        self._pairs: list[_Pair] = []

    def look(self, query: str, said: Sequence[Sentence]) -> None:
        """Compares the sentences that were cited with those of the other hits."""
        cited = [(c.passage_id, c.start, c.end) for sentence in said for c in sentence.citations]
        all_ = self._sentences()
        mine = [one for one in all_ if any(_within(self._passage(one), one, place) for place in cited)]
        seen = set[frozenset[Span]]()
        for one in mine:
            for other in all_:
                pair = frozenset((one.span, other.span))
                if len(self._pairs) >= _MAX or one.span.hit == other.span.hit or pair in seen:
                    continue
                seen.add(pair)
                kind = self._disagree(one, other)
                if kind is not None:
                    self._pairs.append(kind)

    def _sentences(self) -> list[_Said]:
        sentences = []
        for at, hit in enumerate(self._hits):
            passage = hit.passage
            if hit.aside:
                continue
            for start, end in split_sentences(passage.text):
                text = passage.text[start:end]
                sentences.append(
                    _Said(Span(at, passage.start + start, passage.start + end), text, tokens(_FORMER.sub("", text)))
                )
        return sentences

    def _passage(self, said: _Said) -> Passage:
        return self._hits[said.span.hit].passage

    def _disagree(self, one: _Said, other: _Said) -> _Pair | None:
        a, b = self._passage(one), self._passage(other)
        shared = one.words & other.words
        least, most = sorted((len(one.words), len(other.words)))
        if _weight(shared) < _WORDS or len(shared) < max(_ALIKE * least, _LONGER * most):
            return None
        if _named_apart(one, other, a, b) or apart(a, b, one.text, other.text):
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

    def claims(self, language: Language) -> Iterator[Claim]:
        """A sentence about each of them, which cites both sides."""
        for pair in self._pairs:
            (new, _), (old, _) = pair.sides
            yield Claim(_tell(*self._set_apart(new, old), language), (new.span, old.span))

    def _set_apart(self, new: _Said, old: _Said) -> tuple[_Side, _Side]:
        """Both sides with their places, which are never written alike unless they are one."""
        sides = [_Side(_place(self._passage(said)), date_of(self._passage(said)), said.plain) for said in (new, old)]
        ids = [self._passage(said).document_id for said in (new, old)]
        if (sides[0].place, sides[0].date) == (sides[1].place, sides[1].date) and ids[0] != ids[1]:
            sides = [replace(side, place=f"{side.place} [{id_}]") for side, id_ in zip(sides, ids, strict=True)]
        return sides[0], sides[1]

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
            for pair in self._pairs
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


def _place(passage: Passage) -> str:
    """Title and headings: `Return policy › Version 2`."""
    title = passage.title or passage.document_id
    return " › ".join(dict.fromkeys((title, *passage.section)))


def _tell(new: _Side, old: _Side, language: Language) -> str:
    if (new.place, new.date) == (old.place, old.date):  # one place that says both
        if language == "zh":
            return f"请注意，文档的说法不一致：《{new.place}》里既写了“{new.text}”，又写了“{old.text}”。"
        return f"Note that the document disagrees with itself: {new.place} says “{new.text}” and “{old.text}”."
    if language == "zh":
        sides = [f"《{side.place}》{f'（{side.date}）' if side.date else ''}写的是“{side.text}”" for side in (new, old)]
        return f"请注意，文档的说法不一致：{sides[0]}，而{sides[1]}。"
    sides = [f"{side.place}{f' ({side.date})' if side.date else ''} says “{side.text}”" for side in (new, old)]
    return f"Note that the documents disagree: {sides[0]}, but {sides[1]}."


def date_of(passage: Passage) -> str | None:
    """The date that a document or entry gives itself."""
    fields = {**passage.metadata, **passage.fields}
    return next((str(fields[key]) for key in _DATES if fields.get(key)), None)


def _age(passage: Passage) -> tuple[str, int]:
    """Sorts by own date, then by when it was written into the library (passage ids grow)."""
    return date_of(passage) or "", passage.id


def _within(passage: Passage, said: _Said, place: tuple[int, int, int]) -> bool:
    return passage.id == place[0] and place[1] <= said.span.start and said.span.end <= place[2]


def _named_apart(one: _Said, other: _Said, a: Passage, b: Passage) -> bool:
    """Whether one has a name that the other and what stands above it have not."""
    names = [{token.key for token in side.tokens if token.role == "name"} for side in (one, other)]
    around = [{token.key for token in tokens(f"{p.title} {p.context}")} | s.words for p, s in ((a, one), (b, other))]
    return bool(names[0] - around[1] or names[1] - around[0])


def _values(one: Sequence[Token], other: Sequence[Token]) -> tuple[Token, Token] | None:
    """The numbers that differ, where all others are the same and stand in the same order; a date's numbers are one."""
    a, b = ([token for token in side if token.role == "number"] for side in (one, other))
    if not a or len(a) != len(b) or any(x.unit != y.unit for x, y in zip(a, b, strict=True)):
        return None
    differing = [(x, y) for x, y in zip(a, b, strict=True) if x.key != y.key]
    if not differing or (len(differing) > 1 and not all(_is_date(x, y) for x, y in differing)):
        return None
    return differing[0]


def _is_date(one: Token, other: Token) -> bool:
    return one.unit in _DATE_UNITS or all(one.unit is None and _YEAR.fullmatch(token.key) for token in (one, other))


def _shown(token: Token) -> str:
    return f"{token.key} {token.unit}" if token.unit else token.key


def _negates(said: _Said) -> bool:
    return sum(token.role == "polarity" for token in said.tokens) % 2 == 1


def _weight(words: frozenset[str]) -> float:
    return sum(0.5 if len(word) == 1 and not word.isascii() else 1.0 for word in words)
