"""`xiansou ingest`: files into the record, unchanged ones skipped, missing ones deleted when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.leftovers import LeftOut
from ingest.parse.frontmatter import UNPUBLISHED
from ingest.pipeline import Pipeline
from ingest.rules import reading_rules
from ingest.sources import SourceFile, find, name, read
from rag.domain import DEFAULT_COLLECTION, DocumentInput
from rag.errors import InputError, ParseError, XiansouError
from rag.record import readings
from rag.record.ledger import Ledger
from rag.record.rows import content_hash
from rag.settings import Settings

_FEW = 5  # names of one kind that a summary tells
Progress = Callable[[int, int], None]  # files done, files in all


@dataclass(slots=True)
class Summary:
    """Counts of documents by what happened, passages written, the index version afterwards, seconds it took, and
    how much each cleaning rule removed. `reread`: of what was updated, how many files are as they were and were read by other
    rules (masking, cleaning, columns). `left_out`: what of the sources is not part of any text, and why."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    reread: int = 0
    deleted: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    passages: int = 0
    index_version: int = 0
    seconds: float = 0.0
    cleaned: dict[str, int] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def count(self, state: str) -> None:
        setattr(self, state, getattr(self, state) + 1)

    def fail(self, source: str, error: XiansouError) -> None:
        self.failed.append({"source": source, "error": f"{error.code}: {error}"})

    def leave_out(self, source: str, left_out: Mapping[str, Sequence[str]]) -> None:
        """Notes what of a source was not read, by kind."""
        for kind, what in left_out.items():
            names = [str(one) for one in what]
            shown = ", ".join(names[:_FEW]) + (f", and {len(names) - _FEW} more" if len(names) > _FEW else "")
            self.left_out.append({"source": source, "kind": kind, "what": shown})

    def refuse(self, source: str, error: XiansouError, *, withdrawn: bool) -> None:
        """A document that was not written: a draft is left out, all else has failed."""
        if error.code != UNPUBLISHED:
            self.fail(source, error)
            return
        self.deleted += withdrawn
        self.leave_out(source, {"not published": [str(getattr(error, "detail", error)), *["withdrawn"][: int(withdrawn)]]})

    def sentence(self) -> str:
        """For people."""
        documents = self.added + self.updated
        again = f" ({self.reread} of them unchanged files that are read by other rules now)" if self.reread else ""
        return (
            f"{self.added} added, {self.updated} updated{again}, {self.unchanged} unchanged, {self.deleted} deleted, "
            f"{len(self.failed)} failed; {self.passages} passages in {self.seconds:.1f} s "
            f"({documents / self.seconds if self.seconds else 0:.1f} documents/s, "
            f"{self.passages / self.seconds if self.seconds else 0:.1f} passages/s); index version {self.index_version}"
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ingest_paths(
    paths: Sequence[Path],
    ledger: Ledger,
    make_pipeline: Callable[[], Pipeline],
    settings: Settings,
    *,
    collection: str = DEFAULT_COLLECTION,
    delete_missing: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    summary: Summary | None = None,
) -> Summary:
    """Ingests every file at or below the paths. `make_pipeline` is called when there is something to embed.

    `summary`: where it counts, for who wants to know how far it was when it was interrupted.

    Raises InputError for a path that is not there, or when `delete_missing` would delete over half of what stands.
    """
    began, summary = time.perf_counter(), summary or Summary()
    left = LeftOut()
    files = name(find(paths, left, without=settings.data_dir), ledger)
    missing = missing_of(paths, files, ledger, force) if delete_missing else []
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(files))

    changed = changed_of(files, ledger, settings, collection, summary, advance, paths=paths, left=left)
    first = next(changed, None)
    if first is not None:
        for outcome in make_pipeline().put_many(_chain(first, changed)):
            if outcome.result is not None:
                summary.count(outcome.result.state)
                summary.leave_out(str(outcome.input.source), outcome.result.left_out)
                for rule, count in outcome.result.cleaned.items():
                    summary.cleaned[rule] = summary.cleaned.get(rule, 0) + count
                summary.passages += outcome.result.passages if outcome.result.state != "unchanged" else 0
            elif outcome.error is not None:
                summary.refuse(str(outcome.input.source), outcome.error, withdrawn=outcome.withdrawn)
            advance()
    for document_id in missing:
        ledger.delete(document_id)
        summary.deleted += 1
    summary.leave_out(", ".join(map(str, paths)), left.as_dict())
    summary.index_version = ledger.head()
    summary.seconds = round(time.perf_counter() - began, 3)
    return summary


def _chain(first: DocumentInput, rest: Iterator[DocumentInput]) -> Iterator[DocumentInput]:
    yield first
    yield from rest


def changed_of(
    files: Sequence[SourceFile],
    ledger: Ledger,
    settings: Settings,
    collection: str,
    summary: Summary,
    advance: Callable[[], None] = lambda: None,
    *,
    paths: Sequence[Path] = (),
    left: LeftOut | None = None,
) -> Iterator[DocumentInput]:
    """Documents whose bytes differ from what stands; the others are counted as unchanged or failed.

    One that was removed by hand stays so until it changes, or is named itself among `paths`; noted in `left`.
    """
    standing = {s.id: s.content_hash for s in ledger.standing("id", [file.id for file in files])}
    rules = reading_rules(settings)
    removed = ledger.removed([file.id for file in files if file.id not in standing])
    named = {str(path.absolute()) for path in paths}
    for file in files:
        try:
            doc = read(file, settings.ingest.max_bytes, collection)
        except ParseError as exc:
            summary.fail(file.source, exc)
            advance()
            continue
        if standing.get(file.id) == content_hash(doc, rules):
            summary.unchanged += 1
            advance()
            continue
        if file.id not in standing and removed.get(file.id) == content_hash(doc, rules) and str(file.path) not in named:
            if left is not None:
                left.removed.append(file.id)
            advance()
            continue
        if file.id in standing:
            summary.reread += _same_bytes(doc, standing[file.id], ledger)
        yield doc


def _same_bytes(doc: DocumentInput, standing: str, ledger: Ledger) -> bool:
    """Whether the file is what it was, and a setting or a rule for its columns has changed."""
    stands = ledger.document(doc.id)
    rules = readings.report(ledger.engine, doc.id, stands.version).get("rules")
    return standing == content_hash(replace(doc, metadata=stands.metadata), rules)


def missing_of(paths: Sequence[Path], files: Sequence[SourceFile], ledger: Ledger, force: bool) -> list[str]:
    """Ids of documents that came from below the paths and whose files are gone. Raises InputError when these are over half."""
    here = {file.source for file in files}
    gone: list[str] = []
    stood = 0
    for path in paths:
        after = ""
        prefix = f"{path.absolute()}/"
        while page := ledger.page(after=after, limit=500, source_prefix=prefix):
            after = page[-1].id
            stood += len(page)
            gone += [doc.id for doc in page if doc.source not in here]
    if not force and stood >= 4 and len(gone) * 2 > stood:
        raise InputError(
            f"{len(gone)} of {stood} documents from there are missing now.",
            field="--delete-missing",
            fix="If that is right, add --force; nothing was changed.",
        )
    return gone
