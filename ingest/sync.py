"""One synchronisation of a source: what is new or changed is written, what is gone is deleted at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from ingest.catalogue import LEASE_S, Catalogue, Seen, Source
from ingest.connectors.base import Connector, Item
from ingest.connectors.registry import connect
from ingest.folder import Summary
from ingest.pipeline import Pipeline
from rag.domain import DocumentInput
from rag.errors import ConfigError, InputError, NotFound, UpstreamError, XiansouError
from rag.record.ledger import Ledger
from rag.settings import Settings

_LONGEST_ID = 512
_FEW = 4  # a source of fewer documents may lose them all


def sync(
    source: Source,
    ledger: Ledger,
    make_pipeline: Callable[[], Pipeline],
    settings: Settings,
    *,
    force: bool = False,
    stop: threading.Event | None = None,
    connector: Connector | None = None,
) -> Summary:
    """Synchronises a source that the caller has claimed, and notes in the catalogue how it ended.

    Args:
        make_pipeline: called when there is something to write.
        force: follow the source even when it lost over half of its documents.
        stop: when set, what is under way ends and the rest is left for the next time.

    Raises:
        UpstreamError: it cannot be reached; nothing was deleted.
        InputError: over half of it is gone and `force` was not given; nothing was deleted.
    """
    catalogue = Catalogue(ledger.engine)
    try:
        opened = connector or connect(source.id, source.kind, source.location, source.options, settings)
        try:
            summary = _Sync(source, ledger, catalogue, opened, stop or threading.Event()).run(make_pipeline, force)
        finally:
            opened.close()
    except XiansouError as exc:
        catalogue.done(source, exc)
        raise
    catalogue.done(source, summary)
    return summary


class _Sync:
    def __init__(self, source: Source, ledger: Ledger, catalogue: Catalogue, connector: Connector, stop: threading.Event):
        self.source, self.ledger, self.catalogue, self.connector, self.stop = source, ledger, catalogue, connector, stop
        self.summary, self.known = Summary(), catalogue.items(source.id)
        self.gone: list[str] = []
        self._kept_at = time.monotonic()

    def run(self, make_pipeline: Callable[[], Pipeline], force: bool) -> Summary:
        began = time.perf_counter()
        items = {item.key: item for item in self.connector.items()}
        self.gone = [key for key in self.known if key not in items]
        self._check_loss(force)
        self._write(list(items.values()), make_pipeline)
        self._check_loss(force)  # pages that turned out to be gone only when they were asked for
        for key in self.gone if not self.stop.is_set() else ():
            self._delete(key)
        self.summary.index_version = self.ledger.head()
        self.summary.seconds = round(time.perf_counter() - began, 3)
        return self.summary

    def _check_loss(self, force: bool) -> None:
        if not force and len(self.known) >= _FEW and len(self.gone) * 2 > len(self.known):
            raise InputError(
                f"{len(self.gone)} of {len(self.known)} documents are missing from {self.source.location} now.",
                field="--force",
                code="sudden_loss",
                fix=f"If that is right: xiansou sources sync {self.source.id} --force. Nothing was deleted.",
            )

    def _write(self, items: Sequence[Item], make_pipeline: Callable[[], Pipeline]) -> None:
        marks: dict[str, tuple[str, str]] = {}
        changed = self._changed(items, marks)
        first = next(changed, None)
        if first is None:
            return

        def documents() -> Iterator[DocumentInput]:
            yield first
            yield from changed

        for outcome in make_pipeline().put_many(documents()):
            key, mark = marks.pop(outcome.input.id)
            if outcome.result is not None:
                self.summary.count(outcome.result.state)
                self.summary.passages += outcome.result.passages if outcome.result.state != "unchanged" else 0
                self.catalogue.remember(self.source.id, key, Seen(outcome.input.id, mark))
            elif outcome.error is not None:
                self.summary.refuse(key, outcome.error, withdrawn=outcome.withdrawn)
            self._keep()

    def _changed(self, items: Sequence[Item], marks: dict[str, tuple[str, str]]) -> Iterator[DocumentInput]:
        """Documents of items that are new or changed; the others are counted."""
        standing = {s.id for s in self.ledger.standing("id", [seen.document_id for seen in self.known.values()])}
        for item in items:
            if self.stop.is_set():
                return
            self._keep()
            seen = self.known.get(item.key)
            mark = seen.mark if seen is not None and seen.document_id in standing else ""  # deleted by hand: comes again
            if mark and mark == item.mark:
                self.summary.unchanged += 1
                continue
            try:
                fetched = self.connector.read(item, mark)
            except NotFound:
                if seen is not None:
                    self.gone.append(item.key)
                else:
                    self.summary.fail(item.key, NotFound("it is listed, but not there."))
                continue
            except (ConfigError, XiansouError) as exc:
                self.summary.fail(item.key, exc)
                continue
            if fetched is None:
                self.summary.unchanged += 1
                continue
            doc = DocumentInput(
                id=seen.document_id if seen is not None else document_id(self.source, item.key),
                content=fetched.content,
                filename=fetched.filename,
                mime_type=fetched.mime_type,
                url=fetched.url,
                source=f"{self.source.id}:{item.key}",
                collection=self.source.collection,
            )
            marks[doc.id] = (item.key, fetched.mark)
            yield doc
        if items and len(self.summary.failed) == len(items) and self.known:
            raise UpstreamError(f"nothing of {self.source.location} can be read: {self.summary.failed[0]['error']}")

    def _delete(self, key: str) -> None:
        try:
            self.ledger.delete(self.known[key].document_id)
            self.summary.deleted += 1
        except NotFound:  # by hand, before
            pass
        self.catalogue.forget(self.source.id, key)

    def _keep(self) -> None:
        if time.monotonic() - self._kept_at > LEASE_S / 4:
            self.catalogue.keep(self.source.id)
            self._kept_at = time.monotonic()


def document_id(source: Source, key: str) -> str:
    """`name/path`, of a page `name/host/path`; a tail that is too long gives way to its hash."""
    path = key.partition("://")[2] or key
    whole = f"{source.id}/{path.strip('/')}"
    if len(whole) <= _LONGEST_ID:
        return whole
    return f"{whole[: _LONGEST_ID - 17]}~{sha256(whole.encode()).hexdigest()[:16]}"


def source_json(source: Source) -> Mapping[str, object]:
    """A source on the wire; times in Unix seconds."""
    return {
        "name": source.id,
        "kind": source.kind,
        "location": source.location,
        "collection": source.collection,
        "options": dict(source.options),
        "every_s": source.every,
        "synced_at": source.synced_at,
        "result": source.result,
        "error": source.error,
    }
