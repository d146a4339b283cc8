"""Fixtures shared by all tests. Nothing here reaches a network or a model hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from ingest.statements import of_text
from ingest.token_spans import with_tokens
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.runtime import metrics
from rag.settings import Settings, load
from rag.wiring import Application, open_application
from tests.support import postgres

os.environ["HF_HUB_OFFLINE"] = "1"
# By default a traceback shows every frame's variables: twelve seconds of one core for one logged error.
_PLAIN = [structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer()]
structlog.configure(processors=_PLAIN)
metrics.begin()  # tests count in their own process, as a service does


def pytest_sessionfinish() -> None:
    """In each process of tests."""
    postgres.end()


@pytest.fixture(autouse=True)
def plain_logging() -> Iterator[None]:
    """A test that starts logging leaves the next ones alone: its output is closed by then."""
    yield
    structlog.reset_defaults()
    structlog.configure(processors=_PLAIN)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(env={}, overrides={"data_dir": str(tmp_path / "data"), "answer.max_wrong_rate": 0.99})


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    """A real ledger and real mirrors; only the embedder is a double."""
    opened = open_application(settings, load=lambda _: HashEmbedder())
    yield opened
    opened.close()


@pytest.fixture
def put(application: Application):  # type: ignore[no-untyped-def]
    """put(id, *paragraphs, **fields of the document) → WriteResult: one passage a paragraph."""

    def write(document_id: str, *paragraphs: str, **told: object) -> object:
        text, chunks = "\n\n".join(paragraphs), []
        for paragraph in paragraphs:
            start = text.index(paragraph)
            chunks.append(Chunk(start, start + len(paragraph), paragraph))
        doc = DocumentInput(document_id, text.encode(), **told)  # type: ignore[arg-type]
        chunks = with_tokens(of_text(chunks, text, markdown=False), application.embedder)
        vectors = application.embedder.embed_passages([chunk.search_text for chunk in chunks])
        return application.ledger.put(
            PreparedDocument(doc, doc.title or document_id, text, chunks, vectors), application.generation
        )

    return write
