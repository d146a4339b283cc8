from __future__ import annotations

import pytest

from rag.domain import Hit, Passage, Retrieved
from rag.search.readings import demote, fuse_readings, search_readings


def hit(key: int, probability: float = 0.5, text: str = "") -> Hit:
    passage = Passage(key, f"d{key}", 1, "", None, None, "default", (), "text", text or f"text {key}", "", 0, 6, {}, {})
    return Hit(passage, 1.0 / key, probability, {})


def found(*hits: Hit, version: int = 7) -> Retrieved:
    return Retrieved(hits, version, ("word",), (1.0,), rerank_ms=1.0)


def ids(told: Retrieved) -> list[int]:
    return [one.passage.id for one in told.hits]


def test_one_reading_is_searched_as_it_is():
    asked: list[tuple[str, int]] = []
    told = search_readings(lambda text, k: asked.append((text, k)) or found(hit(1), hit(2)), ("a",), 2)
    assert (asked, ids(told)) == ([("a", 2)], [1, 2])


def test_the_first_reading_counts_most_and_agreement_counts():
    assert ids(fuse_readings([found(hit(1), hit(2)), found(hit(3), hit(2))], 3)) == [2, 1, 3]
    told = fuse_readings([found(hit(1), hit(2), hit(3)), found(hit(3), hit(2)), found(hit(3), hit(9))], 3)
    assert ids(told) == [3, 2, 1]
    assert [one.score for one in told.hits] == sorted((one.score for one in told.hits), reverse=True)
    assert told.rerank_ms == 3.0


def test_a_hit_is_as_likely_as_its_likeliest_reading_says():
    told = fuse_readings([found(hit(1, 0.2)), found(hit(1, 0.8))], 1)
    assert told.hits[0].probability == 0.8


def test_all_readings_are_of_one_index_version():
    versions = iter((7, 8, 8, 8))
    asked: list[str] = []

    def search(text: str, k: int) -> Retrieved:
        asked.append(text)
        return found(hit(len(asked)), version=next(versions))

    told = search_readings(search, ("a", "b", "c"), 5)
    assert asked == ["a", "b", "c", "a"]
    assert told.version == 8 and 1 not in ids(told)


def test_an_index_that_moves_all_the_time_is_read_at_its_last_version():
    versions = iter(range(100))
    told = search_readings(lambda text, k: found(hit(1), version=next(versions)), ("a", "b"), 5)
    assert ids(told) == [1]


def test_what_was_said_already_is_left_out_where_there_is_another():
    told = found(hit(1, text="It costs **5** euros. Call us."), hit(2), hit(3))
    assert ids(demote(told, ("itcosts5euros",))) == [2, 3]
    assert ids(demote(found(*told.hits[:1]), ("itcosts5euros",))) == [1]
    assert demote(told, ()) is told


@pytest.mark.parametrize("k", [1, 2])
def test_no_more_than_wanted(k):
    assert len(fuse_readings([found(hit(1), hit(2)), found(hit(3))], k).hits) == k
