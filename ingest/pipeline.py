"""source ──► parse ──► clean ──► chunk ──► embed ──► commit ──► visible"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from ingest.embed import Embedded, embed, prepare, prepared
from ingest.parse.frontmatter import UNPUBLISHED
from ingest.read import Read, read_document
from rag.domain import DocumentInput, WriteResult
from rag.errors import Conflict, NotFound, ParseError, XiansouError
from rag.index.views import IndexView
from rag.record.ledger import Ledger
from rag.settings import Settings

_BATCH = 128  # passages embedded in one call: enough that the embedder can sort them by length
_SOME = 16  # passages that keep the model busy while it would wait for a parser
_AHEAD = 8  # documents parsed ahead while the model works

Stage = Callable[[str], None]
Rows = Callable[[str, int, int], None]  # id of a document, passages of it and of those beside it that are embedded, of how many


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: a result or an error. `withdrawn`: it is not published any more, what stood is deleted."""

    input: DocumentInput
    result: WriteResult | None = None
    error: XiansouError | None = None
    withdrawn: bool = False


class Pipeline:
    """Writes documents into the live generation of the record. Safe for any mix of threads.

    `rows`: told by `put_many` how far it is within the largest of the documents that it works on.
    """

    def __init__(self, ledger: Ledger, view: Callable[[], IndexView], settings: Settings, rows: Rows | None = None):
        self._ledger, self._view, self._settings, self._rows = ledger, view, settings, rows

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
                    ready, batch = (batch, self._embed(batch, view)), []
                    yield from written.result()
                    written = committing.submit(self._commit, *ready, view)
                try:
                    batch.append(future.result())
                except XiansouError as exc:
                    yield Outcome(doc, error=exc, withdrawn=self._withdraw(doc, exc))
            last = self._embed(batch, view)
            yield from written.result()
            yield from self._commit(batch, last, view)

    def _embed(self, batch: Sequence[Read], view: IndexView) -> Embedded:
        rows = self._rows
        if rows is None or not batch:
            return embed(batch, view, self._ledger)
        largest = max(batch, key=lambda read: len(read.chunks)).input.id
        return embed(batch, view, self._ledger, lambda done, total: rows(largest, done, total))

    def _commit(self, reads: Sequence[Read], embedded: Embedded, view: IndexView) -> list[Outcome]:
        outcomes = []
        for read in reads:
            ready = prepared(read, embedded, view.cutter)
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
