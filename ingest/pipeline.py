"""source ──► parse ──► clean ──► chunk ──► embed ──► commit ──► visible"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from rag.library.views import IndexView

from ingest import mask
from ingest.address import address
from ingest.chunk import chunk
from ingest.columns import mapping_of
from ingest.parse.frontmatter import UNPUBLISHED
from ingest.sandbox import parse_safely
from ingest.statements import with_statements, with_tokens
from rag.domain import Chunk, DocumentInput, Parsed, WriteResult
from rag.errors import Conflict, NotFound, ParseError, XiansouError
from rag.index.late_interaction import pack
from rag.ports import Vectors
from rag.record.ledger import Ledger
from rag.record.rows import PreparedDocument, passage_hash
from rag.settings import Settings
from rag.text.tokens import Cutter

_BATCH = 128  # passages embedded in one call: enough that the embedder can sort them by length
_SOME = 16  # passages that keep the model busy while it would wait for a parser
_TOLD = ("left_out", "columns", "computed", "attachments_not_read", "pages_without_text", "pages_by_ocr")
_AHEAD = 8  # documents parsed ahead while the model works

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A document that is parsed and chunked. `cleaned`: what each cleaning rule removed; `told`: what its reader noted."""

    input: DocumentInput
    title: str
    text: str
    chunks: tuple[Chunk, ...]
    cleaned: Mapping[str, int] = field(default_factory=dict)
    kept: bytes | None = None
    masked: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None

    @property
    def left_out(self) -> Mapping[str, Sequence[str]]:
        found: Mapping[str, Sequence[str]] = self.told.get("left_out", {})
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: a result or an error. `withdrawn`: it is not published any more, what stood is deleted."""

    input: DocumentInput
    result: WriteResult | None = None
    error: XiansouError | None = None
    withdrawn: bool = False


class Pipeline:
    """Writes documents into the live generation of the record. Safe for any mix of threads."""

    def __init__(self, ledger: Ledger, view: Callable[[], IndexView], settings: Settings):
        self._ledger, self._view, self._settings = ledger, view, settings

    def put(self, doc: DocumentInput, *, order: int | None = None, on_stage: Stage | None = None) -> WriteResult:
        """One document; when this returns, the next query anywhere sees it. Raises ParseError, Conflict."""
        stage, view = on_stage or (lambda _: None), self._view()
        stage("parsing")
        try:
            read = read_document(doc, view, self._settings)
        except ParseError as exc:
            self._withdraw(doc, exc)
            raise
        stage("embedding")
        ready = prepare([read], view, self._ledger)[0]
        stage("writing")
        return replace(self._ledger.put(ready, view.generation, order), cleaned=read.cleaned, left_out=read.left_out)

    def _withdraw(self, doc: DocumentInput, error: XiansouError) -> bool:
        """Takes a document out that has become a draft; whether one stood."""
        if error.code != UNPUBLISHED:
            return False
        try:
            self._ledger.delete(doc.id)
        except NotFound:
            return False
        return True

    def put_many(self, docs: Iterable[DocumentInput]) -> Iterator[Outcome]:
        """Many documents, each committed on its own. Never raises for one.

        While the model works on some, the next ones are parsed and the ones before are committed.
        """
        view, batch = self._view(), list[Read]()
        with ThreadPoolExecutor(1, "parse") as parsing, ThreadPoolExecutor(1, "commit") as committing:
            written = committing.submit(list[Outcome])
            for doc, future in _ahead(parsing, lambda doc: read_document(doc, view, self._settings), docs):
                if _enough(batch, future):
                    ready, batch = (batch, embed(batch, view, self._ledger)), []
                    yield from written.result()
                    written = committing.submit(self._commit, *ready, view)
                try:
                    batch.append(future.result())
                except XiansouError as exc:
                    yield Outcome(doc, error=exc, withdrawn=self._withdraw(doc, exc))
            last = embed(batch, view, self._ledger)
            yield from written.result()
            yield from self._commit(batch, last, view)

    def _commit(self, reads: Sequence[Read], embedded: Embedded, view: IndexView) -> list[Outcome]:
        outcomes = []
        for read in reads:
            ready = _prepared(read, embedded, view.cutter)
            try:
                written = self._ledger.put(ready, view.generation)
                result = replace(written, cleaned=read.cleaned, left_out=read.left_out)
                outcomes.append(Outcome(ready.input, result))
            except Conflict as exc:
                swapped = exc.code == "generation_changed"
                outcomes.append(self._again(ready.input) if swapped else Outcome(ready.input, error=exc))
        return outcomes

    def _again(self, doc: DocumentInput) -> Outcome:
        """Once more from the start, in the generation that has become the live one."""
        try:
            return Outcome(doc, self.put(doc))
        except XiansouError as exc:
            return Outcome(doc, error=exc)


def read_document(doc: DocumentInput, view: IndexView, settings: Settings) -> Read:
    """Parses and cleans in a child process, then chunks. Raises ParseError, UpstreamError (no process to be had)."""
    if len(doc.content) > settings.ingest.max_bytes:
        raise ParseError(
            f"{len(doc.content):,} bytes are over the limit of {settings.ingest.max_bytes:,}.",
            code="too_large",
            fix="Split the file, or raise `ingest.max_bytes`.",
        )
    options = {
        "columns": mapping_of(doc.metadata),
        "folder_columns": doc.metadata.get("folder_columns", ()),
        "clean_off": settings.ingest.clean_off,
    }
    parsed, cleaned = parse_safely(
        doc.content, filename=doc.filename or doc.id, mime_type=doc.mime_type, settings=settings, options=options
    )
    title = doc.title or parsed.title or PurePosixPath(doc.id).stem
    told = {name: parsed.metadata[name] for name in _TOLD if parsed.metadata.get(name)}
    if not settings.ingest.mask:
        return replace(_chunked(doc, title, parsed, view, cleaned), told=told, url=_address(doc, parsed))
    told = mask.clean(told, settings.ingest.mask)
    hidden = mask.mask(parsed, title, settings.ingest.mask, settings.ingest.mask_key.get_secret_value())
    read = _chunked(doc, hidden.title, hidden.parsed, view, cleaned)
    kept = mask.pack(hidden)
    return replace(read, kept=kept, masked=hidden.counts, told=told, url=_address(doc, parsed))


def _address(doc: DocumentInput, parsed: Parsed) -> str | None:
    base, path = (str(doc.metadata.get(name) or "") for name in ("base_url", "base_path"))
    return address(parsed.metadata, base, path) or None


def read_again(doc: DocumentInput, view: IndexView, settings: Settings) -> Read:
    """As `read_document`, for a re-index: `doc` is of the record, its text stays what its version says."""
    hidden = mask.unpack(doc.content)
    if hidden is not None:
        return _chunked(doc, hidden[1], hidden[0], view, {})
    plain = settings.ingest.model_copy(update={"mask": []})  # a version that was stored unmasked: its citations hold
    return read_document(doc, view, settings.model_copy(update={"ingest": plain}))


def _chunked(doc: DocumentInput, title: str, parsed: Parsed, view: IndexView, cleaned: Mapping[str, int]) -> Read:
    chunks = chunk(parsed, count_tokens=view.embedder.count_tokens, max_tokens=view.chunk_tokens, title=title)
    if not chunks:
        raise ParseError("there is no text in it.", code="empty", fix="Leave it out, or give its text.")
    made = with_tokens(with_statements(parsed, chunks), view.embedder)
    return Read(doc, title, parsed.text, made, cleaned)


@dataclass(frozen=True, slots=True)
class Embedded:
    """By passage hash: vectors, bits of the token vectors of those that are new, words of those that stood before."""

    vectors: Mapping[bytes, Vectors]
    tokens: Mapping[bytes, bytes]
    words: Mapping[bytes, str]


def prepare(reads: Sequence[Read], view: IndexView, ledger: Ledger) -> list[PreparedDocument]:
    """Several documents, ready to commit; see `embed`."""
    embedded = embed(reads, view, ledger)
    return [_prepared(read, embedded, view.cutter) for read in reads]


def embed(reads: Sequence[Read], view: IndexView, ledger: Ledger) -> Embedded:
    """Embeds the passages of several documents in one call; a text that the record has a vector for is not embedded again."""
    texts = {passage_hash(c.search_text): c.search_text for read in reads for c in read.chunks}
    known = ledger.known_vectors(view.generation, list(texts))
    new = [key for key in texts if key not in known]
    vectors, rows = view.embedder.embed_with_tokens([texts[key] for key in new])
    known.update(zip(new, vectors, strict=True))
    tokens = {key: pack(row) for key, row in zip(new, rows, strict=False)}
    cut = ledger.known_words(view.generation, [read.input.id for read in reads]) if len(new) < len(texts) else {}
    return Embedded(known, tokens, cut)


def _prepared(read: Read, told: Embedded, cutter: Cutter) -> PreparedDocument:
    keyed = [(passage_hash(chunk.search_text), chunk.search_text) for chunk in read.chunks]
    bits = {key: told.tokens[key] for key, _ in keyed if key in told.tokens}
    vectors = np.stack([told.vectors[key] for key, _ in keyed])
    # Words are cut here, not while the ledger's writers wait.
    cut = [told.words[key] if key in told.words else " ".join(cutter.words(text)) for key, text in keyed]
    ready = PreparedDocument(read.input, read.title, read.text, read.chunks, vectors, bits, cut, read.kept, read.masked)
    return replace(ready, told=read.told, url=read.url)


def _enough(batch: Sequence[Read], following: Future[Read]) -> bool:
    """Whether to embed now: a full batch, or some passages while the next document is still being parsed."""
    passages = sum(len(read.chunks) for read in batch)
    return passages >= _BATCH or (passages >= _SOME and not following.done())


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
