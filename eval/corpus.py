"""A corpus of JSON Lines into a library: a document a line, those that stand already skipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from eval.items import json_lines
from ingest.folder import Summary
from ingest.pipeline import Pipeline
from rag.domain import DocumentInput
from rag.errors import ConfigError
from rag.record.rows import content_hash
from rag.wiring import Application

Progress = Callable[[int, int], None]
_PAGE = 500


def ingest_corpus(file: Path, application: Application, pipeline: Pipeline, progress: Progress | None = None) -> Summary:
    """Puts every passage of `{id, title, text, …}` into the library. Raises ConfigError for a malformed line."""
    began, summary = time.perf_counter(), Summary()
    total = sum(1 for _ in json_lines(file))
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    for outcome in pipeline.put_many(_changed(file, application, summary, advance)):
        if outcome.result is not None:
            summary.count(outcome.result.state)
            summary.passages += outcome.result.passages if outcome.result.state != "unchanged" else 0
        elif outcome.error is not None:
            summary.fail(str(outcome.input.id), outcome.error)
        advance()
    summary.index_version = application.ledger.head()
    summary.seconds = round(time.perf_counter() - began, 3)
    return summary


def _changed(file: Path, application: Application, summary: Summary, advance: Callable[[], None]) -> Iterator[DocumentInput]:
    page: list[DocumentInput] = []
    for at, row in json_lines(file):
        page.append(_document(f"{file}:{at}", row))
        if len(page) == _PAGE:
            yield from _unknown(page, application, summary, advance)
            page = []
    yield from _unknown(page, application, summary, advance)


def _unknown(
    page: list[DocumentInput], application: Application, summary: Summary, advance: Callable[[], None]
) -> Iterator[DocumentInput]:
    standing = {s.id: s.content_hash for s in application.ledger.standing("id", [doc.id for doc in page])}
    for doc in page:
        if standing.get(doc.id) == content_hash(doc):
            summary.unchanged += 1
            advance()
        else:
            yield doc


def _document(where: str, row: dict[str, Any]) -> DocumentInput:
    """A passage as a text document. Newlines stand: they are its paragraphs."""
    for name in ("id", "text"):
        if not isinstance(row.get(name), str):
            raise ConfigError(f"`{name}` must be a text.", field=where, fix='A line is {"id": "…", "title": "…", "text": "…"}.')
    title = str(row.get("title") or "")
    return DocumentInput(id=row["id"], content=row["text"].encode(), mime_type="text/plain", title=title or None)
