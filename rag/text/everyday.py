"""Everyday things by the names customers and documents give them, in both languages: kid and 儿童, 过年 and public holiday.

For telling whether a text says what a question asks, and which row or column is meant; never for finding candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from rag.text.tokens import Cutter, one_line, words

_HAN = re.compile(r"[\u4e00-\u9fff]")

Things = Mapping[str, frozenset[int]]
"""Words of a question → numbers of the everyday things that each names, by itself or with others."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Of all things: English names as their words, Chinese ones as they are written. apart: those after which rows
    and columns are called."""

    latin: tuple[tuple[frozenset[str], ...], ...]
    han: tuple[tuple[str, ...], ...]
    by_word: dict[str, list[tuple[frozenset[str], int]]]
    by_text: dict[str, list[int]]
    cutter: Cutter
    apart: frozenset[int]


@lru_cache(maxsize=5_000)
def things_of(question: str) -> Things:
    """Words that name no such thing are left out."""
    terms, names = set(words(question)), _names()
    out: dict[str, set[int]] = {}
    for term in terms:
        for name, thing in names.by_word.get(term, ()):
            if terms.issuperset(name):
                for word in name:
                    out.setdefault(word, set()).add(thing)
    if _HAN.search(question):
        plain = one_line(question)
        for start, end in names.cutter.places(plain):
            for word in (*words(plain[start:end]), plain[start:end]):
                if word in terms:
                    out.setdefault(word, set()).update(names.by_text[plain[start:end]])
    return {word: frozenset(things) for word, things in out.items()}


def telling(things: Things) -> frozenset[int]:
    """Those of a question's things after which rows and columns are called."""
    return frozenset[int]().union(*things.values()) & _names().apart


def is_said(things: Iterable[int], text: str, present: frozenset[str]) -> bool:
    """Whether a text names one of the things. `present`: its words, as `rag.text.term_coverage.word_set`."""
    names = _names()
    return any(any(one in text for one in names.han[at]) or any(one <= present for one in names.latin[at]) for at in things)


@cache
def _names() -> _Names:
    latin, han, apart = list[tuple[frozenset[str], ...]](), list[tuple[str, ...]](), set[int]()
    lines = files("rag.text").joinpath("everyday.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            if line.startswith("*"):
                apart.add(len(han))
            names = [part.strip() for part in line.removeprefix("*").split("|")]
            latin.append(tuple({frozenset(words(one)) for one in names if not _HAN.search(one)} - {frozenset()}))
            han.append(tuple(one_line(one) for one in names if _HAN.search(one)))
    by_word: dict[str, list[tuple[frozenset[str], int]]] = {}
    by_text: dict[str, list[int]] = {}
    for thing, (english, chinese) in enumerate(zip(latin, han, strict=True)):
        for name in english:
            by_word.setdefault(min(name), []).append((name, thing))
        for one in chinese:
            by_text.setdefault(one, []).append(thing)
    return _Names(tuple(latin), tuple(han), by_word, by_text, Cutter(by_text), frozenset(apart))
