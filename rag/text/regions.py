"""Which regions of a price or delivery table a place lies in: Canada in North America, 杭州 in 江浙沪."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from importlib.resources import files

from rag.text.places import names_of
from rag.text.tokens import fold

_LABEL = 40  # characters of what a region may be called


@cache
def _regions() -> dict[str, frozenset[str]]:
    """Each name of a region → the places in it, in small letters."""
    known: dict[str, frozenset[str]] = {}
    for line in files("rag.text").joinpath("regions.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, _, listed = line.partition(": ")
            parts = [part.strip() for part in listed.split(",")]
            places = frozenset(part for part in parts if not part.startswith("+"))
            places = places.union(*(known[part[1:]] for part in parts if part.startswith("+")))
            known |= dict.fromkeys((name.strip() for name in names.split(",")), places)
    return known


@lru_cache(maxsize=4_096)
def regions_in(label: str) -> tuple[str, ...]:
    """Names of regions that stand in a label, the longest of those inside each other: `Asia and Pacific` is not Asia."""
    plain = fold(label[:_LABEL]).lower()
    regions = [name for name in _regions() if _stands(name, plain)]
    return tuple(name for name in regions if not any(name != other and name in other for other in regions))


def lies_in(place: str, label: str) -> bool:
    """Whether a region that the label names has the place in it."""
    names = {place.lower(), *names_of(place)}
    return any(not names.isdisjoint(_regions()[region]) for region in regions_in(label))


def smallest(place: str, labels: Sequence[str]) -> str | None:
    """The label of the smallest region that the place lies in, if any: 东南亚 before 亚洲 for Bangkok."""
    names = {place.lower(), *names_of(place)}
    holding = {label: size for label in labels if (size := _size(names, label))}
    return min(holding, key=lambda label: holding[label], default=None)


def _size(names: AbstractSet[str], label: str) -> int:
    return min((len(_regions()[one]) for one in regions_in(label) if not names.isdisjoint(_regions()[one])), default=0)


def _stands(name: str, plain: str) -> bool:
    if not name.isascii():
        return name in plain
    return re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", plain) is not None
