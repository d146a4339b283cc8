"""One-bit late interaction ranks as exact late interaction does."""

from __future__ import annotations

import numpy as np

from rag.index.late_interaction import compare, maxsim, pack


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_bits_rank_like_the_exact_sum():
    rng = np.random.default_rng(0)
    query = unit(rng.standard_normal((8, 384)))
    passages = [unit(rng.standard_normal((n, 384)) + strength * query[rng.integers(0, 8, n)]) for n, strength in
                zip(rng.integers(5, 200, 20), np.linspace(0, 3, 20), strict=True)]  # fmt: skip
    best = np.array([(query @ rows.T).max(axis=1) for rows in passages]).T
    weights = best.max(axis=1) - best.mean(axis=1) + 1e-3
    exact = weights @ best / weights.sum()
    bits = maxsim(query, [pack(rows) for rows in passages])
    assert np.corrcoef(exact, bits)[0, 1] > 0.9
    assert np.argmax(bits) == np.argmax(exact)


def test_passages_without_tokens_come_last_and_do_not_shift_the_others():
    rng = np.random.default_rng(1)
    query, rows = unit(rng.standard_normal((3, 64))), unit(rng.standard_normal((5, 64)))
    scores = maxsim(query, [b"", pack(rows), b"", pack(query)])
    assert scores[3] > scores[1]
    assert scores[0] == scores[2] == scores.min()
    assert maxsim(query, [b"", b""]).tolist() == [0.0, 0.0]


def test_whole_numbers_give_the_scores_of_floats():
    rng = np.random.default_rng(2)
    query = unit(rng.standard_normal((12, 384)))
    passages = [np.sign(rng.standard_normal((n, 384))) for n in rng.integers(1, 60, 15)]
    best = np.array([(query @ signs.T / np.sqrt(384)).max(axis=1) for signs in passages]).T
    weights = best.max(axis=1) - best.mean(axis=1) + 1e-3
    assert np.allclose(maxsim(query, [pack(signs) for signs in passages]), weights @ best / weights.sum(), atol=0.003)


def test_the_weakest_token_is_the_one_that_a_passage_says_nothing_of():
    """Two tokens of the question: one passage has both, one the first only, one has none of its own."""
    rng = np.random.default_rng(5)
    query = unit(rng.standard_normal((2, 256)))
    both, first = unit(np.concatenate([query, rng.standard_normal((3, 256))])), unit(query[:1])
    told = compare(query, [pack(both), pack(first), b""])
    assert told.weakest[0] > 0.6 > 0.3 > told.weakest[1] == told.weakest[2]
