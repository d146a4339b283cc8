"""The attributes of all passages in columns are what a mapping of them would be, whatever came and went."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from rag.domain import Scope
from rag.index import languages, roll
from rag.index.languages import Languages
from rag.index.roll import Roll
from rag.record.changes import Attributes

HAN, LATIN = "打开 设置 页面 选择 网络", "open the settings page choose network save"


def document(rng: random.Random, ids: range) -> list[tuple[int, Attributes]]:
    metadata = {"n": rng.randint(0, 3)}
    acl = tuple(rng.sample(["g1", "g2"], rng.randint(0, 2)))
    told = rng.choice("abc"), acl, metadata
    return [
        (key, Attributes(*told, {"row": str(key)} if rng.random() < 0.3 else {}, rng.choice(["text", "faq"]), "d", "s"))
        for key in ids
    ]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_a_mapping_of_what_lives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll, "BESIDE", 10)
    rng, truth, mine, last = random.Random(seed), dict[int, Attributes](), Roll(), 0
    for _ in range(60):
        for key in rng.sample(sorted(truth), min(len(truth), rng.randint(0, 6))):
            assert mine.pop(key) == truth.pop(key)
        added = document(rng, range(last, last := last + rng.randint(0, 9)))
        mine.add(added)
        truth.update(added)
        if rng.random() < 0.1:
            mine = Roll(mine.columns())
        ids = np.array(sorted(truth), np.int64)
        assert dict(mine) == truth
        assert mine.ids().tolist() == sorted(truth)
        assert mine.many(ids) == tuple(truth[key] for key in ids.tolist())
        asked = np.arange(-1, last + 2)
        assert mine.holds(asked).tolist() == [key in truth for key in asked.tolist()] == [key in mine for key in asked.tolist()]
        may = Scope(groups=("g1",), collections=("a", "b")).permits
        assert sorted(mine.permitted(may)) == [key for key in ids.tolist() if may(truth[key].collection, truth[key].acl)]

        def fits(its: Attributes) -> bool:
            return its.metadata["n"] > 1 or its.fields.get("row", "0") > "5"

        assert mine.meeting(ids, fits).tolist() == [key for key in ids.tolist() if fits(truth[key])]
        alike = {key: (its.metadata, its.fields) for keys, its in mine.alike() for key in keys}
        assert alike == {key: (its.metadata, its.fields) for key, its in truth.items()}
    assert mine.pop(last) is None and mine.pop(-1) is None
    with pytest.raises(KeyError):
        mine[last]


def test_passages_of_one_document_share_its_metadata_after_any_change() -> None:
    rng, mine = random.Random(1), Roll()
    added = document(rng, range(6))
    mine.add(added)
    mine.pop(2)
    kept = Roll(mine.columns())
    assert {id(its.metadata) for its in kept.values()} == {id(added[0][1].metadata)}


@pytest.mark.parametrize("seed", range(8))
def test_languages_in_columns_are_those_of_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, settled, plain, live, last = random.Random(seed), Languages(), Languages(), set[int](), 0
    for step in range(60):
        removed = rng.sample(sorted(live), min(len(live), rng.randint(0, 6)))
        rows = []
        for key in range(last, last := last + rng.randint(0, 9)):
            rows.append((key, rng.choice([HAN, HAN, LATIN, "12 34"]), (step, key % 2)))
        live = live.difference(removed).union(key for key, *_ in rows)
        monkeypatch.setattr(languages, "BESIDE", 1_000)
        plain.apply(rows, removed)
        monkeypatch.setattr(languages, "BESIDE", 5)
        settled.apply(rows, removed)
        if rng.random() < 0.1:
            settled = Languages(settled.columns())
        for chinese in (False, True):
            assert settled.side(chinese).tolist() == plain.side(chinese).tolist()
        assert settled.sample(None).tolist() == plain.sample(None).tolist()
        assert settled.mixed == plain.mixed
        asked = np.arange(last + 1)
        assert settled.on_side(asked, True).tolist() == plain.on_side(asked, True).tolist()


def test_a_million_passages_take_some_dozens_of_bytes_each(tmp_path: Path) -> None:
    import tracemalloc

    count, shared = 200_000, {"n": 1}
    tracemalloc.start()
    try:
        mine, spoken = Roll(), Languages()
        for at in range(0, count, 10_000):
            ids = range(at, at + 10_000)
            mine.add([(key, Attributes("default", (), shared, {})) for key in ids])
            spoken.apply(((key, LATIN, at) for key in ids), [])
        del ids
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 60 * count
