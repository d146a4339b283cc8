"""What every `VectorIndex` must do, small and exact or large and trained."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rag.index.engines.pgvector import PgVectors
from rag.index.vectors import LiveIndex
from rag.record.engine import open_engine
from tests.support.postgres import postgres

pytestmark = pytest.mark.slow

DIM = 32


def unit(n: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def in_postgres() -> Iterator[Callable[..., PgVectors]]:
    """in_postgres(**options) → an empty index in a database of its own."""
    opened = []
    with postgres() as database:

        def make(**options: Any) -> PgVectors:
            engine = open_engine(database())
            opened.append(engine)
            return PgVectors(engine, 1, DIM, **options)

        yield make
        for engine in opened:
            engine.dispose()


def _far() -> tuple[np.ndarray, np.ndarray]:
    """2,000 rows far from the tests' ids."""
    return np.arange(1_000_000, 1_002_000), unit(2000, seed=9)


@pytest.fixture(params=["exact", "trained", "pgvector", "pgvector with a graph"])
def index(request: pytest.FixtureRequest) -> LiveIndex | PgVectors:
    """Those that are trained, or have a graph, begin with 2,000 rows."""
    if request.param == "exact":
        return LiveIndex(DIM)
    if request.param == "trained":
        made = LiveIndex(DIM, exact_below=1000, background=False)
        made.add(*_far())
        assert made._base is not None
        return made
    in_postgres = request.getfixturevalue("in_postgres")
    if request.param == "pgvector":
        return in_postgres(background=False)
    graph = in_postgres(background=False, graph_from=1000, gather=2)
    graph.add(*_far())
    graph.maintain()
    assert graph._has_graph()
    return graph


def test_added_rows_are_found_at_once_and_removed_rows_never(index):
    rows = unit(50)
    index.add(np.arange(50), rows)
    for key in (0, 17, 49):
        ids, scores = index.search(rows[key], 3)
        assert ids[0] == key
        assert scores[0] == pytest.approx(1, abs=1e-5)
        assert (np.diff(scores) <= 0).all()
    index.remove(np.array([17, 17, 999]))
    assert 17 not in index.search(rows[17], 50)[0]
    index.add(np.array([17]), rows[18:19])
    assert set(index.search(rows[18], 2)[0].tolist()) == {17, 18}


def test_an_id_is_replaced_not_doubled(index):
    before, rows = len(index), unit(2)
    index.add(np.array([5]), rows[:1])
    index.add(np.array([5]), rows[1:])
    assert len(index) == before + 1
    ids, _ = index.search(rows[1], 3)
    assert ids.tolist().count(5) == 1
    assert index.cosines(rows[1], np.array([5]))[0] == pytest.approx(1, abs=1e-5)


def test_ids_are_not_confused_after_a_delete(index):
    """The defect of LlamaIndex's FaissMapVectorStore: its next id is the count, so it is reused after a delete."""
    rows = unit(4)
    index.add(np.array([0, 1, 2]), rows[:3])
    index.remove(np.array([0]))
    index.add(np.array([3]), rows[3:])
    assert [index.search(row, 1)[0][0] for row in rows[1:]] == [1, 2, 3]


def test_allowed_ids_only(index):
    rows = unit(100)
    index.add(np.arange(100), rows)
    allowed = np.array([3, 50, 99, 12345])
    ids, _ = index.search(rows[0], 10, allowed)
    assert sorted(ids.tolist()) == [3, 50, 99]
    assert index.search(rows[0], 10, np.empty(0, np.int64))[0].size == 0


def test_an_id_given_twice_counts_once_and_wrong_shapes_change_nothing(index):
    before, rows = len(index), unit(3)
    index.add(np.array([7, 7]), rows[:2])
    assert len(index) == before + 1
    assert index.search(rows[1], 1)[0].tolist() == [7]
    assert index.search(rows[0], 5)[0].tolist().count(7) <= 1
    for wrong in (rows, rows[:1, :5]):
        with pytest.raises(ValueError, match="vectors for"):
            index.add(np.array([7]), wrong)
    assert index.search(rows[1], 1)[0].tolist() == [7]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_a_filter_costs_no_recall(share, monkeypatch):
    """Whether the allowed rows are read one by one or looked for in the trained part, and wherever they lie."""
    monkeypatch.setattr("rag.index.vectors._GATHER", 500)
    rows, queries = unit(4000, seed=5), unit(50, seed=6)
    index = LiveIndex(DIM, exact_below=1000, background=False)
    index.add(np.arange(4000), rows)
    allowed = np.flatnonzero(rows[:, 0] < np.quantile(rows[:, 0], share))
    hits = 0
    for query in queries:
        found = index.search(query, 10, allowed)[0]
        assert np.isin(found, allowed).all()
        hits += len(np.intersect1d(found, allowed[np.argsort(-(rows[allowed] @ query))[:10]]))
    assert hits >= 485


def test_edges(index):
    index.remove(_far()[0])
    ids, scores = index.search(unit(1)[0], 5)
    assert (ids.size, scores.size) == (0, 0)
    index.add(np.empty(0, np.int64), np.empty((0, DIM), np.float32))
    index.remove(np.empty(0, np.int64))
    assert index.search(unit(1)[0], 10_000)[0].size <= len(index)


def test_recall_survives_training_and_churn():
    """Against exact search, over growth that trains twice and 60 % churn."""
    index = LiveIndex(DIM, exact_below=1000, background=False)
    rng, live = np.random.default_rng(1), {}
    rows, next_id = unit(8000, seed=2), 0
    for step in range(60):
        ids = np.arange(next_id, next_id + 100)
        next_id += 100
        index.add(ids, rows[ids % 8000])
        live.update({int(i): rows[i % 8000] for i in ids})
        if step > 20:
            gone = rng.choice(list(live), 80, replace=False)
            index.remove(gone)
            for key in gone.tolist():
                del live[key]
    assert len(index) == len(live)
    keys, matrix = np.array(list(live)), np.stack(list(live.values()))
    hits = 0
    for query in unit(100, seed=3):
        found = index.search(query, 10)[0]
        assert set(found.tolist()) <= set(live)
        hits += len(np.intersect1d(found, keys[np.argsort(-(matrix @ query))[:10]]))
    assert hits >= 970


def test_slots_of_deleted_rows_come_back_when_the_base_is_trained_anew():
    """Ten times the rows are replaced: neither the matrix nor the base grows with them."""
    index = LiveIndex(DIM, exact_below=1000, background=False)
    rows = unit(2000, seed=4)
    for turn in range(10):
        for at in range(0, 2000, 100):
            old = np.arange(at, at + 100) + (turn - 1) * 10_000
            index.remove(old)
            index.add(old + 10_000, rows[at : at + 100])
    state = index.state()
    assert len(index) == 2000
    assert len(state.ids) < 4096
    assert 0 < state.in_base.sum() < 3000
    assert index.search(rows[7], 1)[0].tolist() == [90_007]


def test_it_is_exact_again_when_few_rows_are_left():
    index = LiveIndex(DIM, exact_below=1000, background=False)
    rows = unit(3000, seed=5)
    index.add(np.arange(3000), rows)
    assert index.state().base is not None
    index.remove(np.arange(900, 3000))
    index.add(np.array([5000]), rows[2000:2001])
    state = index.state()
    assert (state.base, state.in_base.any()) == (None, False)
    for query in unit(20, seed=6):
        exact = np.argsort(-(np.concatenate([rows[:900], rows[2000:2001]]) @ query))[:10]
        assert index.search(query, 10)[0].tolist() == [5000 if at == 900 else at for at in exact.tolist()]


def test_rows_that_moved_into_the_base_are_found_as_those_it_was_trained_on():
    index = LiveIndex(DIM, exact_below=500, background=False)
    rows = unit(4800, seed=7)
    index.add(np.arange(3000), rows[:3000])
    index.add(np.arange(3000, 4800), rows[3000:])
    assert index.state().in_base.sum() > 4400  # of which 1,400 came in by moving
    lost = [at for at in range(4800) if index.search(rows[at], 1)[0].tolist() != [at]]
    assert lost == []


def test_a_base_of_deleted_rows_alone_is_restored():
    index = LiveIndex(DIM, exact_below=500, background=False)
    index.add(np.arange(600), unit(600, seed=7))
    index.remove(np.arange(600))
    other = LiveIndex(DIM, exact_below=500, background=False)
    other.restore(index.state())
    assert other.search(unit(1, seed=3)[0], 5)[0].tolist() == []
    other.add(np.array([5]), unit(1, seed=3))
    assert other.search(unit(1, seed=3)[0], 5)[0].tolist() == [5]


def test_threads_may_search_add_and_remove_together():
    """Bare FAISS crashes here. Readers check that what is never removed is always found."""
    index = LiveIndex(DIM, exact_below=500, background=True)
    stable = unit(50, seed=4)
    index.add(np.arange(50), stable)
    stop, faults = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            for key in range(50):
                if index.search(stable[key], 1)[0].tolist() != [key]:
                    faults.append(key)

    def write(start: int) -> None:
        rows = unit(600, seed=start)
        for at in range(0, 600, 10):
            ids = np.arange(start + at, start + at + 10)
            index.add(ids, rows[at : at + 10])
            if at % 30 == 0:
                index.remove(ids[:5])

    readers = [threading.Thread(target=read) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(n * 10_000,)) for n in range(1, 4)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    index.close()
    assert faults == []
    assert len(index) == 50 + 3 * (600 - 100)


def test_closing_ends_training_soon():
    """Otherwise a process could not end while its index trains."""
    index = LiveIndex(384, exact_below=1000)
    rows = np.random.default_rng(0).standard_normal((60_000, 384)).astype(np.float32)
    index.add(np.arange(60_000), rows)
    began = time.monotonic()
    index.close()
    assert time.monotonic() - began < 10
    assert index._worker is not None and not index._worker.is_alive()
    assert index.search(rows[5] / np.linalg.norm(rows[5]), 1)[0].tolist() == [5]
