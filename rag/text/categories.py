"""Everyday things of one kind (ways to pay, carriers, weekdays, places): a text about one says nothing of another."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from rag.text.places import names_of, places_in
from rag.text.tokens import fold

PLACE = "place"
_LONGEST = 400  # characters that are read
_ALL = re.compile(
    r"其他|其它|其余|所有|全部|任何|各种|每天|全年|周末|节假日|工作日|宠物|动物|(?:周|星期)[一二三四五六]\s*(?:至|到|–|-|~)"
    r"|\b(?:others?|rest of|all|any|every|worldwide|international(?:ly)?|abroad|both|weekends?|weekdays?|daily|holidays?"
    r"|pets?|animals?|24/7|mon(?:day)?s?\s*(?:–|-|to))\b",
    re.IGNORECASE,
)


@cache
def _listed() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    known: dict[str, tuple[str, str]] = {}
    for line in files("rag.text").joinpath("categories.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or ":" not in line:
            continue
        kind, _, listed = line.partition(":")
        for one in listed.split(","):
            names = [name.strip() for name in one.split("=")]
            known |= {name: (kind.strip(), names[0]) for name in names}
    longest = sorted(known, key=len, reverse=True)
    words = "|".join(rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name) for name in longest)
    return re.compile(words), known


def names_for(name: str) -> list[str]:
    """All names of the thing that is listed with this first name."""
    return [other for other, (_, first) in _listed()[1].items() if first == name] or [name]


@lru_cache(maxsize=20_000)
def things_in(text: str) -> dict[str, dict[str, str]]:
    """By kind: what a text names, each by its first name, and as it stands there."""
    plain = fold(text[:_LONGEST])
    pattern, known = _listed()
    things: dict[str, dict[str, str]] = {}
    for one in pattern.finditer(plain.lower()):
        kind, name = known[one.group()]
        things.setdefault(kind, {}).setdefault(name, plain[one.start() : one.end()])
    if places := places_in(text):
        things[PLACE] = {names_of(place)[0]: place for place in places}
    return things


def speaks_of_all(text: str) -> bool:
    """Whether a text also speaks of things that it does not name: others, all, weekends."""
    return _ALL.search(text) is not None
