"""Attributes of things that people ask for in other words than tables have: how heavy, 多重 → Weight, 重量.

Only everyday ones; words that a question shares with a table need no list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from rag.text.tokens import one_line

Patterns = Mapping[str, re.Pattern[str]]


class _Known(NamedTuple):
    """By attribute: what it is called, other ways to ask for it, how a value looks, what a column of it is called."""

    nouns: Patterns
    asks: Patterns
    values: Patterns
    names: Patterns


@cache
def _known() -> _Known:
    listed = tomllib.loads(files("rag.text").joinpath("attributes.toml").read_text(encoding="utf-8"))

    def patterns(*keys: str) -> Patterns:
        by_name = {name: [one for key in keys for one in languages.get(key, ())] for name, languages in listed.items()}
        return {name: re.compile("|".join(some)) for name, some in by_name.items() if some}

    return _Known(patterns("nouns"), patterns("asks"), patterns("values"), patterns("nouns", "names"))


_READ = 500  # characters of a question that are read


@lru_cache(maxsize=4_096)
def attributes_asked(question: str) -> frozenset[str]:
    """Keys of the attributes that a question asks for; what it calls by name goes before what it only describes."""
    plain = one_line(question[:_READ])
    named = [name for name, nouns in _known().nouns.items() if nouns.search(plain)]
    attributes = named or [name for name, asks in _known().asks.items() if asks.search(plain)]
    return frozenset(
        attributes[:1] if {"load", "weight"} <= set(attributes) or {"charging", "duration"} <= set(attributes) else attributes
    )


def without_attributes(question: str) -> str:
    """The question without the words by which it asks for an attribute."""
    plain = one_line(question[:_READ])
    for name in attributes_asked(question):
        for pattern in (_known().nouns.get(name), _known().asks.get(name)):
            plain = pattern.sub(" ", plain) if pattern else plain
    return plain


# Whose name or values a text that tells them is sure to have.
_PLAIN = frozenset(
    "load weight size power noise capacity speed charging battery warranty temperature voltage deposit resolution".split()
)

_MEASURED = frozenset("load weight noise speed voltage".split())  # however they are asked for


@lru_cache(maxsize=4_096)
def lacks_plainly(question: str, text: str) -> bool:
    """Whether a question asks by its name for an attribute of which the text has neither the name nor such a value."""
    plain = one_line(question[:_READ])
    named = [
        name
        for name in attributes_asked(question)
        if name in _PLAIN and (name in _MEASURED or _known().nouns[name].search(plain))
    ]
    return bool(named) and not any(is_called(name, text) or looks_like(name, text) for name in named)


@lru_cache(maxsize=20_000)
def is_called(attribute: str, label: str) -> bool:
    """Whether a column or a row of that label holds the attribute."""
    return _known().names[attribute].search(one_line(label)) is not None


def looks_like(attribute: str, text: str) -> bool:
    """Whether a value of that attribute stands in the text, as far as its shape tells."""
    shape = _known().values.get(attribute)
    return shape is not None and shape.search(one_line(text)) is not None
