"""Embedding by any SentenceTransformer model in a local folder, on torch. Importing torch takes seconds: import this late."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigError
from rag.models.cache import QueryCache
from rag.models.text import encodable
from rag.ports import Vectors

_SAMPLE = 65_536  # bytes
_SAMPLES = 64
_NO_LIMIT = 8192  # what `max_tokens` says of a model that reads texts of any length


class SentenceTransformerEmbedder:
    """An `Embedder` over a SentenceTransformer model. Safe from several threads, one of which computes at a time.

    Queries and passages get the prompts of the model's own configuration, where it has some.

    Args:
        folder: the model; nothing is fetched.
        name: what it is called in `model_id`.
        threads: torch's threads, which is a setting of the whole process; None or 0 leaves it alone.

    Raises ConfigError when the folder does not hold such a model.
    """

    def __init__(self, folder: Path, *, name: str, threads: int | None = None, cached_queries: int = 4096):
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as exc:  # a wrong folder fails in any layer of the library, with any error
            raise ConfigError(
                f"{folder} cannot be loaded as a SentenceTransformer model: {exc}.",
                field="embedding.model",
                fix="Set embedding.model to a folder with modules.json, config.json, the tokenizer and the weights.",
            ) from exc
        self._lock = threading.Lock()
        self._queries = QueryCache(cached_queries)
        self._model_id = f"{Path(name).name}@{_fingerprint(folder)}"
        self._dim = int(self._model.get_embedding_dimension() or self._model.encode(["a"]).shape[1])

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or _NO_LIMIT)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), rows of L2 norm 1. A question asked before costs nothing."""
        return self._queries.rows(texts, lambda new: self._embed(new, self._model.encode_query))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), rows of L2 norm 1, in the order of `texts`."""
        return self._embed(texts, self._model.encode_document)

    @property
    def late(self) -> bool:
        return False  # how such a model's tokens compare is not known

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """`embed_passages`; no token vectors."""
        return self.embed_passages(texts), []

    def query_tokens(self, text: str) -> Vectors:
        """None: float32 (0, dim)."""
        return np.empty((0, self._dim), np.float32)

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """None, as there are no token vectors."""
        return []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens and prompt, uncut."""
        if not texts:
            return []
        clean = [encodable(text) for text in texts]
        with self._lock:  # encoding changes the tokenizer's truncation
            tokenizer = self._model.tokenizer
            if hasattr(tokenizer, "encode_batch"):  # static models hold a bare tokenizer
                return [len(encoding.ids) for encoding in tokenizer.encode_batch(clean, add_special_tokens=False)]
            ids = tokenizer(clean, add_special_tokens=False, truncation=False, padding=False, verbose=False)["input_ids"]
        return [len(row) for row in ids]

    def _embed(self, texts: Sequence[str], encode: Callable[..., Any]) -> Vectors:
        if not texts:
            return np.empty((0, self._dim), np.float32)
        clean = [encodable(text) for text in texts]
        with self._lock:
            return np.asarray(encode(clean, normalize_embeddings=True, show_progress_bar=False), np.float32)


def _fingerprint(folder: Path) -> str:
    """12 hex digits over names, sizes and evenly spaced samples of all files: weights of gigabytes in milliseconds.

    Training changes every weight, so it cannot miss all samples; a changed prompt or tokenizer is a small file, read whole.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix in {".md", ".lock"} or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            for start in range(0, size, max(_SAMPLE, size // _SAMPLES)):
                file.seek(start)
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:12]
