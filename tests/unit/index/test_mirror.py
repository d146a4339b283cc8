"""The mirror: a search sees everything acknowledged before it, and one version only."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from rag.domain import Scope
from rag.index.mirror import Mirror
from rag.index.vectors import LiveIndex
from rag.text.tokens import words


def search(house, text, scope=None, k=50):
    mirror = house.shelves.live().mirror
    found = mirror.search(house.embedder.embed_queries([text])[0], words(text), k, scope or Scope())
    return found, house.ledger.passages_at(found.ids.tolist(), found.version)


def texts(house, text, scope=None):
    return {passage.text for passage in search(house, text, scope)[1].values()}


def test_every_write_is_seen_by_the_next_search(house, put):
    put("a", "the red apple")
    assert texts(house, "apple") == {"the red apple"}
    put("a", "the blue plum")
    assert texts(house, "apple plum") == {"the blue plum"}
    house.ledger.delete("a")
    assert texts(house, "apple plum") == set()


def test_both_scores_for_every_candidate(house, put):
    put("a", "alpha beta", "gamma delta", "epsilon zeta")
    found, _ = search(house, "alpha")
    assert len(found.ids) == 3
    assert (found.bm25 > 0).sum() == 1
    assert np.argmax(found.cosine) == np.argmax(found.bm25)
    assert found.idf.shape == (1,)


def test_vectors_and_words_agree_with_the_record_after_a_restart(house, put):
    for n in range(20):
        put(f"d{n % 7}", f"word{n} common", f"other{n} common")
    found, live = search(house, "common")
    again = Mirror(house.ledger.engine, house.generation, house.embedder.dim, LiveIndex)
    again.sync()
    fresh = again.search(house.embedder.embed_queries(["common"])[0], ["common"], 50, Scope())
    assert set(fresh.ids.tolist()) == set(found.ids.tolist()) == set(live)
    assert len(live) == 14


def test_filters_are_inside_the_search(house, put):
    put("a", "apple", collection="x", metadata={"product": "p1", "tags": ["t1", "t2"]}, acl=("staff",))
    put("b", "apple pie", collection="y", metadata={"product": "p2"})
    assert texts(house, "apple", Scope(collection="x")) == {"apple"}
    assert texts(house, "apple", Scope(filters={"product": "p2"})) == {"apple pie"}
    assert texts(house, "apple", Scope(filters={"product": ["p1", "p3"]})) == {"apple"}
    assert texts(house, "apple", Scope(filters={"tags": "t2"})) == {"apple"}
    assert texts(house, "apple", Scope(groups=())) == {"apple pie"}
    assert texts(house, "apple", Scope(groups=("staff",))) == {"apple", "apple pie"}
    assert texts(house, "apple", Scope(collection="nowhere")) == set()


def test_the_past_stays_as_it_was(house, put):
    first = put("a", "apple one").index_version
    put("a", "apple two")
    house.ledger.delete("a")
    mirror = house.shelves.at(first).mirror
    found = mirror.search(house.embedder.embed_queries(["apple"])[0], ["appl"], 10, Scope())
    assert {p.text for p in house.ledger.passages_at(found.ids.tolist(), found.version).values()} == {"apple one"}


@pytest.mark.timeout(60)
def test_threads_see_one_version_of_a_document(house, put):
    """Each version writes its number into both passages; a search must never see two numbers, or an acknowledged past."""
    acknowledged, stop, faults = [0], threading.Event(), []

    def write() -> None:
        for n in range(1, 60):
            put("doc", f"first part number {n}", f"second part number {n}")
            acknowledged[0] = n
        stop.set()

    def read() -> None:
        while not stop.is_set():
            floor = acknowledged[0]
            numbers = {int(text.split()[-1]) for text in texts(house, "part number")}
            if len(numbers) > 1 or (floor and (not numbers or min(numbers) < floor)):
                faults.append((floor, numbers))

    threads = [threading.Thread(target=read) for _ in range(3)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
