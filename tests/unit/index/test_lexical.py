"""The lexical mirror: a process that has seen many edits ranks as one that is started now; equal scores have one order."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.index.lexical import Lexical
from rag.index.vectors import LiveIndex

WORDS = ["falcon", "rate", "water", "tank", "fee", "lamp", "e07", "退货", "保修", "期限"]
_texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
_edits = st.lists(
    st.one_of(st.tuples(st.just("put"), st.integers(0, 30), _texts), st.tuples(st.just("rm"), st.integers(0, 30), st.just("")))
)


def fresh(live: dict[int, str]) -> Lexical:
    made = Lexical()
    made.apply(sorted(live.items()), [])
    return made


@given(_edits, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True), st.integers(1, 8))
@examples(max_examples=60, deadline=None)
def test_after_any_edits_it_ranks_as_a_new_one(edits: list[tuple[str, int, str]], question: list[str], k: int) -> None:
    running, live, next_id, known = Lexical(), dict[int, str](), 1, dict[int, int]()
    for what, document, text in edits:
        removed = [known.pop(document)] if document in known else []
        added = []
        for key in removed:
            del live[key]
        if what == "put":
            known[document], live[next_id] = next_id, text
            added.append((next_id, text))
            next_id += 1
        running.apply(added, removed)
        if running.stale:  # as the mirror does
            running.rebuild(sorted(live.items()))
    again = fresh(live)
    for words in (question, dict.fromkeys(question, 0.5)):
        ids, scores = running.search(words, k)
        right, expected = again.search(words, k)
        assert ids.tolist() == right.tolist()
        assert scores == pytest.approx(expected, rel=1e-5)
    assert running.idf(question) == pytest.approx(again.idf(question))


def test_between_two_compactions_a_word_counts_where_it_lives() -> None:
    """A twentieth may be dead before the index is made anew: its words do not count meanwhile either."""
    running = Lexical()
    live = {n: f"tea water w{n}" for n in range(1, 401)} | {401: "falcon tea"}
    running.apply([*sorted(live.items()), *((n, "falcon cup") for n in range(500, 520))], [])
    running.apply([], list(range(500, 520)))
    assert not running.stale
    again = fresh(live)
    assert running.idf(["falcon", "tea"]) == pytest.approx(again.idf(["falcon", "tea"]))
    (ids, scores), (right, expected) = running.search(["falcon", "tea"], 5), again.search(["falcon", "tea"], 5)
    assert ids.tolist() == right.tolist()
    assert scores == pytest.approx(expected, rel=0.06)  # the mean length alone still counts the dead
    assert ids[0] == 401


def test_equal_scores_have_one_order_whatever_is_asked_for() -> None:
    index = Lexical()
    keys = list(range(1, 60))
    random.Random(5).shuffle(keys)
    for at in range(0, len(keys), 7):  # several segments
        index.apply([(key, "same words here") for key in keys[at : at + 7]], [])
    for k in (1, 2, 7, 20, 58, 59, 100):
        assert index.search(["words"], k)[0].tolist() == sorted(keys)[:k]


def test_vectors_of_equal_score_have_one_order_whatever_is_asked_for() -> None:
    rows = np.zeros((90, 8), np.float32)
    rows[:, 0] = 1.0
    rows[::3, 0], rows[::3, 1] = 0.6, 0.8
    keys = np.array(random.Random(3).sample(range(1_000), 90), np.int64)
    index = LiveIndex(8)
    index.add(keys, rows)
    index.remove(keys[:5])
    index.add(keys[:2], rows[:2])  # into other slots than before
    query = np.eye(8, dtype=np.float32)[0]
    left = np.concatenate([keys[:2], keys[5:]])
    scores = np.concatenate([rows[:2], rows[5:]]) @ query
    expected = left[np.lexsort((left, -scores))].tolist()
    for k in (1, 2, 10, 40, 86, 87, 200):
        assert index.search(query, k)[0].tolist() == expected[:k]
        assert index.search(query, k, np.sort(left))[0].tolist() == expected[:k]


def test_a_batch_that_fails_leaves_nothing_behind() -> None:
    """tantivy 0.27 goes on accepting what it will not store after a failed commit, until it is rolled back."""
    index = Lexical()
    index.apply([(1, "apple")], [])
    with pytest.raises((ValueError, OverflowError, TypeError)):
        index.apply([(2, "pear"), (2**64, "plum")], [1])
    assert index.search(["apple", "pear", "plum"], 9)[0].tolist() == [1]
    index.apply([(2, "pear")], [1])
    assert index.search(["apple", "pear"], 9)[0].tolist() == [2]


@pytest.mark.parametrize(
    ("typed", "meant"), [("polishng", "polish"), ("rentd", "rent"), ("bagder", "badger"), ("cancelation", None)]
)
def test_a_slip_in_a_word_or_in_its_ending_is_known(typed: str, meant: str | None) -> None:
    index = Lexical()
    index.apply([(1, "badger polish"), (2, "rent rental boat")], [])
    assert index.respelled(typed) == meant
