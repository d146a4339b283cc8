"""Names in a question that the library does not have: a code beside its siblings (E1025 where E1021 and E1022 are told of), a
place or plan beside others that are called alike (`Paris centre`, 朝阳店).

A name counts as unknown only where the library has names of its kind, and calls things by them: in titles, headings, fields, a
row's first cell. What merely occurs in a sentence (a standard, another maker's product) makes no kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache, partial

from rag.domain import Hit, Passage, Scope
from rag.domain.grounding import Unknown
from rag.index.lexical import Lexical
from rag.index.mirror import Mirror
from rag.index.postings import Ids
from rag.record.ledger import Ledger
from rag.search.beside import beside
from rag.search.numbered_zh import beside_numbers
from rag.search.series import ANY_EN, ANY_ZH, BINDS, CAPITALS, EN, PROPER, ZH
from rag.text import chinese
from rag.text.labels import cells, flat, labels, stands_in
from rag.text.names import Name, asked_names, names_in, numbered
from rag.text.tokens import fold, words

_NEAREST = 4
_CANDIDATES, _EACH = 12, 3  # siblings that are looked at, passages of each
_LABEL = 40  # characters of a label, at most


def unknown_names(
    question: str, mirror: Mirror, ledger: Ledger, scope: Scope, hits: Sequence[Hit], version: int
) -> tuple[Unknown, ...]:
    """The names that the question is about and that no passage has which the scope permits; `hits`: its own, at `version`."""
    codes = [name for name in names_in(question) if name.series != "#.#" and not name.family]
    if codes:
        looked = mirror.look(scope, partial(_look, tuple(dict.fromkeys(codes))))
        unknowns = [unknown for one in looked if (unknown := _beside(one, ledger, version)) is not None]
    else:
        read = partial(_reading, mirror, ledger, scope, version)
        unknowns = (
            _numbers(question, hits, read)
            or _numbered(question, hits, read)
            or beside_numbers(question, hits, read)
            or _unlike(question, hits, read)
            or beside(question, hits, read)
        )
    return tuple({unknown.name: unknown for unknown in unknowns}.values())


def _reading(mirror: Mirror, ledger: Ledger, scope: Scope, version: int, parts: Sequence[str]) -> Mapping[int, Passage]:
    """Some passages that have all the words and that the scope permits."""
    ids = mirror.look(scope, lambda lexical, allowed: lexical.having(parts, 5 * _CANDIDATES, allowed))
    return ledger.passages_at(ids, version) if ids else {}


# -- codes -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Looked:
    """A code that no passage has as one word. maybe: passages that have its parts; near: siblings, nearest first, and passages
    of each."""

    name: Name
    maybe: Sequence[int]
    near: Mapping[str, Sequence[int]]


def _look(codes: Sequence[Name], lexical: Lexical, allowed: Ids | None) -> list[_Looked]:
    results = []
    for name in codes:
        code, _, variant = name.key.partition(" ")
        if not variant and lexical.having([code], 1, allowed):
            continue
        parts = [code, variant] if variant else re.findall(r"[a-z]+|\d+", code)
        near = [code] if variant else []
        near += sorted((one for one in lexical.codes(name.series) if _alike(one, code)), key=lambda one: _distance(one, code))
        held = {one: ids for one in near[: 4 * _CANDIDATES] if (ids := lexical.having([one], _EACH, allowed))}
        results.append(_Looked(name, lexical.having(parts, 2 * _CANDIDATES, allowed), dict(list(held.items())[:_CANDIDATES])))
    return results


def _alike(one: str, other: str) -> bool:
    """Of codes of one series: whether they are about as long, so that they may be numbered in one row."""
    return one != other and abs(len(one) - len(other)) <= 1


def _distance(one: str, other: str) -> tuple[int, int, int]:
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    numbers = [int("".join(re.findall(r"\d", code))) for code in (one, other)]
    return abs(len(one) - len(other)), -same, abs(numbers[0] - numbers[1])


def _beside(looked: _Looked, ledger: Ledger, version: int) -> Unknown | None:
    """The unknown name with its siblings as documents call them; None: it is known after all, or nothing is called so."""
    if not looked.near:
        return None
    ids = [*looked.maybe, *(one for some in looked.near.values() for one in some)]
    passages = ledger.passages_at(list(dict.fromkeys(ids)), version)
    if any(_spells(passages[key], looked.name) for key in looked.maybe if key in passages):
        return None
    shown: dict[str, None] = {}
    for code, some in looked.near.items():
        for key in some:
            labels = _called(passages[key], code) if key in passages else []
            shown |= dict.fromkeys(labels if code in looked.name.key else labels[:1])  # of a C2 Max both C2 and C2 Pro
            if labels and code not in looked.name.key:
                break
    return Unknown(looked.name.text, tuple(shown)[:_NEAREST]) if shown else None


def _spells(passage: Passage, name: Name) -> bool:
    """Whether it has the name with a space inside (`Cam 2` for a Cam2), or whole where only its parts were looked for."""
    text = fold(f"{passage.context}\n{passage.text}").lower()
    letters = r"[\s_-]?".join(map(re.escape, re.findall(r"[a-z]+|\d+", name.key)))
    return re.search(rf"(?<![a-z0-9]){letters}(?![a-z0-9])", text) is not None


def _called(passage: Passage, code: str) -> list[str]:
    """How the passage writes the code, and its variants, where it calls something by it."""
    held = (name for label in labels(passage) for name in names_in(label))
    return list(dict.fromkeys(name.text for name in held if name.key == code or name.key.startswith(f"{code} ")))


# -- numbers that are names ----------------------------------------------------------------------------------------------

_NUMBER_NAME = re.compile(
    r"(?P<word>\b(?:error|fault|alarm|status|exit|result|return|stop)(?: codes?| no\.?| number)?|\bcode"
    r"|(?:错误|故障|报警|报错|警报|告警|返回|状态|异常)(?:代?码|代号|编号|号)?|代码|错误码"
    r"|故障码)\s*[:：#]?\s*(?P<number>\d{2,6})(?![\d.])",
    re.IGNORECASE,
)


def _numbers(question: str, hits: Sequence[Hit], read: Callable[[Sequence[str]], Mapping[int, Passage]]) -> list[Unknown]:
    """`Error 619` where rows or headings are called 618 and 620 and no passage has a 619."""
    match = _NUMBER_NAME.search(fold(question))
    if match is None or read([match["number"]]):
        return []
    bare = re.compile(
        rf"(?:{_NUMBER_NAME.pattern[: _NUMBER_NAME.pattern.rindex('(?P<number>')].replace('?P<word>', '?:')})?(\d+)", re.I
    )
    kin = dict.fromkeys(
        label
        for hit in hits
        for label in (*hit.passage.section[-1:], *cells(hit.passage))
        if (label_match := bare.fullmatch(label)) and len(label_match[1]) == len(match["number"])
    )
    near = sorted(kin, key=lambda label: abs(int(re.sub(r"\D", "", label)) - int(match["number"])))
    return [Unknown(match.group(), tuple(near[:_NEAREST]))] if len(kin) > 1 else []


def _numbered(question: str, hits: Sequence[Hit], read: Callable[[Sequence[str]], Mapping[int, Passage]]) -> list[Unknown]:
    """`Note 5` where titles or headings are called Note 3 and Note 33, and no passage has a Note 5."""
    for name in asked_names(question):
        if not name.series.endswith(" #"):
            continue
        above = (label for hit in hits for label in (hit.passage.title, *hit.passage.section))
        kin = dict.fromkeys(one.text for label in above for one in numbered(label) if one.series == name.series)
        if len(kin) > 1 and not any(_spells(passage, name) for passage in read(words(name.text)).values()):
            return [Unknown(name.text, tuple(kin)[:_NEAREST])]
    return []


# -- places and plans --------------------------------------------------------------------------------------------------


def _unlike(question: str, hits: Sequence[Hit], read: Callable[[Sequence[str]], Mapping[int, Passage]]) -> list[Unknown]:
    """Names before a noun that two or more things of the hits are called with, and none by that name."""
    if not _may_be_called(question):
        return []
    labels = (label for hit in hits for label in (*hit.passage.section[-1:], hit.passage.title, *cells(hit.passage)))
    called = dict.fromkeys(label for label in labels if 2 <= len(label) <= _LABEL)
    unknowns = []
    for name, head, kin in (*_chinese(question, called), *_english(question, called)):
        documents = {hit.passage.document_id for hit in hits if _has(hit.passage, kin)}
        if not _stands_somewhere(name, head, documents, read(list(dict.fromkeys(words(head))) or [head.lower()]).values()):
            unknowns.append(Unknown(name, tuple(kin[:_NEAREST])))
    return unknowns


def _may_be_called(question: str) -> bool:
    """Whether it has a noun of a place or plan, or two capitals in a row: most questions have none."""
    plain = fold(question)
    small = plain.lower()
    return any(noun in plain for noun in ZH) or any(noun in small for noun in EN) or CAPITALS.search(plain) is not None


def _has(passage: Passage, kin: Iterable[str]) -> bool:
    return any(label in passage.text or label in passage.section or label == passage.title for label in kin)


def _stands_somewhere(name: str, head: str, documents: AbstractSet[str], passages: Iterable[Passage]) -> bool:
    """Whether some passage has the name, or one of the documents that have its kin the part that sets it apart."""
    bare, alone = flat(name), flat(head)
    for passage in passages:
        text = flat(f"{passage.context}\n{passage.text}")
        if bare in text or (alone in text and passage.document_id in documents):
            return True
    return False


def _chinese(question: str, called: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(name, what sets it apart, its kin) where the question has a name before a noun of the labels'."""
    plain = re.sub(r"\s+", "", fold(question))
    for noun, place in ZH.items():
        at = plain.find(noun)
        if at < 1:
            continue
        kin = [label for label in called if flat(label).endswith(noun) and len(flat(label)) > len(noun)]
        heads = {flat(label)[: -len(noun)] for label in kin}
        if len(heads) < 2 or any(stands_in(flat(label), flat(plain)) for label in called if noun in label):
            continue
        head = _head(plain, at, noun)
        if _ASKS.search(head):
            continue
        tags = _parts_of_speech(head)
        proper = all(_parts_of_speech(one)[-1:] in [[tag] for tag in PROPER] for one in list(heads)[:3])
        fits = tags[-1:] and (tags[-1] in PROPER if place or proper else tags[-1] not in BINDS)
        if any(label[0] + label[-1] in plain for label in map(flat, kin)):  # 小车 of 小型车
            continue
        if 1 < len(head) <= 6 and head not in ANY_ZH and fits:
            yield head + noun, head, kin
            return


_ASKS = re.compile(r"[哪几什么多少这那每各]")  # 哪几种卡, 那银卡: no names


def _head(plain: str, at: int, noun: str) -> str:
    """What stands before the noun: the rest of the word that it ends, else the word before, with a place before that."""
    end, heads = 0, list[str]()
    for word, tag in chinese.tag(plain):
        start, end = end, end + len(word)
        if start < at < end:
            return (heads[-1] if heads else "") + plain[start:at]
        if end == at:
            return heads[-1] + word if heads and tag in PROPER else str(word)
        heads.append(word if tag == "ns" else "")
    return ""


@lru_cache(maxsize=2_000)
def _parts_of_speech(text: str) -> list[str]:
    return [tag for _, tag in chinese.tag(text)]


def _english(question: str, called: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """`Paris centre` beside Leeds centre and York centre; `Muka Trio` beside Muka One and Muka Duo."""
    plain = fold(question)
    small = plain.lower()
    labels = [label.split() for label in called if label.isascii() and 2 <= len(label.split()) <= 5]
    for noun, place in EN.items():
        if noun not in small:
            continue
        kin = [" ".join(label) for label in labels if label[-1].lower() == noun]
        match = re.search(rf"\b([A-Za-z][\w'’-]+)\s+({noun})\b", plain, re.IGNORECASE)
        if len(set(kin)) < 2 or match is None or any(one.lower() in plain.lower() for one in kin):
            continue
        head = match[1]
        capital = head[0].isupper() and match.start() > 0
        if head.lower() not in ANY_EN and (capital or place):
            yield match.group(), head, list(dict.fromkeys(kin))
            return
    yield from _after(plain, labels)


def _after(plain: str, labels: Sequence[Sequence[str]]) -> Iterator[tuple[str, str, list[str]]]:
    firsts = {label[0] for label in labels if label[0][0].isupper() and len(label) <= 3 and label[1][0].isupper()}
    for first in sorted(firsts):
        kin = list(dict.fromkeys(" ".join(label) for label in labels if label[0] == first and label[1][0].isupper()))
        match = re.search(rf"\b{re.escape(first)}\s+([A-Z][a-z]{{2,}})\b", plain)
        two = len({label.split()[1] for label in kin}) >= 2 and all(len(label.split()) == 2 for label in kin)
        if two and match and not any(one.lower() in plain.lower() for one in kin):
            yield match.group(), match[1], kin
            return
