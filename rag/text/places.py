"""Places in a text: those of a list in English, words that the segmenter takes for places in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from rag.text import chinese
from rag.text.tokens import fold

# Where such a word stands in a passage, it speaks of places that it does not list.
_EVERYWHERE = re.compile(
    r"其他|其它|其余|全国|全球|各地|各国|所有|任何|海外|境外|国外|港澳台"
    r"|\b(?:others?|rest of|all|any|every|worldwide|international(?:ly)?|global(?:ly)?|abroad|overseas|elsewhere|everywhere"
    r"|eu|european union|anywhere|outside)\b",
    re.IGNORECASE,
)
_LONGEST = 400  # characters that are read


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Each listed place → all names of it."""
    known: dict[str, tuple[str, ...]] = {}
    for line in files("rag.text").joinpath("places.txt").read_text(encoding="utf-8").splitlines():
        for one in () if line.startswith("#") else line.split(","):
            names = tuple(name.strip() for name in one.split("=") if name.strip())
            known |= {name: names for name in names if len(names) > len(known.get(name, ()))}
    return known


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """First character of a place's name → how long such names are, the longest first."""
    lengths: dict[str, set[int]] = {}
    for name in _groups():
        lengths.setdefault(name[0], set()).add(len(name))
    return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in lengths.items()}


def _listed(text: str) -> Iterator[tuple[int, str]]:
    """Listed names in a text, with where each begins: the longest that stands there, those in Latin letters as whole words.

    By looking names up: a pattern of all of them takes longer to compile than a question takes to answer.
    """
    small, known, lengths, at = text.lower(), _groups(), _lengths(), 0
    if len(small) != len(text):  # İ is two characters when it is small
        small = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    while at < len(text):
        for length in lengths.get(small[at], ()):
            name = small[at : at + length]
            if name in known and not (name.isascii() and (_is_letter(text, at - 1) or _is_letter(text, at + length))):
                yield at, text[at : at + length]
                at += length
                break
        else:
            at += 1


def _is_letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalpha()


def names_of(place: str) -> tuple[str, ...]:
    """All names of a place: uk, united kingdom, great britain, 英国."""
    return _groups().get(place.lower(), (place.lower(),))


# Written small they are other words; `I like nice bath towels`.
_CAPITALS = frozenset(
    "us uk uae nice bath cork jersey turkey chad essen york hull reading mali georgia jordan phoenix portland".split()
)


@lru_cache(maxsize=4_096)
def places_in(text: str) -> tuple[str, ...]:
    """Places in order, as they are written."""
    plain = fold(text[:_LONGEST])
    places = [(at, name) for at, name in _listed(plain) if _is_place(name)]
    at = 0
    for word, tag in chinese.tag(plain) if not plain.isascii() else ():
        if tag == "ns" and not word.isascii() and len(word) > 1:
            places.append((at, word))
        at += len(word)
    kept: dict[str, str] = {}
    for _, name in sorted(places):
        kept.setdefault(names_of(name)[0], name)
    return tuple(kept.values())


def _is_place(word: str) -> bool:
    return word.lower() not in _CAPITALS or word[0].isupper()


def says_everywhere(text: str) -> bool:
    """Whether a text also speaks of places that it does not name: other countries, worldwide."""
    return _EVERYWHERE.search(text) is not None
