"""Embedding by the int8 encoder of a prepared folder: `tokenizers` and `onnxruntime` only, no torch.

Each text is one run on one core, and texts run side by side on a pool of threads. Measured on two cores, this is faster
than any batching from 32 tokens a text on: activations stay in the core's cache, nothing is padded, and no thread waits
for another inside an operator. A vector is the same to the bit alone and among others.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.errors import ConfigError
from rag.models import manifest
from rag.models.cache import QueryCache, TokenCache
from rag.models.late import LATE_MODEL, project
from rag.models.manifest import ENCODER, INPUT, SENTENCE, TOKENIZER, TOKENS
from rag.models.pieces import Ids, keep_pieces, open_pieces
from rag.models.text import encodable
from rag.ports import Vectors

_TOKENIZE_AT_ONCE = 256  # texts; an encoding takes a hundred times the memory of its ids
_LONGEST_TOKEN = 64  # characters; what lies beyond `max_tokens` times this is cut without being read

TokenIds = NDArray[np.int64]
T = TypeVar("T")


class OnnxEmbedder:
    """An `Embedder` over a folder that `rag.models.prepare` made. Safe from several threads.

    Args:
        folder: holds the manifest, the tokenizer and the encoder.
        threads: how many texts are embedded side by side; None or 0: one a usable core.
        cached_queries: how many query vectors are remembered.
        brief: for a process that asks little: the tokenizer is loaded as a whole only when a long text comes.

    Raises ConfigError when the folder is not complete or the encoder cannot be loaded.
    """

    def __init__(self, folder: Path, *, threads: int | None = None, cached_queries: int = 4096, brief: bool = False):
        stored = manifest.read(folder)
        if stored is None:
            raise ConfigError(
                f"{folder} is not a completely prepared model.",
                field="embedding.model",
                fix="Delete the folder; it is prepared again at the next start.",
            )
        self._manifest = stored
        self._tokenizer_file, self._loading = folder / TOKENIZER, threading.Lock()
        self._pieces = open_pieces(self._tokenizer_file, stored.files[TOKENIZER][1]) if brief else None
        self._whole: Tokenizer | None = None
        if self._pieces is None:
            self._tokenizer()
            if brief:  # the next one is faster
                keep_pieces(self._tokenizer_file, stored.files[TOKENIZER][1])
        self._session = open_session(folder / ENCODER)
        self._threads = threads or usable_cores()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
        self._queries = QueryCache(cached_queries)
        self._question_tokens = TokenCache()  # a question that is asked again is not read again
        # The prompt's space belongs to the text's first token.
        self._first = {
            prompt: 1 + self.count_tokens([prompt.rstrip()])[0] for prompt in (stored.query_prompt, stored.passage_prompt)
        }

    def _tokenizer(self) -> Tokenizer:
        with self._loading:
            if self._whole is None:
                self._whole = open_tokenizer(self._tokenizer_file)
            return self._whole

    @property
    def model_id(self) -> str:
        return self._manifest.model_id

    @property
    def dim(self) -> int:
        return self._manifest.dim

    @property
    def max_tokens(self) -> int:
        return self._manifest.max_tokens

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), rows of L2 norm 1. A question asked before costs nothing."""
        return self._queries.rows(texts, self._embed_new_queries)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim), rows of L2 norm 1, in the order of `texts`; equal texts are embedded once."""
        unique = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        vectors = self._embed(list(unique), self._manifest.passage_prompt)
        return vectors if len(unique) == len(texts) else vectors[[unique[text] for text in texts]]

    @property
    def late(self) -> bool:
        return self._manifest.name == LATE_MODEL

    def embed_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """`embed_passages` and the passages' token vectors, projected for late interaction, from one run each."""
        if not self.late:
            return self.embed_passages(texts), []
        first = self._first[self._manifest.passage_prompt]

        def run(ids: TokenIds) -> tuple[Vectors, Vectors]:
            vector, rows = self._run_both(ids)
            return vector, project(rows[first:-1])  # here, so that all threads take part

        encoded = self._map(run, self._ids(texts, self._manifest.passage_prompt))
        vectors = np.stack([vector for vector, _ in encoded]) if encoded else np.empty((0, self.dim), np.float32)
        return vectors, [rows for _, rows in encoded]

    def query_tokens(self, text: str) -> Vectors:
        """Token vectors (tokens, dim) of a question, projected for late interaction; free when it was embedded before."""
        rows = self._question_tokens.get(text)
        if rows is None:
            rows = self.token_vectors([text], queries=True)[0]
            self._question_tokens.keep(text, rows)
        return project(rows)

    def token_spans(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """(tokens, 2) code points into each text, row by row those of `embed_with_tokens`; no model is run."""
        if not self.late:
            return []
        prompt, head = self._manifest.passage_prompt, self.max_tokens * _LONGEST_TOKEN
        first, last = self._first[prompt], self.max_tokens - 1
        prompted = [encodable(prompt + text[:head]) for text in texts]
        spans = [np.array(encoding.offsets, np.int32).reshape(-1, 2) for encoding in self._tokenizer().encode_batch(prompted)]
        return [np.maximum(rows[first : min(len(rows) - 1, last)] - len(prompt), 0) for rows in spans]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens and prompt, uncut."""
        return [len(encoding) for encoding in self._encodings(texts, special=False)]

    def token_vectors(self, texts: Sequence[str], *, queries: bool = False) -> list[Vectors]:
        """The last layer's output for each of a text's own tokens, float32 (tokens, dim), not normalised.

        For late interaction. The prompt is read but, like the special tokens, has no rows; they are as many as
        `count_tokens` says (one for an empty text), less what is cut.
        """
        prompt = self._manifest.query_prompt if queries else self._manifest.passage_prompt
        first = self._first[prompt]
        return [rows[first:-1] for rows in self._map(lambda ids: self._run(TOKENS, ids), self._ids(texts, prompt))]

    def _embed_new_queries(self, texts: Sequence[str]) -> Vectors:
        """Keeps the token vectors for `query_tokens`: they come from the same run."""
        prompt = self._manifest.query_prompt
        if not self.late:
            return self._embed(texts, prompt)
        first, encoded = self._first[prompt], self._map(self._run_both, self._ids(texts, prompt))
        for text, (_, rows) in zip(texts, encoded, strict=True):
            self._question_tokens.keep(text, rows[first:-1])
        return np.stack([vector for vector, _ in encoded]) if encoded else np.empty((0, self.dim), np.float32)

    def _run_both(self, ids: TokenIds) -> tuple[Vectors, Vectors]:
        sentence, tokens = self._session.run([SENTENCE, TOKENS], {INPUT: ids[None, :]})
        return sentence[0], tokens[0]

    def _embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        rows = self._map(lambda ids: self._run(SENTENCE, ids), self._ids(texts, prompt))
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)

    def _map(self, run: Callable[[TokenIds], T], ids: list[TokenIds]) -> list[T]:
        """`run` of each, in order, on the pool."""
        if len(ids) == 1:  # a question: no other thread has to wake up for it, and it waits for no passages
            return [run(ids[0])]
        # Longest first, so that no thread is left with a long text at the end.
        order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
        results = dict(zip(order, self._pool.map(lambda row: run(ids[row]), order), strict=True))
        return [results[row] for row in range(len(ids))]

    def _ids(self, texts: Sequence[str], prompt: str) -> list[TokenIds]:
        """Token ids of each text after the prompt, special tokens and all at most `max_tokens`."""
        head = self.max_tokens * _LONGEST_TOKEN
        prompted = [prompt + text[:head] for text in texts]
        whole = [np.array(encoding.ids, np.int64) for encoding in self._encodings(prompted, special=True)]
        return [ids if len(ids) <= self.max_tokens else np.append(ids[: self.max_tokens - 1], ids[-1]) for ids in whole]

    def _run(self, output: str, ids: TokenIds) -> Vectors:
        vectors: Vectors = self._session.run([output], {INPUT: ids[None, :]})[0][0]
        return vectors

    def _encodings(self, texts: Sequence[str], *, special: bool) -> Iterator[Encoding | Ids]:
        if self._whole is None and self._pieces is not None:
            encodings = self._pieces.encode([encodable(text) for text in texts], special=special)
            if encodings is not None:
                yield from encodings
                return
        tokenizer = self._tokenizer()
        for start in range(0, len(texts), _TOKENIZE_AT_ONCE):
            part = [encodable(text) for text in texts[start : start + _TOKENIZE_AT_ONCE]]
            yield from tokenizer.encode_batch_fast(part, add_special_tokens=special)


def open_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer without truncation or padding. Raises ConfigError when the file is not one."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as exc:  # the library raises nothing narrower
        raise ConfigError(f"The tokenizer {path} cannot be read: {exc}.", field="embedding.model") from exc
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def open_session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """A session that runs on the calling thread alone. Raises ConfigError when the model cannot be loaded."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Every length would keep its own plan of the memory.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        source = model if isinstance(model, bytes) else str(model)
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # the library's own errors share no base class
        raise ConfigError(
            f"The encoder cannot be loaded: {exc}.",
            field="embedding.model",
            fix="Delete the model's folder; it is prepared again at the next start.",
        ) from exc


def usable_cores() -> int:
    """Cores this process may use: its affinity, and the quota of its control group (version 2 or 1) where it has one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    root = Path("/sys/fs/cgroup")
    try:
        if (root / "cpu.max").exists():
            quota, period = (root / "cpu.max").read_text().split()
        else:
            quota, period = ((root / "cpu" / name).read_text() for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
        return min(cores, max(1, round(int(quota) / int(period)))) if int(quota) > 0 else cores
    except (OSError, ValueError):  # no control group, or "max": no quota
        return cores
