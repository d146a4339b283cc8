"""What the READMEs say is so: every command runs and prints what is shown, in both languages; tables, names, links."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer

import xiansou
from ingest.parse.dispatch import FORMATS
from rag.settings import describe, load
from tests.support.readme import READMES, ROOT, Step, blocks, differences, outside, read, steps, without_comment
from tests.support.settings_docs import settings_table

# They install, run this test itself, or need Docker.
_SKIPPED = ("make ", "docker ")

_RUN = [step for step in steps(read(READMES[0])) if not step.command.startswith(_SKIPPED)]
_NAMES = [f"{number}: {step.command[:60]}" for number, step in enumerate(_RUN)]


# -- the commands ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands for the clone that the reader is in."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "examples", clone / "examples")
    return clone


@pytest.fixture(scope="module")
def environment(port: int, model_folder: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("XIANSOU__")}
    return inherited | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "XIANSOU__SERVER__PORT": str(port),
        "XIANSOU__EMBEDDING__FOLDER": str(model_folder.resolve()),
    }


@pytest.fixture(scope="module")
def service(folder: Path, environment: dict[str, str], port: int) -> Iterator[str]:
    """`make run`, without its installation."""
    said = folder / "service.out"
    with said.open("wb") as out:
        command = ["xiansou", "serve", "--examples", "examples"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 200
        while "is ready" not in said.read_text(encoding="utf-8"):
            text = said.read_text(encoding="utf-8")
            assert process.poll() is None, f"the service ended: {text}"
            assert time.monotonic() < deadline, f"the service is not ready: {text}"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def results(service: str, folder: Path, environment: dict[str, str]) -> list[subprocess.CompletedProcess[str]]:
    """Of all commands of the README, run in its order, each in a shell of its own."""
    found = []
    for step in _RUN:
        command = step.command.replace("http://127.0.0.1:8000", service)
        found.append(
            subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=folder,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                timeout=120,
                check=False,
            )
        )
    return found


@pytest.mark.parametrize(("number", "step"), list(enumerate(_RUN)), ids=_NAMES)
def test_a_command_prints_what_is_shown(number: int, step: Step, results: list[subprocess.CompletedProcess[str]]) -> None:
    result = results[number]
    assert result.returncode == 0, f"{step.command}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
    if step.shown is not None:
        assert differences(step.shown, result.stdout) == []


def test_quotes_are_the_texts_that_they_name(service: str, results: list[subprocess.CompletedProcess[str]]) -> None:
    checked = 0
    (key,) = [
        result.stdout.split()[0] for result in results if result.stdout.startswith("xs_")
    ]  # loopback needs one from then on
    for result in results:
        reply = json.loads(result.stdout) if '"cited_text"' in result.stdout else {}
        for cited in reply.get("citations", ()):
            address = f"{service}/v1/documents/{urllib.parse.quote(cited['document_id'])}/versions/{cited['version']}/text"
            found = httpx.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=30)
            if found.status_code != 404:  # deleted since
                assert found.text[cited["start"] : cited["end"]] == cited["cited_text"]
                checked += 1
    assert checked >= 2


def test_every_route_that_is_named_exists(service: str) -> None:
    known = httpx.get(f"{service}/openapi.json", timeout=30).json()["paths"]
    for name in READMES:
        named = re.findall(r"`(GET|PUT|POST|DELETE) (/[^`\s]*)`", outside(read(name)))
        assert len(named) >= 8
        for method, path in named:
            assert method.lower() in known.get(path, {}), f"{name}: {method} {path}"


# -- the comparison ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ('{"a":1}', '{"a":2}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":1}', '{"a":1,"b":2}'),
        ('{"a":1,"b":…}', '{"a":1}'),
        ('{"a":[{"b":"x",…}],…}', '{"a":[{"b":"y","c":1}]}'),
        ('{"a":[1]}', '{"a":[1,2]}'),
        ('{"a":[1,…]}', '{"a":[]}'),
        ('{"a":"x…"}', '{"a":"y x"}'),
        ("", "something"),
        ("3 added, … index version 4", "3 added, index version 4, and more"),
    ],
)
def test_an_output_that_differs_is_noticed(shown: str, got: str) -> None:
    assert differences(shown, got) != []


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        ('{"a":…,"b":[…],…}', '{"a":{},"b":[1,2],"c":null}'),
        ('{"a":[{"b":"x …",\n …}],"n":1}', '{"n":1,"a":[{"b":"x y","c":1}]}'),
        ('{…,"a":1}', '{"b":2,"a":1}'),
        ("one\n…\nthree", "one\ntwo\ntwo\nthree\n"),
    ],
)
def test_an_ellipsis_stands_for_anything(shown: str, got: str) -> None:
    assert differences(shown, got) == []


# -- the texts ---------------------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_commands_and_outputs() -> None:
    english, chinese = (
        [(block.language, [without_comment(line) for line in block.text.splitlines()]) for block in blocks(read(name))]
        for name in READMES
    )
    assert english == chinese


def test_both_languages_have_the_same_sections_and_tables() -> None:
    english, chinese = (re.findall(r"^(?:#+|\||-|<!--) ", outside(read(name)), flags=re.MULTILINE) for name in READMES)
    assert len(english) > 50
    assert english == chinese


@pytest.mark.parametrize("name", READMES)
class TestEachReadme:
    def test_every_block_is_checked_here(self, name: str) -> None:
        assert {block.language for block in blocks(read(name))} == {"bash", "console", "toml"}

    def test_settings_of_the_examples_are_valid(self, name: str, tmp_path: Path) -> None:
        for block in blocks(read(name)):
            if block.language == "toml":
                for text in (block.text, re.sub(r"^# (?=\w+ = )", "", block.text, flags=re.MULTILINE)):
                    file = tmp_path / "xiansou.toml"
                    file.write_text(text, encoding="utf-8")
                    assert load(file, env={}) != load(env={})

    def test_the_table_has_all_settings(self, name: str) -> None:
        table = read(name).partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
        assert table == settings_table(), "run: python -m tests.support.settings_docs"

    def test_settings_in_the_text_exist(self, name: str) -> None:
        known = {key for key, _, _ in describe()}
        sections = "|".join(sorted({key.partition(".")[0] for key in known}))
        named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)`", outside(read(name))))
        variables = re.findall(r"XIANSOU__(\w+?)__(\w+)", read(name))
        named |= {f"{section}.{key}".lower() for section, key in variables}
        assert named - known == set()

    def test_links_lead_to_files(self, name: str) -> None:
        links = re.findall(r"\]\(([^)]+)\)", outside(read(name)))
        assert len(links) >= 8
        for link in links:
            assert (ROOT / link).is_file(), link

    def test_folders_that_are_named_exist_and_none_is_left_out(self, name: str) -> None:
        named = re.findall(r"^\| `(\w+)/` \|", read(name), flags=re.MULTILINE)
        ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
        folders = {at.name for at in ROOT.iterdir() if at.is_dir() and not at.name.startswith(".")}
        assert set(named) == {folder for folder in folders if not any(fnmatch.fnmatch(folder, line) for line in ignored)}

    def test_commands_and_options_in_the_text_exist(self, name: str) -> None:
        known = typer.main.get_command(xiansou.cli).commands  # type: ignore[attr-defined]
        options = {
            option
            for command in _leaves(known)
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        text = outside(read(name))
        commands = set(re.findall(r"`xiansou (\w+)", text))
        assert len(commands) >= 8
        assert commands - known.keys() == set()
        assert set(re.findall(r"`(--[\w-]+)", text)) - options == set()

    def test_formats_are_those_that_can_be_read(self, name: str) -> None:
        formats = next(item for item in re.split(r"\n(?:- |\n)", read(name)) if "`.mdx`" in item)
        assert set(re.findall(r"`(\.\w+)`", formats)) == FORMATS.keys()


def _leaves(commands: dict[str, typer.core.TyperCommand]) -> Iterator[typer.core.TyperCommand]:
    for command in commands.values():
        inner = getattr(command, "commands", None)
        yield from _leaves(inner) if inner else [command]
