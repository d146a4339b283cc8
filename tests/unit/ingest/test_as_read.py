"""What was read can be looked at: text, statements, what was left out and why; drafts are withdrawn; addresses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingest.address import address
from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from ingest.sidecar import Sidecars
from rag.domain import DocumentInput, Question
from rag.errors import InputError, NotFound, ParseError
from rag.record import readings
from rag.record.erase import erase
from rag.wiring import Application


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    return made


def pipeline(application: Application) -> Pipeline:
    return Pipeline(application.ledger, application.views.writing, application.settings)


def ingest(application: Application, folder: Path) -> Summary:
    return ingest_paths([folder], application.ledger, lambda: pipeline(application), application.settings)


def workbook() -> bytes:
    book = Workbook()
    for row in [
        ("Frage", "Antwort", "Bearbeiter"),
        ("Wie lange?", "Drei Tage dauert es.", "Bo"),
        ("Wo?", "Im Laden in Bonn.", "Al"),
    ]:
        book.active.append(row)
    book.active.column_dimensions["C"].hidden = True
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_document_as_it_was_read(application: Application, tmp_path: Path) -> None:
    told = {"columns": {"Frage": "question", "Antwort": "answer"}}
    application_pipeline = pipeline(application)
    result = application_pipeline.put(DocumentInput("faq.xlsx", workbook(), filename="faq.xlsx", metadata=told))
    assert result.left_out == {"hidden columns": ["Sheet!C"]}
    found = readings.as_read(application.ledger.engine, application.ledger.document("faq.xlsx"))
    assert found["told"] == {
        "left_out": {"hidden columns": ["Sheet!C"]},
        "columns": {"Frage": "question", "Antwort": "answer"},
    }
    statements = [one for passage in found["passages"] for one in passage["statements"]]
    assert "Drei Tage dauert es." in [one["text"] for one in statements]
    assert all(found["text"][one["start"] : one["end"]] for one in statements)
    json.dumps(found)
    erase(application.ledger.engine, tmp_path, "faq.xlsx")
    assert readings.report(application.ledger.engine, "faq.xlsx", 1) == {}


def test_a_summary_tells_what_was_left_out(application: Application, folder: Path) -> None:
    (folder / "faq.xlsx").write_bytes(workbook())
    summary = ingest(application, folder)
    kinds = {(Path(one["source"]).name, one["kind"], one["what"]) for one in summary.left_out}
    assert kinds == {("faq.xlsx", "hidden columns", "Sheet!C")}


def test_what_becomes_a_draft_is_withdrawn(application: Application, folder: Path) -> None:
    page = folder / "kiln.md"
    page.write_text("# Kiln\n\nThe kiln heats to 900 degrees.\n")
    assert ingest(application, folder).added == 1
    page.write_text("---\ndraft: true\n---\n# Kiln\n\nThe kiln heats to 999 degrees.\n")
    summary = ingest(application, folder)
    assert (summary.deleted, summary.failed) == (1, [])
    assert [one["kind"] for one in summary.left_out] == ["not published"]
    with pytest.raises(NotFound):
        application.ledger.document("kiln.md")
    assert application.answerer.answer(Question("How hot is the kiln?")).status == "refused"
    page.write_text("# Kiln\n\nThe kiln heats to 950 degrees.\n")
    assert ingest(application, folder).added == 1
    with pytest.raises(ParseError, match="not published"):
        pipeline(application).put(DocumentInput("kiln.md", b"---\nstatus: archived\n---\n# Kiln\n\nOld.\n", filename="kiln.md"))
    with pytest.raises(NotFound):
        application.ledger.document("kiln.md")


def test_a_column_that_is_not_there_is_an_error_for_the_file_that_names_it(application: Application, folder: Path) -> None:
    (folder / "faq.csv").write_text("Frage,Antwort\nWie lange?,Drei Tage dauert es.\n")
    (folder / ".xiansou.toml").write_text('["faq.csv".columns]\nFragen = "question"\nAntwort = "answer"\n')
    (failure,) = ingest(application, folder).failed
    assert "unknown_column" in failure["error"] and "did you mean `Frage`" in failure["error"]
    (folder / ".xiansou.toml").write_text('[columns]\nFragen = "question"\nAntwort = "answer"\n')
    summary = ingest(application, folder)
    assert (summary.added, summary.failed) == (1, []), "a folder's mapping is for many files"
    assert any("Fragen" in one["what"] for one in summary.left_out)


@pytest.mark.parametrize(
    ("told", "base", "path", "found"),
    [
        ({"url": "https://x.example/a"}, "", "", "https://x.example/a"),
        ({"slug": "wifi"}, "https://h.example/docs/", "guide/01.md", "https://h.example/docs/guide/wifi"),
        ({"slug": "/wifi"}, "https://h.example/docs", "guide/01.md", "https://h.example/docs/wifi"),
        ({"permalink": "/a/b/"}, "https://h.example", "x.md", "https://h.example/a/b/"),
        ({}, "https://h.example", "guide/wi fi.md", "https://h.example/guide/wi%20fi"),
        ({}, "https://h.example", "guide/index.md", "https://h.example/guide/"),
        ({}, "https://h.example", "files/price.pdf", "https://h.example/files/price.pdf"),
        ({"slug": "wifi"}, "", "a.md", ""),
        ({"url": "javascript:alert(1)"}, "https://h.example", "", ""),
        ({}, "", "a.md", ""),
    ],
)
def test_addresses(told: dict[str, str], base: str, path: str, found: str) -> None:
    assert address(told, base, path) == found


def test_citations_lead_to_the_address_of_their_page(application: Application, folder: Path) -> None:
    below = folder / "guide"
    below.mkdir()
    (folder / ".xiansou.toml").write_text('base_url = "https://help.example/docs"\n')
    (below / "kiln.md").write_text("# Kiln\n\nThe kiln heats to 900 degrees.\n")
    (below / "own.html").write_text(
        '<html><head><link rel="canonical" href="https://shop.example/saw"></head><body><main><h1>Saw</h1>'
        "<p>The saw cuts 90 mm of wood without effort.</p></main></body></html>"
    )
    ingest(application, folder)
    assert application.ledger.document("guide/kiln.md").url == "https://help.example/docs/guide/kiln"
    assert application.ledger.document("guide/own.html").url == "https://shop.example/saw"
    assert (
        application.answerer.answer(Question("How hot is the kiln?")).citations[0].url == "https://help.example/docs/guide/kiln"
    )
    assert ingest(application, folder).unchanged == 2
    (folder / ".xiansou.toml").write_text('base_url = "help.example"\n')
    with pytest.raises(InputError, match="base_url"):
        Sidecars(folder).metadata(below / "kiln.md")
