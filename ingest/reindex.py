"""`xiansou reindex`: builds the next generation beside the live one, gates it, swaps; or swaps back.

Edits go on meanwhile and are caught up. An interrupted or refused build leaves the live generation untouched.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import Engine

from ingest.embed import prepare
from ingest.read import Read, read_again
from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.errors import Conflict, NotFound, XiansouError
from rag.index.views import IndexView
from rag.record import generations, rebuild
from rag.record.last import note
from rag.record.rows import PreparedDocument
from rag.wiring import Application

_PAGE = 16  # documents read and embedded together
_ROUNDS = 20  # of catching up before a swap is given up: edits arrive faster than they are embedded

Gate = Callable[[Application, IndexView], list[str]]  # what is wrong with the new generation; empty: it may go live
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`unchanged`: nothing to do · `swapped`: the generation is live · `refused`: the gate said why.

    `reread`: documents with a new version, as they are read by other rules now; `masked`: those of which only the masked text
    is there, so that they stay as they are until their files are ingested.
    """

    state: Literal["unchanged", "swapped", "refused"]
    generation: int
    index_version: int
    documents: int = 0
    embedded: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    gate: list[str] = field(default_factory=list)
    seconds: float = 0.0
    reread: int = 0
    masked: int = 0


def reindex(application: Application, gate: Gate, *, force: bool = False, progress: Progress | None = None) -> Outcome:
    """Brings the library to the settings' fingerprint. With `force` it is rebuilt even if it is there.

    Raises Conflict: another re-index holds the lock, or edits never paused long enough for the swap.
    """
    engine = application.ledger.engine
    with rebuild.locked(engine, _me()) as renew:
        rebuild.prune(engine)
        wanted, live = application.wanted, application.generation
        if generations.same(generations.get(engine, live).fingerprint, wanted) and not force:
            return _reread(application, Outcome("unchanged", live, application.ledger.head()))
        if force:
            wanted = wanted | {"build": application.ledger.head()}  # tells it from the live one
        return _reread(application, _build(application, rebuild.start(engine, wanted), gate, renew, progress))


def _reread(application: Application, outcome: Outcome) -> Outcome:
    """What is there is read by the rules that are set now (`ingest.mask`, `ingest.clean_off`)."""
    from ingest.reread import reread

    if outcome.state == "refused":
        return outcome
    redone = reread(application, application.open_view(outcome.generation))
    version = application.ledger.head() if redone.documents else outcome.index_version
    return replace(outcome, reread=redone.documents, masked=redone.masked, index_version=version)


def rollback(application: Application, *, progress: Progress | None = None) -> Outcome:
    """Makes the former generation live again, with every edit since. Raises NotFound when there is none."""
    generation = rebuild.former(application.ledger.engine)
    if generation is None:
        raise NotFound("there is no former generation to go back to.", field="--rollback")
    with rebuild.locked(application.ledger.engine, _me()) as renew:
        return _build(application, generation, lambda *_: [], renew, progress)


def _build(
    application: Application, generation: int, gate: Gate, renew: Callable[[], None], progress: Progress | None
) -> Outcome:
    began, engine, view = time.perf_counter(), application.ledger.engine, application.open_view(generation)
    builder = _Builder(application, view, renew, progress)
    builder.catch_up()
    view.mirror.sync(application.ledger.head())
    if wrong := builder.unreadable() or gate(application, view):
        rebuild.fail(engine, generation)
        return builder.outcome("refused", application.ledger.head(), began, wrong)
    for _ in range(_ROUNDS):
        renew()
        version = rebuild.swap(engine, generation, builder.ready)
        if version is not None:
            return builder.outcome("swapped", version, began, [])
        builder.catch_up()
    raise Conflict("documents change faster than they can be embedded.", fix="Run it at a quieter hour; nothing was changed.")


class _Builder:
    """Counts what one build does."""

    def __init__(self, application: Application, view: IndexView, renew: Callable[[], None], progress: Progress | None):
        self._application, self._view, self._renew, self._progress = application, view, renew, progress
        self._documents = self._embedded = 0
        self._failed: dict[str, str] = {}

    def catch_up(self) -> None:
        """Until no live document lacks passages in the generation."""
        engine = self._application.ledger.engine
        total = self._application.ledger.counts()["documents"]
        while True:
            with engine.connect() as conn:
                late = [
                    i for i in rebuild.lacking(conn, self._view.generation, _PAGE + len(self._failed)) if i not in self._failed
                ]
            if not late:
                return
            ready = self.ready(late)
            self._embedded += rebuild.store(engine, self._view.generation, ready)
            self._documents += len(ready)
            self._renew()
            if self._progress:
                self._progress(min(self._documents, total), total)

    def ready(self, ids: Sequence[str]) -> list[tuple[int, PreparedDocument]]:
        """Parsed, chunked and embedded for the generation; a document that fails is noted and left out."""
        reads = []
        for version, doc in rebuild.given(self._application.ledger.engine, ids):
            try:
                read = read_again(doc, self._view, self._application.settings)
                reads.append((version, self._with_stored_text(read, version)))
            except NotFound:  # erased since it was listed: nothing of it may come back, and nothing is lost
                continue
            except XiansouError as exc:
                self._failed[doc.id] = f"{exc.code}: {exc}"
        prepared = prepare([read for _, read in reads], self._view, self._application.ledger)
        return [(version, ready) for (version, _), ready in zip(reads, prepared, strict=True)]

    def _with_stored_text(self, read: Read, version: int) -> Read:
        """A newer parser may read another text than the version has, whose offsets answers cite: then its passages stay."""
        text = self._application.ledger.text(read.input.id, version)
        if read.text == text:
            return read
        chunks = tuple(rebuild.cut_before(self._application.ledger.engine, read.input.id, version))
        if not all(chunk.statements for chunk in chunks):
            chunks = of_text(chunks, text, markdown=bool(read.chunks and read.chunks[0].plain))
        return replace(read, text=text, chunks=with_tokens(chunks, self._view.embedder))

    def unreadable(self) -> list[str]:
        """Documents that are live now and would be lost by the swap."""
        return [f"{key} cannot be read any more: {error}" for key, error in self._failed.items()]

    def outcome(self, state: Literal["swapped", "refused"], version: int, began: float, wrong: list[str]) -> Outcome:
        failed = [{"source": key, "error": error} for key, error in self._failed.items()]
        seconds = round(time.perf_counter() - began, 3)
        return Outcome(state, self._view.generation, version, self._documents, self._embedded, failed, wrong, seconds)


@contextmanager
def noted(engine: Engine) -> Iterator[Callable[[str, Sequence[str]], None]]:
    """Keeps how a re-index ended, for `xiansou doctor` and the metrics. Yields what is told its state and reasons."""
    ended: list[tuple[str, Sequence[str]]] = []
    try:
        yield lambda state, reasons: ended.append((state, reasons))
    except Exception as exc:
        if not isinstance(exc, Conflict):  # another one is at it, and will say how it ends
            reason = exc.detail if isinstance(exc, XiansouError) else type(exc).__name__
            note(engine, "reindex", state="failed", reasons=[reason])
        raise
    for state, reasons in ended:
        note(engine, "reindex", state=state, reasons=list(reasons))
        if state != "refused":
            note(engine, "good reindex", state=state)


def _me() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"
