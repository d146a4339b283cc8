"""Fills a model folder from weights: a SentenceTransformer model in float32, the int8 encoder, the manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from rag.models import manifest
from rag.models.graph import Outliers, float_encoder, int8_encoder, outliers_of, probes
from rag.models.manifest import ENCODER, INPUT, TOKENIZER
from rag.models.onnx import open_session, open_tokenizer
from rag.models.weights import BertShape, Weights, write_safetensors

MAX_TOKENS = 512

_PROMPTS = {"query": "query: ", "document": "passage: "}
# The float model is run on these once, to see which channels are loud: both languages, question and prose.
_SAMPLES = (
    "query: 怎么把订单的收货地址改成另一个城市？",
    "query: how do I export last month's invoices as a spreadsheet",
    "passage: 设备首次启动前，请先连接电源适配器，等待指示灯由红色变为绿色（约 3 分钟），再长按开关键两秒。若指示灯一直闪烁，"
    "说明电池温度过高，应断开电源并在阴凉处放置十分钟；仍不能开机的，请联系售后并提供机身背面的序列号。",
    "passage: Refunds are paid back to the original payment method within 5–10 business days after we receive the "
    "returned item. Shipping costs are not refunded unless the item arrived damaged; in that case, attach a photo to "
    "your request, and see section 4.2 for the address (orders above $500 need a signature).",
)


def build(folder: Path, name: str, weights: Weights, tokenizer: Path, tell: Callable[[str], None]) -> None:
    """Fills the empty `folder` with the model `name` and syncs it to the disk."""
    tell("writing the SentenceTransformer folder")
    _sentence_transformer(folder, weights, tokenizer)
    tell("quantising the encoder")
    (folder / ENCODER).write_bytes(_encoder(weights, tokenizer))
    tell("hashing and syncing")
    files = manifest.describe(folder)
    built = manifest.Manifest(
        name=name,
        model_id=f"{name}-int8@{files[ENCODER][1][:12]}",
        dim=weights.shape.hidden_size,
        max_tokens=MAX_TOKENS,
        query_prompt=_PROMPTS["query"],
        passage_prompt=_PROMPTS["document"],
        origin=weights.origin,
        licence="MIT (intfloat/multilingual-e5-small)",
        files=files,
    )
    manifest.write(folder, built)


def _encoder(weights: Weights, tokenizer: Path) -> bytes:
    session = open_session(float_encoder(weights))
    layers = range(weights.shape.num_hidden_layers)
    names = [name for layer in layers for name in probes(layer)]
    peaks: list[np.ndarray] = []
    for encoding in open_tokenizer(tokenizer).encode_batch(list(_SAMPLES)):
        activations = session.run(names, {INPUT: np.array([encoding.ids], np.int64)})
        peaks = [np.maximum(*pair) for pair in zip(peaks or activations, activations, strict=True)]
    loud = [outliers_of(of_channels) for of_channels in peaks]
    return int8_encoder(weights, [Outliers(hidden, inner) for hidden, inner in zip(loud[0::2], loud[1::2], strict=True)])


def _sentence_transformer(folder: Path, weights: Weights, tokenizer: Path) -> None:
    """The layout that every release of sentence-transformers since 2.3 reads, written without importing it."""
    write_safetensors(folder / "model.safetensors", weights)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
    prefix = "sentence_transformers.models."
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    texts = {
        "config.json": _config(weights.shape),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_TOKENS, "bos_token": "<s>",
            "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": prefix + kind}
            for index, (path, kind) in enumerate(modules)
        ],
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": weights.shape.hidden_size, "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "config_sentence_transformers.json": {"prompts": _PROMPTS, "similarity_fn_name": "cosine"},
    }  # fmt: skip
    for name, content in texts.items():
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _config(shape: BertShape) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "pad_token_id": 1,
        "torch_dtype": "float32",
        **asdict(shape),
    }
