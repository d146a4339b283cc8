"""What a user would take instead of our embedder: SentenceTransformer.encode over ONNX int8, 32 texts a batch."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.models.onnx import usable_cores
from rag.ports import Vectors
from rag.settings import Settings

BATCH = 32
_OPSET = 17


class PlainEncoder:
    """The same weights, exported by torch and quantised by ONNX Runtime's `quantize_dynamic` (QInt8), as
    `export_dynamic_quantized_onnx_model` does; batches padded to their longest text, all cores inside an operator."""

    def __init__(self, folder: Path, cache: Path, *, threads: int | None = None):
        """`folder`: a SentenceTransformer model; `cache`: where the exported graph is kept (118 MB, about 30 s to make)."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        graph = cache / f"{folder.name}-plain-int8.onnx"
        if not graph.exists():
            _export(self._model, graph)
        _replace(self._model, graph, threads or usable_cores())

    @classmethod
    def of(cls, settings: Settings) -> PlainEncoder:
        """The model of the settings, on as many threads."""
        folder = settings.model_folder
        return cls(folder / settings.embedding.model, folder / "bench", threads=settings.embedding.threads or None)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), rows of L2 norm 1."""
        vectors = self._model.encode(
            list(texts), prompt="passage: ", batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)


def _export(model: Any, graph: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Hidden(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    graph.parent.mkdir(parents=True, exist_ok=True)
    features = model.preprocess(["passage: a text", "passage: another text that is longer"])
    inner = model[0].auto_model
    inner.config._attn_implementation = "eager"
    whole, part = graph.with_suffix(".fp32"), graph.with_suffix(".part")
    axes = {name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask", "hidden")}
    logging.getLogger().addFilter(_silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Hidden(inner).eval(),
                (features["input_ids"], features["attention_mask"]),
                str(whole),
                input_names=["input_ids", "attention_mask"],
                output_names=["hidden"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
            quantize_dynamic(str(whole), str(part), weight_type=QuantType.QInt8)
    finally:
        logging.getLogger().removeFilter(_silent)
    part.rename(graph)
    whole.unlink()


def _silent(record: logging.LogRecord) -> bool:
    """The quantiser advises a pre-processing that changes nothing here."""
    return "pre-processing" not in record.getMessage()


def _replace(model: Any, graph: Path, threads: int) -> None:
    import onnxruntime
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    class Runtime(torch.nn.Module):  # type: ignore[misc]
        config = model[0].auto_model.config
        dtype, device = torch.float32, torch.device("cpu")

        def forward(self, input_ids: Any, attention_mask: Any, **_: Any) -> Any:
            inputs = {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()}
            return BaseModelOutput(last_hidden_state=torch.from_numpy(session.run(["hidden"], inputs)[0]))

    model[0].model = Runtime()
