"""A cross-encoder of sentence-transformers as the re-ranker. Importing torch takes seconds: import this late."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigError
from rag.models.text import encodable

_BATCH = 8


class CrossEncoderReranker:
    """A `rag.ports.Reranker`. Safe from several threads, one of which computes at a time."""

    def __init__(self, model: Any, name: str):
        self._model, self._name = model, name
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """(len(passages),): the model's own output, higher is better."""
        if not passages:
            return np.empty(0, np.float32)
        pairs = [(encodable(question), encodable(passage)) for passage in passages]
        with self._lock:
            predicted = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(predicted, np.float32).reshape(len(passages))


def load_crossencoder(name: str, *, threads: int | None = None) -> CrossEncoderReranker:
    """The model in the folder `name`, or of that hub name in the local cache (or on the hub, when it can be reached).

    Raises ConfigError, naming `retrieval.reranker_model`, when it cannot be had or gives more than one score a pair.
    """
    import torch
    from sentence_transformers import CrossEncoder

    if threads:
        torch.set_num_threads(threads)
    offline = Path(name).exists() or os.environ.get("HF_HUB_OFFLINE") == "1"
    try:
        model: Any = CrossEncoder(name, device="cpu", local_files_only=offline)
    except Exception as exc:  # a missing or wrong model fails in any layer of the library, with any error
        raise ConfigError(
            f"{name} cannot be loaded as a cross-encoder: {str(exc).splitlines()[0] if str(exc) else type(exc).__name__}.",
            field="retrieval.reranker_model",
            fix='Name a folder with its weights, or set retrieval.reranker = "late".',
        ) from exc
    if model.num_labels != 1:
        raise ConfigError(
            f"{name} gives {model.num_labels} scores a pair, not one: it is no re-ranker.",
            field="retrieval.reranker_model",
            fix='Name a cross-encoder with one output, or set retrieval.reranker = "late".',
        )
    return CrossEncoderReranker(model, Path(name).name)
