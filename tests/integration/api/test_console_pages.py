"""What the console's pages tell: sources, when a document is in force, cost, rows of tables as one reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_service import make_settings, serving

from api.app import create_app
from api.web.console.shown import plain
from ingest.catalogue import Catalogue, Source
from rag.domain import Chunk, DocumentInput
from rag.fakes import HashEmbedder
from rag.record.rows import PreparedDocument
from rag.wiring import Application, open_application

_TEXT = "The gate opens at nine."


def _put(application: Application, document_id: str, title: str, metadata: dict[str, str | int]) -> None:
    doc = DocumentInput(document_id, _TEXT.encode(), title=title, metadata=metadata)
    vectors = application.embedder.embed_passages([_TEXT])
    application.ledger.put(PreparedDocument(doc, title, _TEXT, [Chunk(0, len(_TEXT), _TEXT)], vectors), application.generation)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that is open on loopback, with documents that hold at some time and sources."""
    prices = {"limits__prompt_price": 2.0, "limits__completion_price": 8.0}
    settings = make_settings(tmp_path_factory.mktemp("console"), **prices)
    application = open_application(settings, embedder=HashEmbedder())
    _put(application, "old.md", "Opening hours", {"valid_until": "2020-12-31"})
    _put(application, "now.md", "Opening hours", {"valid_from": "2021-01-01"})
    _put(application, "later.md", "Opening hours", {"valid_from": "2088-05-01"})
    _put(application, "plain.md", "The gate", {})
    catalogue = Catalogue(application.ledger.engine)
    for name, every in (("handbook", 3600.0), ("attic", None)):
        place = Path(settings.data_dir) / name
        place.mkdir()
        catalogue.add(Source(name, "folder", str(place), "default", {}, every, None, None, None, None))
    with serving(create_app(application=application)) as url:
        yield url
    application.close()


@pytest.mark.parametrize(
    ("document", "told", "days"),
    [("old.md", "over", "… – 2020-12-31"), ("now.md", "now", "2021-01-01 – …"), ("later.md", "not yet", "2088-05-01 – …")],
)
def test_a_document_says_when_it_is_in_force(console: str, document: str, told: str, days: str) -> None:
    shown = httpx.get(f"{console}/console/document?id={document}&lang=en").text
    assert "In force" in shown and f">{told}</span> {days}" in shown


def test_a_document_without_a_period_says_nothing_of_one(console: str) -> None:
    assert "In force" not in httpx.get(f"{console}/console/document?id=plain.md&lang=en").text


def test_the_library_lists_its_sources(console: str) -> None:
    shown = httpx.get(f"{console}/console/library?lang=en").text
    assert "<b>handbook</b>" in shown and "every 1 h" in shown
    assert "<b>attic</b>" in shown and "by hand" in shown and "not read yet" in shown


def test_traffic_tells_what_it_cost(console: str) -> None:
    from api.web.console.traffic import _spent
    from rag.settings.limits import Limits

    assert "cost since the start, by your prices" in httpx.get(f"{console}/console/traffic?lang=en").text
    tokens = {"prompt": 500_000.0, "completion": 250_000.0}
    assert _spent(Limits(prompt_price=2.0, completion_price=8.0), tokens) == 3.0
    assert _spent(Limits(), tokens) is None


def test_rows_of_tables_are_shown_without_their_pipes() -> None:
    assert plain("| Teo | 1.2 | 1500 |") == "Teo · 1.2 · 1500"
    assert plain("| Model | Litres |\n| --- | :-: |\n| Teo | 1.2 |") == "Model · Litres\nTeo · 1.2"
    assert plain("Open **Settings** first") == "Open Settings first"
    assert plain("Boil it --- twice.\nNo table.") == "Boil it --- twice.\nNo table."
