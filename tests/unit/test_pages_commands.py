"""Every call of `xiansou` that a page for operators or users shows is one that the program takes; the first ones are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import xiansou
from rag.record.ledger import Ledger

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted((ROOT / "deploy").rglob("*.md")),
    ROOT / "deploy" / "prometheus" / "alerts.yml",
    ROOT / "docker-compose.yml",
    ROOT / "README.md",
    ROOT / "README.zh-CN.md",
]
_INLINE = re.compile(r"`xiansou ((?:[^`\\]|\\.)+)`")
_FENCE = re.compile(r"```(?:sh|bash|console)?\n(.*?)```", re.DOTALL)
_IN_FENCE = re.compile(
    r"^(?:#\s*)?(?:\$ )?(?:[A-Z_]+=\S+ |docker compose exec \w+ |kubectl exec \S+ -- )*xiansou (.+)$", re.MULTILINE
)


def calls(text: str) -> list[list[str]]:
    """Arguments of each call; what is only a name of a command (`xiansou docs …`) is one too."""
    fenced = [line for block in _FENCE.findall(text) for line in _IN_FENCE.findall(block.replace("\\\n", " "))]
    if "services:" in text:
        fenced += _IN_FENCE.findall(text)
    found = []
    for line in [*fenced, *_INLINE.findall(text)]:
        line = re.split(r"\s{3,}|\s[|>&]|\s#", line)[0]
        words = shlex.split(re.sub(r"[…\]\[]|\.\.\.", " ", line))
        if words:
            found.append(words)
    return found


def check(words: list[str]) -> None:
    """Raises AssertionError for a command or an option that there is not."""
    command: Any = typer.main.get_command(xiansou.cli)
    context: Any = None
    rest = list(words)
    while getattr(command, "commands", None) is not None and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        names = name.split("|")  # list|show|rm
        assert all(one in command.commands for one in names), f"xiansou {' '.join(words)}: no command {name}"
        command = command.commands[names[0]]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "-h",
        "--help",
    }
    for word in rest:
        if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word):
            assert word.partition("=")[0] in options, f"xiansou {' '.join(words)}: no option {word}"
    assert context is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_call_is_one_that_the_program_takes(page: Path) -> None:
    found = calls(page.read_text(encoding="utf-8"))
    for words in found:
        check(words)
    assert found or page.name in ("alerts.yml",)


def test_the_check_finds_what_is_wrong() -> None:
    for words in (["keyz", "list"], ["docs", "delete", "x"], ["keys", "create", "--scop", "admin"]):
        with pytest.raises(AssertionError):
            check(words)


def test_the_first_commands_of_every_deployment_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`keys create` as the pages have it, then backup, restore and doctor, on a library that a service has just made."""
    monkeypatch.chdir(tmp_path)
    Ledger.open(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}").close()
    run = CliRunner()
    made = [
        words
        for page in PAGES
        for words in calls(page.read_text(encoding="utf-8"))
        if words[:2] == ["keys", "create"] and len(words) > 3
    ]
    assert len(made) >= 4
    for words in made:
        done = run.invoke(xiansou.cli, words)
        assert done.exit_code == 0, (words, done.output)
        assert done.output.startswith("xs_")
    named = run.invoke(xiansou.cli, ["keys", "list"]).output
    assert "\tme\n" in named
    assert "metrics" in named
    backup = run.invoke(xiansou.cli, ["backup", f"{tmp_path}/shelf/", "--keep", "1"])
    assert backup.exit_code == 0, backup.output
    (file,) = (tmp_path / "shelf").glob("xiansou-*.tar")
    again = run.invoke(xiansou.cli, ["backup", f"{tmp_path}/shelf/b.tar", "--keep", "1"])
    assert again.exit_code != 0
    program = [sys.executable, "-c", "from xiansou import main; main()"]  # this process still has the ledger open
    restored = subprocess.run(
        [*program, "restore", str(file), "--json"],
        cwd=tmp_path / "shelf",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert restored.returncode == 0
    assert (tmp_path / "shelf" / "data" / "ledger.db").exists()
