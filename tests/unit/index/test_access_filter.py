"""Which passages a caller may search: what is kept up over many changes is what a walk over all passages finds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from rag.domain import Scope
from rag.index.access import AccessFilter
from rag.index.roll import Roll
from rag.record.changes import Attributes

SCOPES = [
    Scope(),
    Scope("a"),
    Scope(collections=("a", "b")),
    Scope("c", collections=("a", "b")),
    Scope(groups=()),
    Scope(groups=("g1",)),
    Scope("a", groups=("g1", "g2"), collections=("a",)),
    Scope(filters={"n": [1, 2]}, groups=("g2",)),
]


def roll(told: dict[int, Attributes]) -> Roll:
    made = Roll()
    made.add(told.items())
    return made


def brute(scope: Scope, attributes: Roll) -> set[int]:
    def may(told: Attributes) -> bool:
        return (
            scope.collection in (None, told.collection)
            and (scope.collections is None or told.collection in scope.collections)
            and (scope.groups is None or not told.acl or bool(set(told.acl) & set(scope.groups)))
            and ("n" not in scope.filters or told.metadata["n"] in scope.filters["n"])
        )

    return {key for key, told in attributes.items() if may(told)}


@pytest.mark.parametrize("seed", range(5))
def test_it_follows_every_change(seed: int) -> None:
    rng, attributes, last = random.Random(seed), Roll(), 0
    permitted = AccessFilter(attributes)
    for _ in range(60):
        removed = rng.sample(sorted(attributes), min(len(attributes), rng.randint(0, 4)))
        added = list(range(last, last := last + rng.randint(0, 6)))
        for key in removed:
            attributes.pop(key)
        for key in added:
            acl = tuple(rng.sample(["g1", "g2", "g3"], rng.randint(0, 2)))
            attributes.add([(key, Attributes(rng.choice("abc"), acl, {"n": rng.randint(0, 3)}, {}))])
        permitted.apply(added, np.array(removed, np.int64))
        for scope in rng.sample(SCOPES, 4):
            ids = permitted.ids(scope)
            assert (set(attributes) if ids is None else set(ids.tolist())) == brute(scope, attributes)


def test_nothing_is_named_when_everything_may_be_seen() -> None:
    permitted = AccessFilter(roll({key: Attributes("a", (), {}, {}) for key in range(5)}))
    assert permitted.ids(Scope()) is permitted.ids(Scope("a")) is permitted.ids(Scope(groups=())) is None
    assert permitted.ids(Scope("b")) is not None


def test_many_scopes_do_not_fill_the_memory() -> None:
    permitted = AccessFilter(roll({1: Attributes("a", (), {}, {})}))
    for n in range(1000):
        assert permitted.ids(Scope(f"c{n}")) is not None
    assert len(permitted._known) <= 64


def test_passages_that_are_left_out_are_not_searched_whatever_else_is_asked():
    told = {key: Attributes("one" if key < 3 else "two", (), {}, {}) for key in range(6)}
    permitted = AccessFilter(roll(told))
    assert sorted(permitted.ids(Scope(without=(1, 4))).tolist()) == [0, 2, 3, 5]
    assert sorted(permitted.ids(Scope("one", without=(1, 4))).tolist()) == [0, 2]
    assert permitted.ids(Scope()) is None
