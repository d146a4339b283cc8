"""The command line itself: what is loaded when, helps, suggestions, completion, pipes, a folder without a library."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import xiansou
from rag.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEAVY = {"sqlalchemy", "numpy", "onnxruntime", "tokenizers", "faiss", "structlog", "redis", "rich", "torch", "fastapi", "httpx"}


def command(*arguments: str, at: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {name: value for name, value in os.environ.items() if not name.startswith("XIANSOU")}
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from xiansou import main; main()", *arguments],
        cwd=at,
        env=told | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def loaded(done: subprocess.CompletedProcess[str]) -> set[str]:
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def said(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(line for line in done.stderr.splitlines() if not line.startswith("import time:"))


@pytest.fixture
def library(settings: Settings, put: Any) -> Path:
    """A folder whose `data` holds three documents of two collections."""
    put("a/tea.md", "Green tea is steeped at 70 degrees.", title="Tea")
    put("b/咖啡.md", "咖啡用 93 度的水冲。", title="咖啡")
    put("z.md", "Milk is kept cold.", collection="cold")
    return settings.data_dir.parent


def test_the_helps_in_the_table_are_those_of_the_commands() -> None:
    for name, later in xiansou.COMMANDS.items():
        module, _, attribute = later.place.partition(":")
        made = getattr(importlib.import_module(module), attribute)
        own = made.info.help if isinstance(made, typer.Typer) else inspect.getdoc(made)
        assert own.splitlines()[0] == later.help, name


def test_help_and_version_load_no_command(tmp_path: Path) -> None:
    for arguments in (["--help"], ["-h"], ["--version"]):
        done = command(*arguments, at=tmp_path)
        assert done.returncode == 0
        assert loaded(done) & (HEAVY | {"api", "eval", "ingest"}) == set()
        assert arguments == ["--version"] or "pydantic" not in loaded(done)  # Typer itself reads options by it
    listed = command("--help", at=tmp_path).stdout
    assert all(f"  {name} " in listed for name, later in xiansou.COMMANDS.items() if not later.hidden)
    assert "api-process" not in listed


def test_docs_list_loads_neither_models_nor_sqlalchemy(library: Path) -> None:
    done = command("docs", "list", "--json", at=library)
    assert loaded(done) & HEAVY == set()
    told = json.loads(done.stdout)
    assert [doc["document_id"] for doc in told["documents"]] == ["a/tea.md", "b/咖啡.md", "z.md"]
    assert (told["total"], told["next_cursor"], told["documents"][0]["title"]) == (3, None, "Tea")
    paged = json.loads(command("docs", "list", "--json", "--limit", "1", "--after", "a/tea.md", at=library).stdout)
    assert ([doc["title"] for doc in paged["documents"]], paged["next_cursor"], paged["total"]) == (["咖啡"], "b/咖啡.md", 3)
    cold = command("docs", "list", "--collection", "cold", at=library)
    assert cold.stdout == "z.md\tversion 1\t1 passages\tz.md\n"
    assert "no documents there" in said(command("docs", "list", "--collection", "hot", at=library))


@pytest.mark.parametrize(
    "arguments",
    [["docs", "list"], ["docs", "show", "x"], ["ask", "hello?"], ["search", "hello"], ["keys", "list"], ["backup", "b.tar"]],
)
def test_a_command_that_reads_makes_no_library(tmp_path: Path, arguments: list[str]) -> None:
    done = command(*arguments, at=tmp_path)
    assert done.returncode == 2
    assert f"the library in data is empty: nothing was ever put into {tmp_path}/data." in said(done)
    assert "xiansou ingest PATH" in said(done)
    assert list(tmp_path.iterdir()) == []


def test_doctor_makes_none_either(tmp_path: Path) -> None:
    done = command("doctor", at=tmp_path)
    assert f"! ledger: the library in data is empty: nothing was ever put into {tmp_path}/data" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["docs", "delete", "x"], "rm"),
        (["docs", "ls"], "list"),
        (["keys", "remove"], "revoke"),
        (["serch", "x"], "search"),
        (["add", "docs"], "ingest"),
        (["status"], "doctor"),
    ],
)
def test_a_wrong_command_names_the_one_that_was_meant(typed: list[str], meant: str) -> None:
    done = CliRunner().invoke(xiansou.cli, typed)
    assert done.exit_code == 2
    assert f"Did you mean '{meant}'" in done.output


def test_a_wrong_option_names_the_one_that_was_meant() -> None:
    done = CliRunner().invoke(xiansou.cli, ["docs", "list", "--colection", "x"])
    assert done.exit_code == 2
    assert "--collection" in done.output


@pytest.mark.parametrize("words", [[], ["docs"], ["docs", "list"], ["eval", "run"], ["bench"]])
def test_h_is_help_everywhere_and_brackets_stay(words: list[str]) -> None:
    long, short = (CliRunner().invoke(xiansou.cli, [*words, option]) for option in ("--help", "-h"))
    assert long.output == short.output
    assert long.exit_code == 0
    export = CliRunner().invoke(xiansou.cli, ["eval", "export", "--help"]).output
    assert "[" in export.split("Options:")[0].replace("[OPTIONS]", "")


def test_completion_for_bash_knows_commands_and_options(tmp_path: Path) -> None:
    for line, expected in (("xiansou do", {"docs", "doctor"}), ("xiansou docs ", {"list", "show", "rm"})):
        words = {"_XIANSOU_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        assert set(command(at=tmp_path, **words).stdout.split()) == expected
    shown = command("--show-completion", "bash", at=tmp_path)
    assert "_XIANSOU_COMPLETE" in shown.stdout or "shell" in said(shown).lower()


def test_a_pipe_gets_whole_lines_without_colours_and_may_be_closed(library: Path) -> None:
    piped = command("keys", "create", "--help", at=library).stdout
    assert "\x1b[" not in piped
    assert max(map(len, piped.splitlines())) > 80
    script = f"{sys.executable} -c 'from xiansou import main; main()' docs list --limit 1000 | true; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(["bash", "-c", f"sleep 0; {script}"], cwd=library, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


def test_an_underscore_too_few_in_the_environment_is_told(tmp_path: Path) -> None:
    done = command("docs", "list", at=tmp_path, XIANSOU_SERVER__PORT="9")
    assert done.returncode == 2
    assert "Did you mean `XIANSOU__SERVER__PORT`?" in said(done)


@pytest.mark.parametrize(
    "words", [["docs", "list"], ["ask", "tea?"], ["search", "tea"], ["keys", "list"], ["docs", "show", "z.md"]]
)
def test_a_damaged_ledger_is_one_line_with_the_fix_and_no_text(library: Path, words: list[str]) -> None:
    file = library / "data" / "ledger.db"
    for log in library.glob("data/ledger.db-*"):
        log.unlink()
    content = file.read_bytes()
    file.write_bytes(os.urandom(4096) + content[4096:])
    done = command(*words, at=library)
    assert done.returncode == 2
    (line,) = said(done).splitlines()
    assert line.startswith("error: data_dir: the ledger is damaged (")
    assert "xiansou restore FILE" in line
    examined = command("doctor", at=library)
    assert "✗ ledger: the ledger is damaged" in examined.stdout
    assert "Traceback" not in examined.stderr + examined.stdout
    assert examined.returncode == 1
