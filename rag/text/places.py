"""Places in a text: those of a list in English, words that the segmenter takes for places in Chinese."""

from __future__ import annotations

import re
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
def _listed() -> re.Pattern[str]:
    names = sorted(_groups(), key=len, reverse=True)
    words = (rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" if name.isascii() else re.escape(name) for name in names)
    return re.compile("|".join(words), re.IGNORECASE)


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
    found = [(one.start(), one.group()) for one in _listed().finditer(plain) if _is_place(one.group())]
    at = 0
    for word, tag in chinese.tag(plain) if not plain.isascii() else ():
        if tag == "ns" and not word.isascii() and len(word) > 1:
            found.append((at, word))
        at += len(word)
    kept: dict[str, str] = {}
    for _, name in sorted(found):
        kept.setdefault(names_of(name)[0], name)
    return tuple(kept.values())


def _is_place(word: str) -> bool:
    return word.lower() not in _CAPITALS or word[0].isupper()


def says_everywhere(text: str) -> bool:
    """Whether a text also speaks of places that it does not name: other countries, worldwide."""
    return _EVERYWHERE.search(text) is not None
