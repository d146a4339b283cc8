"""A folder as people keep it: leftovers, other files, names of two normal forms, what was removed by hand."""

from __future__ import annotations

import os
from pathlib import Path
from unicodedata import normalize

import pytest

from ingest.folder import Summary, ingest_paths
from ingest.leftovers import LeftOut
from ingest.pipeline import Pipeline
from ingest.sources import find
from rag.wiring import Application


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    made.mkdir()
    return made


def ingest(application: Application, *paths: Path, delete: bool = False) -> Summary:
    pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
    return ingest_paths(paths, application.ledger, lambda: pipeline, application.settings, delete_missing=delete, force=True)


def test_what_is_no_document_is_left_out_and_told(folder: Path) -> None:
    told_names = "a.md a.md~ a.md.bak a.md.orig .a.md.swp Thumbs.db desktop.ini ~$a.docx style.css app.js movie.MP4 mkdocs.yml"
    names = [*told_names.split(), "notes.log"]
    for name in names:
        (folder / name).write_text("Text.")
    left = LeftOut()
    assert [file.name for _, file in find([folder], left)] == ["a.md", "notes.log"]
    told = left.as_dict()
    assert set(told["leftovers of editors and systems"]) == {"a.md~", "a.md.bak", "a.md.orig", "Thumbs.db", "desktop.ini"}
    assert told["files of no document format"] == ["1 .MP4", "1 .css", "1 .js", "1 .yml"]
    assert [file.name for _, file in find([folder / "style.css"])] == ["style.css"], "named itself"


def test_a_name_in_two_normal_forms_is_one_document(application: Application, folder: Path) -> None:
    name = "Größe.md"
    (folder / normalize("NFD", name)).write_text("# Size\n\nOld: 3 metres.\n")
    assert ingest(application, folder).added == 1
    assert application.ledger.document(normalize("NFC", name)).id == normalize("NFC", name)
    newer = folder / normalize("NFC", name)
    newer.write_text("# Size\n\nNew: 4 metres.\n")
    os.utime(newer, (2e9, 2e9))
    summary = ingest(application, folder)
    assert (summary.added, summary.updated) == (0, 1)
    assert [one["kind"] for one in summary.left_out] == ["the same name in another normal form"]
    assert "4 metres" in application.ledger.text(normalize("NFC", name), 2)


def test_what_was_removed_by_hand_stays_so_until_it_changes(application: Application, folder: Path) -> None:
    page = folder / "kiln.md"
    page.write_text("# Kiln\n\nIt heats well.\n")
    assert ingest(application, folder).added == 1
    application.ledger.delete("kiln.md", by_hand=True)
    summary = ingest(application, folder)
    assert (summary.added, summary.left_out[0]["kind"]) == (0, "removed by hand and unchanged since")
    assert ingest(application, page).added == 1, "named itself"
    application.ledger.delete("kiln.md", by_hand=True)
    page.write_text("# Kiln\n\nIt heats better.\n")
    assert ingest(application, folder).added == 1
    page.unlink()
    assert ingest(application, folder, delete=True).deleted == 1
    page.write_text("# Kiln\n\nIt heats better.\n")
    assert ingest(application, folder).added == 1, "gone from the folder for a while is not removed by hand"


def test_pages_with_the_parts_that_they_include(application: Application, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Secret words.")
    (folder / "parts").mkdir()
    (folder / "parts" / "_fee.adoc").write_text("It costs {fee}.\n")
    (folder / "parts" / "_names.txt").write_text(".. |kiln| replace:: Kiln 9\n")
    (folder / "a.adoc").write_text("= Kiln\n:fee: 5 EUR\n\ninclude::parts/_fee.adoc[]\n\ninclude::../secret.txt[]\n")
    (folder / "b.rst").write_text("Oven\n====\n\n.. include:: parts/_names.txt\n\nThe |kiln|.\n\n.. include:: ../secret.txt\n")
    assert ingest(application, folder).failed == []
    assert "It costs 5 EUR." in application.ledger.text("a.adoc", 1)
    assert "The Kiln 9." in application.ledger.text("b.rst", 1)
    assert all("Secret" not in application.ledger.text(one, 1) for one in ("a.adoc", "b.rst"))
    (folder / "parts" / "_fee.adoc").write_text("It costs {fee} a day.\n")
    ingest(application, folder)
    assert "It costs 5 EUR a day." in application.ledger.text("a.adoc", 2), "a changed part changes its pages"


def test_the_services_own_folder_is_no_document(folder: Path) -> None:
    (folder / "a.md").write_text("Open from 9 to 5.")
    (folder / "data").mkdir()
    (folder / "data" / "notes.md").write_text("Not ours.")
    assert [file.name for _, file in find([folder], without=folder / "data")] == ["a.md"]
    assert [file.name for _, file in find([folder / "data"], without=folder / "data")] == ["notes.md"], "named itself"
