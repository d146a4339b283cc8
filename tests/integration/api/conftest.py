"""One service for all tests of this folder: each test uses ids and words of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from api_service import make_settings, serving, working

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.wiring import open_application


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = make_settings(tmp_path_factory.mktemp("service"))
    application = open_application(settings, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, working(settings):
        yield url
    application.close()


@pytest.fixture
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=30) as opened:
        yield opened


@pytest.fixture
def document_id(request: pytest.FixtureRequest) -> str:
    """An id that no other test uses."""
    return f"{request.node.name}.md"


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """A collection that no other test uses, so that a question finds this test's documents alone."""
    return request.node.name[:128]
