"""One real service for all clients: a server on a port; only the embedder is a double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clients_service import Dictated, library, serving

from api.app import create_app


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    application = library(tmp_path_factory.mktemp("clients"))
    with serving(create_app(application=application)) as url:
        yield url
    application.close()


@pytest.fixture
def dictated(tmp_path: Path) -> Iterator[tuple[str, Dictated]]:
    """(base URL of a service, its LLM)."""
    generator = Dictated()
    application = library(tmp_path, generator=generator)
    with serving(create_app(application=application)) as url:
        yield url, generator
        generator.words.put(None)
    application.close()
