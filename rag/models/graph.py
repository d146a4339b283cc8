"""A BERT encoder as an ONNX graph for the processor: linear layers in int8, everything else in float32.

Built by hand rather than exported, because the graph then needs neither torch nor an optimiser pass, is the same to the
byte on every machine, and is faster. It takes texts of one length without padding, so there is no mask: attention runs
as one flash kernel, and a vector never depends on what else was embedded with it.

Accuracy. `DynamicQuantizeMatMul` has one scale for all activations of a layer, and in most layers one channel carries
values several times those of any other (up to 14 times in multilingual-e5-small), which wastes the range of all. As in
LLM.int8() (Dettmers et al., 2022, arXiv:2208.07339) that channel goes beside the int8 product in float32. Weights take
7 of 8 bits, so that pairs of products cannot overflow 16 bits on processors without VNNI: one file serves all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rag.models.manifest import INPUT, SENTENCE, TOKENS
from rag.models.weights import BLOCK, BertShape, Floats, Table, Weights

_MICROSOFT = "com.microsoft"
_LEVELS = 63  # 255 · 63 · 2 < 2¹⁵: see "7 of 8 bits" above


@dataclass(frozen=True, slots=True)
class Outliers:
    """Channels of one layer that are kept out of the int8 products: of the feed-forward part's input and inner values."""

    hidden: tuple[int, ...] = ()
    inner: tuple[int, ...] = ()


def int8_encoder(weights: Weights, outliers: Sequence[Outliers]) -> bytes:
    """The serialised model: `input_ids` int64 (n, length) → `sentence_embedding` float32 (n, hidden), the mean over
    tokens with L2 norm 1, and `token_embeddings` float32 (n, length, hidden)."""
    graph = _Graph(weights.shape)
    hidden = _embeddings(graph, weights)
    for layer, of_layer in enumerate(outliers):
        hidden = _layer(graph, weights, layer, hidden, of_layer)
    return _finish(graph, hidden, [])


def float_encoder(weights: Weights) -> bytes:
    """The same in float32, with more outputs: the largest absolute value of every channel by layer (`probes`)."""
    graph = _Graph(weights.shape, quantised=False)
    hidden = _embeddings(graph, weights)
    for layer in range(weights.shape.num_hidden_layers):
        hidden = _layer(graph, weights, layer, hidden, Outliers())
    for layer in range(weights.shape.num_hidden_layers):
        for source, probe in zip((f"{layer}.middle", f"{layer}.inner"), probes(layer), strict=True):
            graph.node("ReduceMax", [graph.node("Abs", [source]), graph.constant([0, 1])], probe, keepdims=0)
    return _finish(graph, hidden, [name for layer in range(weights.shape.num_hidden_layers) for name in probes(layer)])


def probes(layer: int) -> tuple[str, str]:
    """Outputs of `float_encoder` for a layer: float32 (hidden,) and (inner,)."""
    return f"{layer}.hidden_peak", f"{layer}.inner_peak"


class _Graph:
    """Nodes and constants while the model is put together."""

    def __init__(self, shape: BertShape, *, quantised: bool = True):
        self.shape = shape
        self.quantised = quantised
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any) -> str:
        array = np.ascontiguousarray(values)
        name = f"constant.{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str = "", *, domain: str = "", **attributes: Any) -> str:
        output = output or f"node.{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def norm(self, source: str, scale: Floats, bias: Floats, output: str = "") -> str:
        names = [source, self.constant(scale), self.constant(bias)]
        return self.node("LayerNormalization", names, output, epsilon=self.shape.layer_norm_eps)

    def linear(self, source: str, weight: Floats, bias: Floats, output: str = "") -> str:
        """`source` · weight + bias; weight is (inputs, outputs)."""
        if not self.quantised:
            product = self.node("MatMul", [source, self.constant(weight)])
            return self.node("Add", [product, self.constant(bias)], output)
        # One scale an output channel. SkipLayerNormalization and BiasGelu would save nodes but are slower here than
        # a bias in this kernel followed by Add and LayerNormalization.
        scale = np.maximum(np.abs(weight).max(axis=0), np.finfo(np.float32).tiny) / np.float32(_LEVELS)
        levels = np.rint(weight / scale).astype(np.int8)
        names = [source, self.constant(levels), self.constant(scale), "", self.constant(bias)]
        return self.node("DynamicQuantizeMatMul", names, output, domain=_MICROSOFT)


def _embeddings(graph: _Graph, weights: Weights) -> str:
    tensors = weights.tensors
    types = tensors["embeddings.token_type_embeddings.weight"][0]
    positions = graph.constant(tensors["embeddings.position_embeddings.weight"] + types)
    zero = graph.constant(np.zeros(1, np.int64))
    length = graph.node("Shape", [INPUT], start=1, end=2)
    words = graph.node(
        "GatherBlockQuantized",
        [_word_table(graph, weights.words), INPUT, graph.constant(weights.words.scales)],
        domain=_MICROSOFT, gather_axis=0, quantize_axis=1, block_size=BLOCK, bits=weights.words.bits,
    )  # fmt: skip
    total = graph.node("Add", [words, graph.node("Slice", [positions, zero, length, zero])])
    return graph.norm(total, tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"])


def _word_table(graph: _Graph, table: Table) -> str:
    if table.bits == 8:
        return graph.constant((table.levels.astype(np.int16) + 128).astype(np.uint8))
    nibbles = table.levels.view(np.uint8) & 15
    packed = nibbles[:, 0::2] | nibbles[:, 1::2] << 4
    graph.constants.append(
        TensorProto(name="words", data_type=TensorProto.INT4, dims=table.levels.shape, raw_data=packed.tobytes())
    )
    return "words"


def _layer(graph: _Graph, weights: Weights, layer: int, source: str, outliers: Outliers) -> str:
    tensors, prefix = weights.tensors, f"encoder.layer.{layer}."

    def pair(name: str) -> tuple[Floats, Floats]:
        return tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"]

    def linear(name: str, inputs: str) -> str:
        weight, bias = pair(name)
        return graph.linear(inputs, weight.T, bias)

    parts = [linear(f"attention.self.{part}", source) for part in ("query", "key", "value")]
    heads = graph.shape.num_attention_heads
    attention = graph.node("MultiHeadAttention", parts, domain=_MICROSOFT, num_heads=heads)
    total = graph.node("Add", [linear("attention.output.dense", attention), source])
    scale, bias = pair("attention.output.LayerNorm")
    middle = graph.norm(total, scale, bias, f"{layer}.middle")
    calm = middle
    if outliers.hidden:
        # The same normalisation with the loud channels at zero: what the int8 product reads.
        kept = np.isin(np.arange(len(scale)), outliers.hidden, invert=True)
        calm = graph.norm(total, scale * kept, bias * kept)
    fed = _feed_forward(graph, pair("intermediate.dense"), pair("output.dense"), middle, calm, layer, outliers)
    return graph.norm(fed, *pair("output.LayerNorm"))


def _feed_forward(
    graph: _Graph,
    first: tuple[Floats, Floats],
    second: tuple[Floats, Floats],
    middle: str,
    calm: str,
    layer: int,
    outliers: Outliers,
) -> str:
    """middle + second · gelu(first · middle), loud channels apart. `calm` is `middle` with its loud channels at zero."""
    up, up_bias = first[0].T.copy(), first[1].copy()
    down = second[0].T.copy()
    residual = middle
    if outliers.inner:
        loud = list(outliers.inner)
        narrow = graph.node("MatMul", [middle, graph.constant(up[:, loud])])
        narrow = graph.node("Gelu", [graph.node("Add", [narrow, graph.constant(up_bias[loud])])], domain=_MICROSOFT)
        apart = graph.node("MatMul", [narrow, graph.constant(down[loud])])
        residual = graph.node("Add", [middle, apart])
        up[:, loud], up_bias[loud], down[loud] = 0, 0, 0
    loud = list(outliers.hidden)
    loud_up = up[loud]
    up[loud] = 0
    inner = graph.linear(calm, up, up_bias)
    if loud:
        columns = graph.node("Gather", [middle, graph.constant(np.array(loud, np.int64))], axis=2)
        inner = graph.node("Add", [inner, graph.node("MatMul", [columns, graph.constant(loud_up)])])
    inner = graph.node("Gelu", [inner], f"{layer}.inner", domain=_MICROSOFT)
    return graph.node("Add", [graph.linear(inner, down, second[1]), residual])


def _finish(graph: _Graph, hidden: str, probe_names: Sequence[str]) -> bytes:
    graph.node("Identity", [hidden], TOKENS)
    mean = graph.node("ReduceMean", [hidden, graph.constant(np.ones(1, np.int64))], keepdims=0)
    graph.node("LpNormalization", [mean], SENTENCE, axis=-1, p=2)
    size = graph.shape.hidden_size
    outputs = [
        helper.make_tensor_value_info(SENTENCE, TensorProto.FLOAT, ["n", size]),
        helper.make_tensor_value_info(TOKENS, TensorProto.FLOAT, ["n", "length", size]),
        *(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["channels"]) for name in probe_names),
    ]
    ids = helper.make_tensor_value_info(INPUT, TensorProto.INT64, ["n", "length"])
    encoder = helper.make_graph(graph.nodes, "encoder", [ids], outputs, graph.constants)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_MICROSOFT, 1)]
    return bytes(helper.make_model(encoder, opset_imports=opsets, ir_version=10).SerializeToString(deterministic=True))


def outliers_of(peaks: NDArray[np.float32], times: float = 2.0) -> tuple[int, ...]:
    """The channel whose peak is over `times` that of any other, if there is one. `peaks` is (channels,)."""
    order = np.argsort(peaks)[::-1]
    return (int(order[0]),) if peaks[order[0]] > times * peaks[order[1]] else ()
