from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.models.graph import Outliers, float_encoder, int8_encoder, outliers_of, probes
from rag.models.manifest import INPUT, SENTENCE, TOKENS
from rag.models.onnx import open_session
from rag.models.weights import Table, Weights, read_wheel
from tests.support.tiny_bert import SHAPE, encode, write_wheel

IDS = [0, 17, 250, 3, 99, 41, 7, 2]
PLAIN = [Outliers()] * SHAPE.num_hidden_layers


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return read_wheel(write_wheel(tmp_path / "w.bin"), "test")


def run(model: bytes, output: str, *rows: list[int]) -> np.ndarray:
    return open_session(model).run([output], {INPUT: np.array(rows, np.int64)})[0]


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=-1) / np.linalg.norm(left, axis=-1) / np.linalg.norm(right, axis=-1)


def test_the_float_graph_is_the_arithmetic_of_a_bert(weights: Weights) -> None:
    expected = encode(weights, IDS)
    np.testing.assert_allclose(run(float_encoder(weights), TOKENS, IDS)[0], expected, atol=2e-5)
    mean = expected.mean(axis=0)
    np.testing.assert_allclose(run(float_encoder(weights), SENTENCE, IDS)[0], mean / np.linalg.norm(mean), atol=2e-6)


def test_the_int8_graph_stays_close(weights: Weights) -> None:
    got = run(int8_encoder(weights, PLAIN), TOKENS, IDS)[0]
    assert cosines(got, encode(weights, IDS)).min() > 0.998


def test_channels_kept_apart_change_nothing_but_the_rounding(weights: Weights) -> None:
    apart = [Outliers(hidden=(3, 40), inner=(100,)), Outliers(inner=(0, 5))]
    assert cosines(run(int8_encoder(weights, apart), TOKENS, IDS)[0], encode(weights, IDS)).min() > 0.998


def test_a_loud_channel_kept_apart_saves_the_others(weights: Weights) -> None:
    # A hidden unit that is always near 60, while the others are near 1, spoils the one scale they share.
    tensors = dict(weights.tensors)
    bias, down = "encoder.layer.0.intermediate.dense.bias", "encoder.layer.0.output.dense.weight"
    seven = np.arange(SHAPE.intermediate_size) == 7
    tensors[bias] = np.where(seven, np.float32(60), tensors[bias])
    tensors[down] = np.where(seven, np.float32(0.05) * tensors[down], tensors[down])
    weights = Weights(weights.shape, tensors, weights.words, "test")
    expected = encode(weights, IDS)
    session = open_session(float_encoder(weights))
    peaks = session.run([name for layer in range(2) for name in probes(layer)], {INPUT: np.array([IDS])})
    loud = [Outliers(outliers_of(peaks[0]), outliers_of(peaks[1])), Outliers(outliers_of(peaks[2]), outliers_of(peaks[3]))]
    assert loud[0].inner == (7,)
    assert loud[1].inner == ()
    without = 1 - cosines(run(int8_encoder(weights, PLAIN), TOKENS, IDS)[0], expected).mean()
    within = 1 - cosines(run(int8_encoder(weights, loud), TOKENS, IDS)[0], expected).mean()
    assert within < without / 4


def test_rows_of_one_run_are_texts_of_one_length(weights: Weights) -> None:
    model = float_encoder(weights)
    other = IDS[::-1]
    both = run(model, SENTENCE, IDS, other)
    np.testing.assert_allclose(both, np.concatenate([run(model, SENTENCE, IDS), run(model, SENTENCE, other)]), atol=1e-6)
    assert np.abs(both[0] - both[1]).max() > 0.01


def test_the_same_weights_give_the_same_bytes(weights: Weights) -> None:
    assert int8_encoder(weights, PLAIN) == int8_encoder(weights, PLAIN)


def test_a_word_table_of_eight_bits_is_looked_up_like_one_of_four(weights: Weights) -> None:
    random = np.random.default_rng(1)
    levels = random.integers(-127, 128, weights.words.levels.shape).astype(np.int8)
    table = Table(levels, weights.words.scales, 8)
    tensors = {**weights.tensors, "embeddings.word_embeddings.weight": table.values()}
    eight = Weights(weights.shape, tensors, table, "test")
    np.testing.assert_allclose(run(float_encoder(eight), TOKENS, IDS)[0], encode(eight, IDS), atol=2e-5)


def test_only_a_channel_over_twice_any_other_is_loud() -> None:
    assert outliers_of(np.array([1, 5, 2.4], np.float32)) == (1,)
    assert outliers_of(np.array([1, 5, 2.6], np.float32)) == ()
    assert outliers_of(np.zeros(4, np.float32)) == ()
