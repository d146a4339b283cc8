"""`xiansou jobs`, in process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.commands.jobs import jobs
from ingest.jobs import Jobs
from ingest.queue import Queue
from rag.domain import DocumentInput
from rag.record.ledger import Ledger


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("XIANSOU__DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "rag.runtime.observe.start_logging", lambda told: None
    )  # it would log to the runner's own stderr for ever
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


def told(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(jobs, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_list_show_cancel_pause_resume(here: Ledger) -> None:
    batch = Queue(here.engine).open_batch("folder")
    ids = [Jobs(here.engine).submit(DocumentInput(name, b"text"), batch) for name in ("a", "b", "c")]
    listed = told("list", "--batch", batch, "--limit", "2")
    assert [job["document_id"] for job in listed["jobs"]] == ["c", "b"]
    assert (listed["next_before"], listed["batch"]["states"], listed["paused"]) == (ids[1], {"queued": 3}, False)
    assert told("pause") == {"paused": True, "unfinished": 3}
    assert told("list")["paused"]
    assert told("cancel", str(ids[0]))["jobs"][0]["error"]["code"] == "cancelled"
    assert told("cancel", "--batch", batch) == {"cancelled": 2, "batch": batch}
    assert told("resume") == {"paused": False, "unfinished": 0}
    assert told("show", str(ids[2]))["state"] == "failed"
    assert "cancelled" in CliRunner().invoke(jobs, ["list"]).output


def test_what_cannot_be_cancelled_is_named(here: Ledger) -> None:
    job_id = Jobs(here.engine).submit(DocumentInput("a", b"text"))
    result = CliRunner().invoke(jobs, ["cancel", str(job_id), "99", "--json"])
    assert result.exit_code == 1
    assert "no job 99" in json.loads(result.stdout)["failed"][0]["error"]
