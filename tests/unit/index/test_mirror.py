"""The mirror: a search sees everything acknowledged before it, and one version only."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from rag.domain import Scope
from rag.index.mirror import Mirror
from rag.index.vectors import LiveIndex
from rag.text.tokens import words


def search(application, text, scope=None, k=50):
    mirror = application.views.live().mirror
    found = mirror.search(application.embedder.embed_queries([text])[0], words(text), k, scope or Scope())
    return found, application.ledger.passages_at(found.ids.tolist(), found.version)


def texts(application, text, scope=None):
    return {passage.text for passage in search(application, text, scope)[1].values()}


def test_every_write_is_seen_by_the_next_search(application, put):
    put("a", "the red apple")
    assert texts(application, "apple") == {"the red apple"}
    put("a", "the blue plum")
    assert texts(application, "apple plum") == {"the blue plum"}
    application.ledger.delete("a")
    assert texts(application, "apple plum") == set()


def test_both_scores_for_every_candidate(application, put):
    put("a", "alpha beta", "gamma delta", "epsilon zeta")
    found, _ = search(application, "alpha")
    assert len(found.ids) == 3
    assert (found.bm25 > 0).sum() == 1
    assert np.argmax(found.cosine) == np.argmax(found.bm25)
    assert found.idf.shape == (1,)


def test_vectors_and_words_agree_with_the_record_after_a_restart(application, put):
    for n in range(20):
        put(f"d{n % 7}", f"word{n} common", f"other{n} common")
    found, live = search(application, "common")
    again = Mirror(application.ledger.engine, application.generation, application.embedder.dim, LiveIndex)
    again.sync()
    fresh = again.search(application.embedder.embed_queries(["common"])[0], ["common"], 50, Scope())
    assert set(fresh.ids.tolist()) == set(found.ids.tolist()) == set(live)
    assert len(live) == 14


def test_filters_are_inside_the_search(application, put):
    put("a", "apple", collection="x", metadata={"product": "p1", "tags": ["t1", "t2"]}, acl=("staff",))
    put("b", "apple pie", collection="y", metadata={"product": "p2"})
    assert texts(application, "apple", Scope(collection="x")) == {"apple"}
    assert texts(application, "apple", Scope(filters={"product": "p2"})) == {"apple pie"}
    assert texts(application, "apple", Scope(filters={"product": ["p1", "p3"]})) == {"apple"}
    assert texts(application, "apple", Scope(filters={"tags": "t2"})) == {"apple"}
    assert texts(application, "apple", Scope(groups=())) == {"apple pie"}
    assert texts(application, "apple", Scope(groups=("staff",))) == {"apple", "apple pie"}
    assert texts(application, "apple", Scope(collection="nowhere")) == set()


def test_the_past_stays_as_it_was(application, put):
    first = put("a", "apple one").index_version
    put("a", "apple two")
    application.ledger.delete("a")
    mirror = application.views.at(first).mirror
    found = mirror.search(application.embedder.embed_queries(["apple"])[0], ["appl"], 10, Scope())
    assert {p.text for p in application.ledger.passages_at(found.ids.tolist(), found.version).values()} == {"apple one"}


@pytest.mark.timeout(60)
def test_threads_see_one_version_of_a_document(application, put):
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
            numbers = {int(text.split()[-1]) for text in texts(application, "part number")}
            if len(numbers) > 1 or (floor and (not numbers or min(numbers) < floor)):
                faults.append((floor, numbers))

    threads = [threading.Thread(target=read) for _ in range(3)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
