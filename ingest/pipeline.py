"""source ──► parse ──► clean ──► chunk ──► embed ──► commit ──► visible"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from ingest.chunk import chunk
from ingest.clean import clean
from ingest.parse import parse
from rag.domain import Chunk, DocumentInput, WriteResult
from rag.errors import Conflict, ParseError, XiansouError
from rag.library.ledger import Ledger
from rag.library.rows import Prepared, passage_hash
from rag.ports import Embedder, Vectors
from rag.settings import Settings

_BATCH = 128  # passages embedded in one call: enough that the embedder can sort them by length
_AHEAD = 8  # documents parsed ahead while the model works

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A document that is parsed and chunked."""

    input: DocumentInput
    title: str
    text: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: a result or an error."""

    input: DocumentInput
    result: WriteResult | None = None
    error: XiansouError | None = None


class Pipeline:
    """Writes documents into one generation of the record. Safe for any mix of threads."""

    def __init__(self, ledger: Ledger, embedder: Embedder, generation: int, settings: Settings):
        self._ledger, self._embedder, self._generation, self._settings = ledger, embedder, generation, settings

    def put(self, doc: DocumentInput, *, order: int | None = None, on_stage: Stage | None = None) -> WriteResult:
        """One document; when this returns, the next query anywhere sees it. Raises ParseError, Conflict."""
        stage = on_stage or (lambda _: None)
        stage("parsing")
        read = self._read(doc)
        stage("embedding")
        return self._commit(read, self._embed([read]), order)

    def put_many(self, docs: Iterable[DocumentInput]) -> Iterator[Outcome]:
        """Many documents, each committed on its own; the next ones are parsed while the model works. Never raises for one."""
        with ThreadPoolExecutor(1, thread_name_prefix="parse") as parsing:
            batch: list[Read] = []
            for doc, future in _ahead(parsing, self._read, docs):
                try:
                    batch.append(future.result())
                except XiansouError as exc:
                    yield Outcome(doc, error=exc)
                if sum(len(read.chunks) for read in batch) >= _BATCH:
                    yield from self._commit_all(batch)
                    batch = []
            yield from self._commit_all(batch)

    def _read(self, doc: DocumentInput) -> Read:
        if len(doc.content) > self._settings.ingest.max_bytes:
            raise ParseError(
                f"{len(doc.content):,} bytes are over the limit of {self._settings.ingest.max_bytes:,}.",
                code="too_large",
                fix="Split the file, or raise `ingest.max_bytes`.",
            )
        parsed, _ = clean(parse(doc.content, filename=doc.filename or doc.id, mime_type=doc.mime_type))
        title = doc.title or parsed.title or PurePosixPath(doc.id).stem
        chunks = chunk(
            parsed,
            count_tokens=self._embedder.count_tokens,
            max_tokens=self._settings.ingest.chunk_tokens,
            title=title,
        )
        if not chunks:
            raise ParseError("there is no text in it.", code="empty", fix="Leave it out, or give its text.")
        return Read(doc, title, parsed.text, tuple(chunks))

    def _embed(self, reads: Sequence[Read]) -> Vectors:
        """(all chunks, dim), in order. A text that the record has a vector for is not embedded again."""
        texts = {passage_hash(c.search_text): c.search_text for read in reads for c in read.chunks}
        known = self._ledger.known_vectors(self._generation, list(texts))
        new = [key for key in texts if key not in known]
        known.update(zip(new, self._embedder.embed_passages([texts[key] for key in new]), strict=True))
        rows = [known[passage_hash(c.search_text)] for read in reads for c in read.chunks]
        return np.stack(rows) if rows else np.empty((0, self._embedder.dim), np.float32)

    def _commit_all(self, reads: Sequence[Read]) -> Iterator[Outcome]:
        vectors, at = self._embed(reads), 0
        for read in reads:
            rows = vectors[at : at + len(read.chunks)]
            at += len(read.chunks)
            try:
                yield Outcome(read.input, self._commit(read, rows, None))
            except Conflict as exc:
                yield Outcome(read.input, error=exc)

    def _commit(self, read: Read, vectors: Vectors, order: int | None) -> WriteResult:
        return self._ledger.put(
            Prepared(read.input, read.title, read.text, read.chunks, vectors), self._generation, order
        )


def _ahead(
    pool: ThreadPoolExecutor, work: Callable[[DocumentInput], Read], docs: Iterable[DocumentInput]
) -> Iterator[tuple[DocumentInput, Future[Read]]]:
    """Each document with its future, `_AHEAD` of them under way: memory stays flat however many there are."""
    waiting: deque[tuple[DocumentInput, Future[Read]]] = deque()
    for doc in docs:
        waiting.append((doc, pool.submit(work, doc)))
        if len(waiting) > _AHEAD:
            yield waiting.popleft()
    yield from waiting
