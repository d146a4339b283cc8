"""A case library in each of its formats: all fields there, filters, a citation that names the case, order among equals."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ingest.pipeline import Pipeline
from rag.domain import DocumentInput, Question, Scope
from rag.settings import Settings, load
from rag.wiring import Application

HEADER = ["Case No", "Title", "Symptom", "Root Cause", "Resolution", "Product", "Version", "Date", "Status", "Severity", "Link"]
LINK, SCRIPT = "https://t.example/2", "javascript:alert(1)"
BLACK = "Screen stays black after the update"
ROWS = [
    ["C-1", "Black screen", BLACK, "Old driver", "Reinstall it.", "Cam 2", "2.1", "2024-03-01", "closed", "P1", ""],
    ["C-2", "Black screen", BLACK, "Old driver", "Update to 2.3.", "Cam 2", "2.2", "2026-05-01", "closed", "P1", LINK],
    ["C-3", "Black screen", BLACK, "Unknown", "Wait.", "Cam 3", "2.2", "2026-06-01", "open", "P2", SCRIPT],
    ["C-4", "Battery drains", "Battery is empty", "Zone", "Smaller zone.", "B5", "1.0", "2025-02-02", "closed", "P3", ""],
]  # fmt: skip


def as_csv() -> bytes:
    return "\n".join(",".join(row) for row in [HEADER, *ROWS]).encode()


def as_jsonl() -> bytes:
    return "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS).encode()


def as_json() -> bytes:
    return json.dumps({"cases": [dict(zip(HEADER, row, strict=True)) for row in ROWS]}).encode()


def as_xlsx() -> bytes:
    import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append([*row[:7], datetime.datetime.fromisoformat(row[7]), *row[8:]])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Probabilities are calibrated for a real model."""
    return load(env={}, overrides={"data_dir": str(tmp_path / "data"), "answer.max_wrong_rate": 1.0})


@pytest.fixture(params=[("csv", as_csv), ("xlsx", as_xlsx), ("json", as_json), ("jsonl", as_jsonl)], ids=lambda p: p[0])
def library(request: pytest.FixtureRequest, application: Application) -> Application:
    name, render = request.param
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    result = pipeline.put(DocumentInput(f"cases.{name}", render(), filename=f"cases.{name}"))
    assert result.passages == len(ROWS)
    return application


def test_every_field_is_there_and_can_be_filtered_by(library: Application) -> None:
    hits = library.answerer.retrieve(Question("black screen after the update", top_k=10)).hits
    case = next(hit.passage for hit in hits if hit.passage.fields["id"] == "C-2")
    told = {
        "id": "C-2",
        "product": "Cam 2",
        "version": "2.2",
        "status": "closed",
        "Severity": "P1",
        "url": LINK,
    }
    assert told.items() <= case.fields.items()
    assert case.fields["date"].startswith("2026-05-01")
    assert all(part in case.text for part in (BLACK, "Old driver", "Update to 2.3."))
    for filters, ids in (
        ({"product": "Cam 3"}, {"C-3"}),
        ({"status": "closed", "Severity": ["P1", "P3"]}, {"C-1", "C-2", "C-4"}),
        ({"version": "9"}, set()),
    ):
        scoped = library.answerer.retrieve(Question("black screen", scope=Scope(filters=filters), top_k=10)).hits
        assert {hit.passage.fields["id"] for hit in scoped} == ids


def test_closed_and_newest_first_among_equals_and_the_citation_names_the_case(library: Application) -> None:
    question = Question("Screen stays black after the update")
    ids = [hit.passage.fields["id"] for hit in library.answerer.retrieve(question).hits if hit.passage.fields["id"] != "C-4"]
    assert ids == ["C-2", "C-1", "C-3"]
    (citation,) = library.answerer.answer(question).citations
    assert citation.section[-1] == "C-2 · Black screen · Cam 2 · 2.2"
    assert citation.url == LINK
    filtered = Question("Screen stays black", scope=Scope(filters={"product": "Cam 3"}))
    assert library.answerer.answer(filtered).citations[0].url is None, "only web links become links"
