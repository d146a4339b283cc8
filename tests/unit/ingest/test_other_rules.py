"""Settings that say how documents are read, switched on documents that stand already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.folder import Summary, ingest_paths
from ingest.pipeline import Pipeline
from ingest.reindex import reindex
from rag.settings import Settings
from rag.wiring import Application

DESK = "# 前台\n\n值班电话 13912345678，分机 204。\n"


def ingest(application: Application, folder: Path, settings: Settings) -> Summary:
    pipeline = Pipeline(application.ledger, application.views.writing, settings)
    return ingest_paths([folder], application.ledger, lambda: pipeline, settings)


def set_to(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"ingest": settings.ingest.model_copy(update=values)})


def test_switching_masking_reads_standing_files_again_once(application: Application, tmp_path: Path) -> None:
    (tmp_path / "desk.md").write_text(DESK)
    (tmp_path / "hours.md").write_text("# 时间\n\n早上八点开门。\n")
    plain, masking = application.settings, set_to(application.settings, mask=["mobile"])
    assert ingest(application, tmp_path, plain).added == 2
    assert ingest(application, tmp_path, plain).unchanged == 2
    switched = ingest(application, tmp_path, masking)
    assert (switched.updated, switched.reread) == (2, 2)
    assert "2 of them unchanged files that are read by other rules now" in switched.sentence()
    assert "13912345678" not in application.ledger.text("desk.md", application.ledger.document("desk.md").version)
    assert ingest(application, tmp_path, masking).unchanged == 2
    back = ingest(application, tmp_path, plain)
    assert (back.updated, back.reread) == (2, 2)
    assert "13912345678" in application.ledger.text("desk.md", application.ledger.document("desk.md").version)


def test_a_changed_file_is_no_reread_one(application: Application, tmp_path: Path) -> None:
    (tmp_path / "desk.md").write_text(DESK)
    ingest(application, tmp_path, application.settings)
    (tmp_path / "desk.md").write_text(DESK + "\n分机改为 205。\n")
    found = ingest(application, tmp_path, set_to(application.settings, mask=["mobile"]))
    assert (found.updated, found.reread) == (1, 0)


def test_a_rule_for_columns_reads_the_table_again(application: Application, tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("问题,答案,班次\n几点交班,早上七点,甲班\n")
    ingest(application, tmp_path, application.settings)
    (tmp_path / ".xiansou.toml").write_text('["faq.csv".columns]\n"班次" = "ignore"\n')
    found = ingest(application, tmp_path, application.settings)
    assert (found.updated, found.reread) == (1, 1)
    assert "甲班" not in application.ledger.text("faq.csv", application.ledger.document("faq.csv").version)


def test_a_reindex_applies_masking_to_what_is_there(application: Application, tmp_path: Path) -> None:
    (tmp_path / "desk.md").write_text(DESK)
    ingest(application, tmp_path, application.settings)
    masking = replace(application, settings=set_to(application.settings, mask=["mobile"]))
    outcome = reindex(masking, lambda *_: [])
    assert (outcome.reread, outcome.masked) == (1, 0)
    assert "13912345678" not in application.ledger.text("desk.md", application.ledger.document("desk.md").version)
    again = reindex(masking, lambda *_: [])
    assert (again.reread, again.masked) == (0, 0)
    back = reindex(application, lambda *_: [])
    assert (back.reread, back.masked) == (0, 1), "the text without the number is all that is kept"
