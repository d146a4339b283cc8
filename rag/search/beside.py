"""A thing that a question names beside those of a table: 苏州 where rows are other cities, 年卡 beside 周卡 and 月卡."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from rag.domain import Hit, Passage
from rag.domain.grounding import Unknown
from rag.search.families import headings, tables
from rag.search.series import ANY_EN, PROPER
from rag.search.validity import asked_period
from rag.text import chinese
from rag.text.answer_type import kind_asked
from rag.text.categories import names_for, speaks_of_all, things_in
from rag.text.everyday import things_of
from rag.text.labels import flat
from rag.text.places import names_of, places_in, says_everywhere
from rag.text.regions import lies_in, regions_in
from rag.text.siblings import apart, named_among
from rag.text.tokens import fold, words

Read = Callable[[Sequence[str]], Mapping[int, Passage]]

_NEAREST = 4
_HITS = 3  # whose tables are looked at
_SHORT = 8  # characters of a Chinese name, at most
_ASKS = re.compile(r"[哪几什么多少这那每各的了吗]")
_NUMERAL = re.compile(r"[一二三四五六七八九十]{1,3}")
_OWN = r"\d+|[A-Z]|[A-Za-z][A-Za-z-]+|[一二三四五六七八九十]{1,3}"  # what sets a name apart, behind what all begin with
_DIGITS = re.compile(r"\d+")
_WORD_ZH = re.compile(r"[\u4e00-\u9fff]+")
# Beside a product's first word: `the Corvino machine`, `Corvino prices`.
_ANY = frozenset(
    "machine machines model models product products device devices plan plans account accounts price prices cost costs app "
    "card cards and or is are for in with the a an has have can do does support team shop store online website".split()
)


def beside(question: str, hits: Sequence[Hit], read: Read) -> list[Unknown]:
    """The name with those of its kin that a table has; empty where the question names one of them, or no passage lacks it."""
    if (unknown := _another(question, hits, read)) is not None:
        return [unknown]
    all_ = [(hit, names) for hit in hits[:_HITS] for names in tables(hit) if len(names) > 1]
    held = _held(question, all_)
    rows = [(hit, names) for hit, names in all_ if not named_among(question, names)]
    for hit, names in rows:
        for name in (*_places(question, names, hit), *_patterned(question, names)):
            if name not in held and not _stands(name, read):
                return [Unknown(name, tuple(names[:_NEAREST]))]
    if unknowns := _beside_headings(question, hits, read):
        return unknowns
    for _, names in rows:
        for name in _capital(question, names):
            if name not in held and not _stands(name, read):
                return [Unknown(name, tuple(names[:_NEAREST]))]
    return []


def _beside_headings(question: str, hits: Sequence[Hit], read: Read) -> list[Unknown]:
    """What is built as headings are: 科目四 beside 科目二 and 科目三, release 6.5 beside 6.3 and 6.4."""
    for names in headings(hits):
        if len(names) < 2 or named_among(question, names):
            continue
        for name in _patterned(question, names):
            if asked_period(name, 1) is None and not _stands(name, read):  # January 2026 is no name beside Before April 2026
                return [Unknown(name, tuple(names[:_NEAREST]))]
        heading_versions = [one for name in names for one in _VERSION.findall(name)[:1]]
        question_versions = _VERSION.findall(fold(question))
        if (
            len(heading_versions) == len(names)
            and len(question_versions) == 1
            and question_versions[0] not in heading_versions
            and not _stands(question_versions[0], read)
        ):
            return [Unknown(question_versions[0], tuple(heading_versions[:_NEAREST]))]
    return []


_VERSION = re.compile(r"(?<![A-Za-z0-9.])v?(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)(?![A-Za-z0-9%]|\.\d)")


def _another(question: str, hits: Sequence[Hit], read: Read) -> Unknown | None:
    """A thing that no passage names where the best hit is an entry about another of its kind: `Do you ship to Norway?` beside
    `Do you ship to Switzerland?`, 支持支付宝吗 beside 支持现金吗."""
    question_things = things_in(question)
    if not question_things or not hits:
        return None
    passage = hits[0].passage
    heading = passage.section[-1] if passage.section else ""
    heading_things = things_in(passage.context.rsplit("\n", 1)[-1] if passage.kind == "faq" else heading)
    for kind, things in question_things.items():
        if (
            kind not in heading_things
            or set(things) & set(heading_things[kind])
            or speaks_of_all(f"{passage.context}\n{passage.text}")
        ):
            continue
        if not set(things) & set(things_in(passage.text).get(kind, {})):
            missing = [word for name, word in things.items() if not _stands(word, read) and not _stands(name, read)]
            if missing:
                return Unknown(missing[0], ())
    return _brand(question, question_things, hits, read)


# Kinds whose things are names of somebody's own: what no passage names is not what a passage about another one tells of.
_BRANDS = frozenset("payment carrier assistant service".split())
_GENERIC = frozenset(
    ("cash", "cheque", "bank transfer", "invoice", "credit card", "debit card", "direct debit", "货到付款", "医保卡")
)


def _brand(question: str, question_things: Mapping[str, Mapping[str, str]], hits: Sequence[Hit], read: Read) -> Unknown | None:
    """The only such name of a yes-or-no question (支持花呗吗, does it work with Alexa) where no passage at all has it."""
    named = [
        (kind, name, word)
        for kind, things in question_things.items()
        if kind in _BRANDS
        for name, word in things.items()
        if name not in _GENERIC
    ]
    if len(named) != 1 or kind_asked(question) != "yes_no":
        return None
    kind, name, word = named[0]
    if any(_stands(one, read) for one in names_for(name)):
        return None
    others = dict.fromkeys(one for hit in hits[:_HITS] for one in things_in(hit.passage.text).get(kind, {}).values())
    return Unknown(word, tuple(others)[:_NEAREST])


def _held(question: str, tables_: Sequence[tuple[Hit, Sequence[str]]]) -> set[str]:
    """Places of the question that lie in a region of a table which does not list the places of its regions itself."""
    listing = {id(hit) for hit, names in tables_ if sum(bool(places_in(name)) and not regions_in(name) for name in names) > 1}
    regions = [name for hit, names in tables_ if id(hit) not in listing for name in names]
    return {place for place in places_in(question) if any(lies_in(place, name) for name in regions)}


def _places(question: str, names: Sequence[str], hit: Hit) -> Iterator[str]:
    """Places of the question, where the names are places and nothing speaks of others."""
    if 2 * sum(bool(places_in(name)) for name in names) > len(names) and not says_everywhere(hit.passage.text):
        yield from places_in(question)


def _patterned(question: str, names: Sequence[str]) -> Iterator[str]:
    """What is built as the names are: 年卡 of 周卡 and 月卡, Corvino Trio of Corvino Uno and Corvino Duo, 畅联 99."""
    plain = fold(question)
    if all(_WORD_ZH.fullmatch(name) and len(name) <= _SHORT for name in names):
        yield from _same_end(plain, names)
    yield from _before_kind(plain, names)
    parts = apart(names)
    if not parts or not all(parts.values()):
        return
    one = names[0]
    first, _, _ = one.partition(parts[one])
    if first.strip():
        pattern = rf"(?<![A-Za-z]){re.escape(first.strip())}\s*({_OWN})(?![A-Za-z])"
        numbers, numerals = (all(map(kind.fullmatch, parts.values())) for kind in (_DIGITS, _NUMERAL))
        for match in re.finditer(pattern, plain, re.IGNORECASE):
            own = match[1]
            alike = own.isdigit() == numbers and bool(_NUMERAL.fullmatch(own)) == numerals
            if alike and not own.islower() and own.lower() not in _ANY and not _known(own, names):
                yield match.group()


def _before_kind(plain: str, names: Sequence[str]) -> Iterator[str]:
    """A name before the word with which all end: Gold account beside Basic account and Plus account, 龙岗门诊."""
    if all(map(str.isascii, names)):
        ends = {name.split()[-1].lower() for name in names}
        if len(ends) > 1 or min(len(name.split()) for name in names) < 2:
            return
        for match in re.finditer(rf"\b([A-Z][\w&'-]+)\s+{re.escape(next(iter(ends)))}\b", plain, re.ASCII):
            if match[1].lower() not in _ANY | ANY_EN and not _known(match[1], names):
                yield match.group()
        return
    shortest = min(names, key=len)
    kind = next((shortest[at:] for at in range(len(shortest)) if all(one.endswith(shortest[at:]) for one in names)), "")
    if len(kind) < 2 or not _WORD_ZH.fullmatch(kind) or any(len(name) == len(kind) for name in names):
        return
    tagged = list(chinese.tag(plain))
    for (word, tag), (after, _) in pairwise(tagged):
        if after == kind and len(word) > 1 and tag in PROPER and not _known(word, names):
            yield word + kind


def _capital(question: str, names: Sequence[str]) -> Iterator[str]:
    """A name of one or more words in capitals, as all names of a table are: the Osprey beside Heron, Kestrel and Wren. No
    day, month, feast or everyday thing, and none where the whole question is in capitals."""
    if len(names) < _SOME or not all(_CAPITAL.match(name) for name in names):
        return
    plain = fold(question)
    if len(_CAPITAL.findall(plain)) > _CAPITALS:
        return
    for match in _MID.finditer(plain):
        name = match["name"]
        everyday = _OTHERS.search(name) or things_of(name) or not _DAYS.isdisjoint(things_in(name))
        if not everyday and not _known(name, names):
            yield name


def _same_end(plain: str, names: Sequence[str]) -> Iterator[str]:
    ends = {name[-1] for name in names}
    if len(ends) != 1:
        return
    end = next(iter(ends))
    for word in chinese.cut(plain):
        if 2 <= len(word) <= _SHORT and word.endswith(end) and not _ASKS.search(word) and not _known(word, names):
            yield word


_SOME, _CAPITALS = 3, 4  # names of a table from which on they are a row of names; capitals of a question that tell nothing
_CAPITAL = re.compile(r"\b[A-Z][a-z]+")
_MID = re.compile(
    r"\b(?:the|to|of|for|from|in|on|at|with|a|an)\s+(?P<name>[A-Z][a-z]{2,}(?:\s+[A-Z][a-z]{2,})*)(?=\s*[?.!,]|\s+[a-z]|$)"
)
_DAYS = frozenset(("weekday", "holiday"))  # kinds of names in capitals that are nobody's product
_OTHERS = re.compile(
    r"january|february|march|april|may|june|july|august|september|october|november|december|new year|english|chinese|german"
    r"|french|spanish|italian|internet|bluetooth|google|apple|android",
    re.IGNORECASE,
)


def _known(word: str, names: Sequence[str]) -> bool:
    return any(flat(word) in flat(name) or flat(name) in flat(word) for name in names)


def _stands(name: str, read: Read) -> bool:
    """Whether some passage has the name, or another name of the place."""
    return any(
        flat(other) in flat(f"{one.title}\n{one.context}\n{one.text}")
        for other in names_of(name)
        for one in read(list(dict.fromkeys(words(other))) or [other]).values()
    )
