"""A lexical mirror that starts from a saved index, mapped from the disk, ranks as one that was built, whatever comes after."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.index.lexical import Lexical, save

WORDS = ["badger", "tide", "copper", "e071", "e072", "押金", "退款", "期限", "lantern", "ferry"]
_texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
_edits = st.lists(
    st.one_of(st.tuples(st.just("put"), st.integers(0, 40), _texts), st.tuples(st.just("rm"), st.integers(0, 40), st.just("")))
)


def built(live: dict[int, str]) -> Lexical:
    made = Lexical()
    made.apply(sorted(live.items()), [])
    return made


def opened(live: dict[int, str]) -> Lexical:
    """As a start from a snapshot; the snapshot is removed at once, as an erasure does."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "lexical", sorted(live.items()))
        made = Lexical()
        assert made.open(Path(folder) / "lexical") == len(live)
        shutil.rmtree(Path(folder) / "lexical")
    return made


@given(_texts.map(lambda text: {n: text for n in range(3)}) | st.dictionaries(st.integers(1, 40), _texts, min_size=1), _edits,
       st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True), st.integers(1, 9))  # fmt: skip
@examples(max_examples=50, deadline=None)
def test_after_any_edits_it_ranks_as_a_new_one(
    saved: dict[int, str], edits: list[tuple[str, int, str]], question: list[str], k: int
) -> None:
    running, live, known, next_id = opened(saved), dict(saved), {key: key for key in saved}, 100
    for what, document, text in edits:
        removed = [known.pop(document)] if document in known else []
        for key in removed:
            del live[key]
        added = []
        if what == "put":
            known[document], live[next_id] = next_id, text
            added.append((next_id, text))
            next_id += 1
        running.apply(added, removed)
        if running.stale:  # as the mirror does
            running.rebuild(sorted(live.items()))
    again = built(live)
    assert len(running) == len(live)
    assert running.idf(question) == pytest.approx(again.idf(question))
    for words in (question, dict.fromkeys(question, 0.5)):
        all_of_ours, all_right = (
            dict(zip(*map(np.ndarray.tolist, one.search(words, 99)), strict=True)) for one in (running, again)
        )
        assert all_of_ours == pytest.approx(all_right, rel=0.04)  # the mean length may differ by a twentieth
        ids, scores = running.search(words, k)
        assert len(ids) == min(k, len(live), len(all_right))
        assert (np.diff(scores) <= 1e-4).all()
    assert sorted(running.having(question, 99)) == sorted(again.having(question, 99))
    among = np.array([key for key in live if key % 2], np.int64)
    assert set(running.search(question, 99, among)[0].tolist()) == set(again.search(question, 99, among)[0].tolist())


def test_a_start_without_a_change_scores_to_the_last_bit_as_before() -> None:
    live = {n: f"ferry tide w{n % 7} 押金 {'copper ' * (n % 5)}".strip() for n in range(1, 300)}
    one, other = built(live), opened(live)
    for question in (["ferry"], ["copper", "w3"], ["押金", "absent"]):
        (ids, scores), (right, expected) = other.search(question, 50), one.search(question, 50)
        assert ids.tolist() == right.tolist()
        assert scores.tolist() == expected.tolist()


def test_new_passages_of_any_length_are_on_the_old_ones_scale() -> None:
    """Equal text, equal score: though the few new ones are all short, or all long."""
    long, short = "ferry " + "tide copper " * 12, "ferry lantern"
    live = {n: (long if n % 2 else short) + f" w{n}" for n in range(1, 401)}
    for text in (long, short):
        running = opened(live)
        running.apply([(n, text + f" w{n}") for n in range(500, 508)], [])
        assert not running.stale
        ids, scores = running.search(["ferry", "lantern" if text == short else "tide"], 408)
        found = dict(zip(ids.tolist(), scores.tolist(), strict=True))
        olds = {found[n] for n in live if ("lantern" in live[n]) == (text == short)}
        assert max(found[500] / max(olds), max(olds) / found[500]) == pytest.approx(1, rel=1e-3)
        same = [key for key in ids.tolist() if key >= 500 or ("lantern" in live[key]) == (text == short)]
        assert same == sorted(same)  # equal ones by id, whichever index they are in


def test_words_that_left_count_no_more() -> None:
    live = {n: f"ferry w{n}" for n in range(1, 401)} | {401: "badger ferry"}
    running = opened(live | {n: "badger tide" for n in range(500, 515)})
    running.apply([], list(range(500, 515)))
    assert not running.stale
    assert running.idf(["badger"]) == pytest.approx(built(live).idf(["badger"]))
    assert running.spread("tide") == 0
    assert running.search(["tide", "badger"], 3)[0].tolist() == [401]
    assert running.respelled("bagder") == "badger"
    running.apply([(600, "tidal code e0815")], [])
    assert running.codes("e#") == {"e0815"}
    running.apply([], [600, 401])
    assert running.search(["badger", "e0815"], 3)[0].tolist() == []


def test_a_batch_that_fails_leaves_both_parts_as_they_were() -> None:
    running = opened({1: "badger", 2: "ferry"})
    with pytest.raises((ValueError, OverflowError, TypeError)):
        running.apply([(3, "tide"), (2**64, "copper")], [1])
    assert running.search(["badger", "tide", "copper"], 9)[0].tolist() == [1]
    running.apply([(3, "tide")], [1])
    assert running.search(["badger", "tide"], 9)[0].tolist() == [3]


def test_an_empty_library_and_one_of_no_words() -> None:
    running = opened({})
    running.apply([(1, "ferry")], [])
    assert running.search(["ferry"], 3)[0].tolist() == [1]
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "lexical", [(1, "")])
        with pytest.raises(ValueError, match="other passages"):
            Lexical().open(Path(folder) / "lexical")


@pytest.mark.parametrize("what", ["no folder", "an index of fewer", "no vocabulary"])
def test_what_does_not_fit_together_is_not_opened(tmp_path: Path, what: str) -> None:
    save(tmp_path / "one", [(1, "ferry"), (2, "tide")])
    save(tmp_path / "two", [(1, "ferry")])
    if what == "no folder":
        shutil.rmtree(tmp_path / "one")
    elif what == "an index of fewer":
        shutil.copy(tmp_path / "two" / "vocabulary.json", tmp_path / "one" / "vocabulary.json")
    else:
        (tmp_path / "one" / "vocabulary.json").unlink()
    with pytest.raises((ValueError, OSError)):
        Lexical().open(tmp_path / "one")
