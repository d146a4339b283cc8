"""An entailment model: whether a sentence follows from a passage. A second opinion for the sentence gate, optional."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from rag.errors import ConfigError

_YES = ("entailment", "entail", "supported", "supports", "consistent")
_THRESHOLD = 0.5


class Entailment:
    """A cross-encoder over (passage, sentence): three classes of which one is entailment, or one score from 0 to 1."""

    def __init__(self, model: Any, label: int | None):
        self._model, self._label = model, label
        self._lock = threading.Lock()

    def __call__(self, passage: str, sentence: str) -> bool:
        import numpy as np

        with self._lock:
            scores = np.asarray(self._model.predict([(passage, sentence)], show_progress_bar=False), np.float64)[0]
        if self._label is None:
            return bool(scores >= _THRESHOLD)
        odds = np.exp(scores - scores.max())
        return bool(odds[self._label] / odds.sum() >= _THRESHOLD)


def load_entailment(name: str, *, threads: int | None = None) -> Entailment:
    """`name`: a folder or a hub name. Raises ConfigError when it cannot be loaded, or has no class of that name."""
    import torch
    from sentence_transformers import CrossEncoder

    if threads:
        torch.set_num_threads(threads)
    try:
        model = CrossEncoder(name, device="cpu", local_files_only=Path(name).exists())
    except Exception as exc:  # the libraries below raise many kinds
        raise ConfigError(
            f"the entailment model {name} cannot be loaded: {exc}.",
            field="answer.entailment_model",
            fix="Name a folder with a cross-encoder, or leave it empty.",
        ) from exc
    labels = {str(label).lower(): int(at) for at, label in (model.model.config.id2label or {}).items()}
    if len(labels) == 1:
        return Entailment(model, None)
    label = next((labels[word] for word in _YES if word in labels), None)
    if label is None:
        raise ConfigError(
            f"the entailment model {name} has no class named {' or '.join(_YES[:2])}: {', '.join(labels)}.",
            field="answer.entailment_model",
            fix="Name a model for natural language inference.",
        )
    return Entailment(model, label)
