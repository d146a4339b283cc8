"""The one door to an embedding model: prepares it when needed and picks what runs it."""

from __future__ import annotations

from pathlib import Path

from rag.models import manifest
from rag.models.prepare import Progress, prepare
from rag.ports import Embedder


def load(
    model: str, folder: Path, *, threads: int | None = None, progress: Progress | None = None, brief: bool = False
) -> Embedder:
    """The embedder for `model`: the default's name, the path of a folder, or a hub name.

    Args:
        folder: where prepared models are kept.
        threads: None or 0: one a usable core.
        brief: for a process that embeds a question or two: see `OnnxEmbedder`.
        progress: told in a few words what is being done, when the model has to be prepared.

    Raises ConfigError, naming `embedding.model`, when it cannot be had.
    """
    path = prepare(model, folder, progress=progress)
    if manifest.read(path):
        from rag.models.onnx import OnnxEmbedder

        return OnnxEmbedder(path, threads=threads, brief=brief)
    from rag.models.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(path, name=model, threads=threads)
