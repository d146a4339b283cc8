"""`xiansou sources`, in process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rag.wiring
from ingest.commands.sources import sources
from rag.fakes import HashEmbedder
from rag.record.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("XIANSOU__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rag.runtime.observe.start_logging", lambda told: None)
    real = rag.wiring.open_application
    monkeypatch.setattr("rag.wiring.open_application", lambda told: real(told, embedder=HashEmbedder()))
    return Ledger.open(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}")


def told(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(sources, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout.splitlines()[-1]))  # logging is left as it is, on stdout


def test_add_sync_list_rm(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(5):
        (folder / f"{n}.md").write_text(f"# Page {n}\n\nText {n}.")
    assert told("add", "help", str(folder), "--every", "15m")["every_s"] == 900
    assert told("sync", "help")["sources"]["help"]["added"] == 5
    for n in range(4):
        (folder / f"{n}.md").unlink()
    refused = told("sync", code=1)
    assert "sudden_loss" in refused["failed"][0]["error"]
    assert told("sync", "--force")["sources"]["help"]["deleted"] == 4
    (listed,) = told("list")["sources"]
    assert (listed["name"], listed["kind"], listed["result"]["deleted"], listed["error"]) == ("help", "folder", 4, None)
    assert told("rm", "help") == {"removed": "help", "deleted": 1, "kept": 0, "index_version": ledger.head()}
    assert ledger.counts()["documents"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("help", "/no/such/folder"),
        ("Help Me", "https://docs.example.com/"),
        ("help", "https://docs.example.com/", "--kind", "gopher"),
        ("help", "https://docs.example.com/", "-o", "depth=3"),
        ("help", "https://docs.example.com/", "--every", "often"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_added(ledger: Ledger, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(sources, ["add", *arguments])
    assert result.exit_code == 1
    assert result.exception is not None
    assert type(result.exception).__name__ == "InputError"
    assert told("list")["sources"] == []
