"""Which of several siblings (models, plans, branches) a question names: whole, in one of two languages, by its own part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.calendar_spans import during
from rag.text.everyday import is_said, telling, things_of
from rag.text.labels import flat, stands_in
from rag.text.places import names_of, places_in
from rag.text.ranges import within
from rag.text.regions import smallest
from rag.text.term_coverage import word_set
from rag.text.tokens import one_line

# Words that are names of things and everyday words as well; alone they name a thing only as they are written there.
_EVERYDAY = frozenset(
    "one two three free all other home go plus air max team business basic standard light start open new total full day".split()
)


def named_among(question: str, names: Sequence[str]) -> frozenset[str]:
    """Which of the names of siblings (models, plans, branches) a question names: whole, or by what sets it apart from the
    others (`the Duo` of Corvino Uno and Corvino Duo). Of names inside each other the longest; empty where it is all of them."""
    heads = [name for name in dict.fromkeys(names) if name.strip()]
    if len(heads) < 2:
        return frozenset()
    if (ranges := within(question, heads)) is not None:
        return ranges
    if spans := during(question, heads):
        return spans if len(spans) < len(heads) else frozenset()
    plain = flat(question)
    forms = _forms(tuple(heads))
    whole = {head for head in heads if any(stands_in(flat(form), plain) for form in forms[head])}
    named = (
        whole
        or {head for head, own in apart(heads).items() if _called_by(own, question)}
        or _placed(question, heads)
        or _shortened(question, heads)
    )
    named = {head for head in named if not any(head != other and flat(head) in flat(other) for other in named)}
    return frozenset(named) if len(named) < len(heads) else frozenset()


def meant_among(question: str, names: Sequence[str]) -> frozenset[str]:
    """As `named_among`, else the names of everyday things that the question calls otherwise."""
    return named_among(question, names) or in_other_words(question, names)


def in_other_words(question: str, heads: Sequence[str]) -> frozenset[str]:
    """Those that are everyday things which the question calls by another name: 法定节假日 for 过年, Child (5–15) for a kid."""
    question_things = telling(things_of(question))
    said = {head: {thing for thing in question_things if is_said((thing,), one_line(head), word_set(head))} for head in heads}
    common = frozenset.intersection(*map(frozenset, said.values())) if said else frozenset[int]()
    return frozenset(head for head, things in said.items() if things - common)


def _placed(question: str, heads: Sequence[str]) -> set[str]:
    """Of branches in different places the one of the question's place: 北京朝阳店 of 北京店; of regions the smallest that it
    lies in: North America for Canada."""
    places = places_in(question)
    if not (wanted := {names_of(place)[0] for place in places}):
        return set()
    places_of = {head: [names_of(place)[0] for place in places_in(head)[:1]] for head in heads}
    first = [places[0] for places in places_of.values() if places]
    own = {head for head, its in places_of.items() if its and its[0] in wanted and first.count(its[0]) == 1}
    return own or {region for place in places if (region := smallest(place, heads)) is not None}


def _shortened(question: str, heads: Sequence[str]) -> set[str]:
    """The one whose first and last character stand side by side: 小车 of 小型车 beside 大型车."""
    short = {head: head[0] + head[-1] for head in heads if _HAN_SHORT.fullmatch(head)}
    named = {head for head, two in short.items() if two in question}
    return named if len(named) == 1 and len(set(short.values())) == len(short) else set()


_HAN_SHORT = re.compile(r"[\u4e00-\u9fff]{3,4}")


def _forms(heads: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each name, and where all are given in two languages (`固定工位 Desk`, `独立办公室 Studio`) its parts by themselves."""
    both = {head: _TWO.fullmatch(head.strip()) for head in heads}
    parts = {head: tuple(part for part in match.groups() if part) for head, match in both.items() if match}
    if len(parts) < len(heads) or any(len({one[at] for one in parts.values()}) < len(heads) for at in (0, 1)):
        return {head: (head,) for head in heads}
    return {head: (head, *own) for head, own in parts.items()}


_LATIN_NAME, _HAN_PART = r"([A-Za-z][A-Za-z &'-]+[A-Za-z])", r"([\u4e00-\u9fff][^A-Za-z]*[\u4e00-\u9fff])"
_TWO = re.compile(rf"{_HAN_PART}[ /|(（]+{_LATIN_NAME}[)）]?|{_LATIN_NAME}[ /|(（]+{_HAN_PART}[)）]?")


def apart(heads: Sequence[str]) -> dict[str, str]:
    """What is left of each name of siblings without the words (for Chinese: characters) that all begin or end with; empty
    where they share none."""
    if len(heads) > 1 and all(_HAN_NAME.fullmatch(head) for head in heads):
        return _apart_zh(heads)
    words_of = {head: _NAME_WORD.findall(head) for head in heads}
    if min(map(len, words_of.values())) < 2:
        return {}
    first, last = 0, 0
    while (
        all(len(own) > first + 1 for own in words_of.values()) and len({own[first].lower() for own in words_of.values()}) == 1
    ):
        first += 1
    while (
        all(len(own) > first + last + 1 for own in words_of.values())
        and len({own[-1 - last].lower() for own in words_of.values()}) == 1
    ):
        last += 1
    if not first and not last:
        return {}
    return {head: " ".join(own[first : len(own) - last]) for head, own in words_of.items()}


def _apart_zh(heads: Sequence[str]) -> dict[str, str]:
    first, last, shortest = 0, 0, min(map(len, heads))
    least = 1 if all(head[-1] in "一二三四五六七八九十" for head in heads) else 2  # characters that are left of each
    while first < shortest - least and len({head[first] for head in heads}) == 1:
        first += 1
    while last < shortest - first - least and len({head[-1 - last] for head in heads}) == 1:
        last += 1
    return {head: head[first : len(head) - last] for head in heads} if first or last else {}


_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{3,12}")
_NAME_WORD = re.compile(r"\d+(?:[.,]\d+)+|[\w&+-]+")


def _called_by(own: str, question: str) -> bool:
    flags = 0 if own.lower() in _EVERYDAY else re.IGNORECASE
    if not own.isascii():
        return len(own) > 1 and own in question
    if len(own) == 1 and (own.islower() or own.isdigit() or question.startswith(own)):
        return False
    flags = 0 if len(own) == 1 else flags
    return re.search(rf"(?<![A-Za-z0-9.]){re.escape(own)}(?![A-Za-z0-9]|\.\d)", question, flags) is not None
