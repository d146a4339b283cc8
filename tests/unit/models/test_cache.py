from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rag.models.cache import QueryCache, TokenCache
from rag.ports import Vectors


class Counting:
    """Embeds a text as its length, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: list[str]) -> Vectors:
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


def test_a_known_text_is_not_embedded_again() -> None:
    cache, embed = QueryCache(), Counting()
    first = cache.rows(["ab", "abc"], embed)
    second = cache.rows(["abc", "a", "ab", "abc"], embed)
    assert embed.asked == ["ab", "abc", "a"]
    assert first[:, 0].tolist() == [2, 3]
    assert second[:, 0].tolist() == [3, 1, 2, 3]


def test_the_least_recently_asked_goes_first() -> None:
    cache, embed = QueryCache(2), Counting()
    for text in ("a", "bb", "a", "ccc"):
        cache.rows([text], embed)
    cache.rows(["a"], embed)
    assert embed.asked == ["a", "bb", "ccc"]
    cache.rows(["bb"], embed)
    assert embed.asked == ["a", "bb", "ccc", "bb"]


def test_more_texts_than_it_holds_still_come_back_right() -> None:
    texts = ["x" * length for length in range(1, 20)]
    assert QueryCache(3).rows(texts, Counting())[:, 0].tolist() == list(range(1, 20))


def test_no_texts_keep_their_shape() -> None:
    assert QueryCache().rows([], Counting()).shape == (0, 2)


def test_a_caller_that_changes_its_rows_does_not_change_what_is_remembered() -> None:
    cache, embed = QueryCache(), Counting()
    cache.rows(["ab"], embed)[:] = 9
    cache.rows(["ab"], embed)[:] = 9
    assert cache.rows(["ab"], embed)[0, 0] == 2


def test_many_threads_get_their_own_texts() -> None:
    cache, embed = QueryCache(8), Counting()

    def ask(number: int) -> bool:
        texts = ["x" * (1 + (number * step) % 13) for step in range(5)]
        return cache.rows(texts, embed)[:, 0].tolist() == [len(text) for text in texts]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(400)))


def test_token_vectors_are_kept_while_there_is_room() -> None:
    cache, rows = TokenCache(rows=10), np.ones((4, 8), np.float32)
    cache.keep("a", rows)
    cache.keep("b", rows)
    assert cache.get("a") is rows
    cache.keep("c", rows)  # 12 are too many: the one asked least recently goes
    assert cache.get("b") is None
    assert cache.get("a") is rows
    cache.keep("a", np.ones((2, 8), np.float32))
    cache.keep("d", rows)
    assert [cache.get(key) is not None for key in "acd"] == [True, True, True]
    cache.keep("long", np.ones((50, 8), np.float32))
    assert cache.get("long") is not None  # the one just asked is there, whatever its size
    assert cache.get("a") is None
