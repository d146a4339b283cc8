"""What the README and the guides say is so: settings, commands, options, links, formats, and the same in both languages."""

from __future__ import annotations

import fnmatch
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import xiansou
from ingest.parse.formats import FORMATS
from rag.settings import describe, load
from rag.settings.profiles import profile_rows
from tests.support.pages import (
    DOCS,
    GUIDES,
    READMES,
    ROOT,
    TO_COME,
    Block,
    blocks,
    chinese,
    lines,
    outside,
    read,
    without_comment,
)

_ENGLISH = (READMES[0], *(f"docs/{name}" for name in GUIDES))
_TWICE = (*_ENGLISH, *(chinese(name) for name in _ENGLISH))
_ALL = tuple(sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")))
_WRITTEN = tuple(name for name in _ALL if not name.startswith(("docs/reference/", "docs/decisions/")))
_LANGUAGES = {"bash", "console", "python", "toml", "text", "html", "json"}
_KNOWN = typer.main.get_command(xiansou.cli)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


# -- commands ----------------------------------------------------------------------------------------------------------


def _calls(block: Block) -> Iterator[str]:
    """The calls of our program in a block, without their shell around them."""
    typed = [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    for line in lines(block) if block.language == "bash" else typed:
        for call in re.findall(r"(?:^|[ |;&(])xiansou (?!:)([^|;&)]*)", without_comment(line)):
            yield call.split(" >")[0]


def _check(call: str) -> None:
    """Raises what the program would say of a command or option that it does not have."""
    words = shlex.split(re.sub(r"\$\([^)]*\)?", "x", call))
    command: Any = _KNOWN
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not hasattr(command, "commands") or command.invoke_without_command, f"no command: xiansou {call}"
    command.make_context(command.name, [word for word in words if word != "--help"])


@pytest.mark.parametrize("name", _TWICE)
def test_every_call_of_our_program_has_its_command_and_options(name: str) -> None:
    for block in blocks(read(name)):
        if block.language in ("bash", "console"):
            for call in _calls(block):
                _check(call)


@pytest.mark.parametrize("name", _TWICE)
def test_shell_blocks_that_cannot_run_here_are_valid_and_name_what_exists(name: str) -> None:
    for block in blocks(read(name)):
        if block.language == "bash" and block.needs is not None:
            done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False, timeout=20)
            assert done.returncode == 0, done.stderr
            for line in lines(block):
                _exists(line)


def _exists(line: str) -> None:
    words = shlex.split(line)
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    if words[:2] == ["docker", "compose"]:
        named = [word for word in words[3:] if not word.startswith("-") and word not in ("SIGUSR1",)][:1]
        assert set(named) <= services.keys(), line
    for word in words:
        if word.startswith(("deploy/", "/opt/xiansou/")) and "*" not in word:
            assert (ROOT / word.removeprefix("/opt/xiansou").lstrip("/")).exists(), line
        if re.fullmatch(r"xiansou[\w-]*\.(?:service|timer)", word):
            assert (ROOT / "deploy" / "systemd" / word).is_file(), line
    for name in re.findall(r"^make (?:-C \S+ )?([a-z][a-z-]*)", line):
        assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE), line
    for extra in re.findall(r"xiansou\[(\w+)\]", line):
        assert re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), flags=re.MULTILINE), line


@pytest.mark.parametrize("name", [*_TWICE, *_WRITTEN])
def test_commands_and_options_in_the_text_exist(name: str) -> None:
    text = outside(read(name))
    for call in re.findall(r"`xiansou ((?:[a-z][\w-]*)(?: [a-z][\w-]*)?)", text):
        words = call.split()
        assert words[0] in _KNOWN.commands, f"{name}: xiansou {call}"  # type: ignore[attr-defined]
    options = {option for command in _leaves(_KNOWN) for one in command.params for option in (*one.opts, *one.secondary_opts)}
    assert set(re.findall(r"`(--[\w-]+)", text)) - options - {"--strict"} == set()


def _leaves(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from _leaves(inner)


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _TWICE)
def test_settings_of_the_examples_are_valid(name: str, tmp_path: Path) -> None:
    for block in blocks(read(name)):
        if block.language == "toml":
            file = tmp_path / "xiansou.toml"
            file.write_text(block.text, encoding="utf-8")
            assert load(file, env={}) != load(env={})


# Events of streams and webhooks, fields of replies: they begin with the name of a section, too.
_NO_SETTINGS = {"answer.start", "answer.sentence", "answer.status", "answer.end", "conversation.message"}
_NO_SETTINGS |= {"handoff.suggested", "handoff.reason"}


@pytest.mark.parametrize("name", [*_TWICE, *_WRITTEN])
def test_settings_in_the_text_exist(name: str) -> None:
    known = {key for key, _, _ in describe()}
    sections = "|".join(sorted({key.partition(".")[0] for key in known if "." in key}))
    named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)`", outside(read(name))))
    named |= {f"{section}.{key}".lower() for section, key in re.findall(r"XIANSOU__([A-Z]+?)__(\w+)", read(name))}
    assert named - known - _NO_SETTINGS == set()
    for key in re.findall(r"profiles\.\w+\.(\w+)", outside(read(name))):
        assert key in dict(profile_rows()), key


# -- links and formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*READMES, *_ALL])
def test_links_lead_to_files(name: str) -> None:
    here = (ROOT / name).parent
    for link in _LINK.findall(outside(read(name))):
        target = link.partition("#")[0]
        if target and not target.startswith(("http:", "https:")):
            assert (here / target).is_file() or Path(target).name in TO_COME, f"{name}: {link}"


def test_records_that_the_code_names_exist() -> None:
    folders = ("rag", "api", "ingest", "eval", "tests", "findings", "deploy")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".toml", ".sh")]
    files = [path for path in files if "node_modules" not in path.parts]
    for path in [*files, ROOT / "requirements.in", ROOT / "Makefile", ROOT / "CHANGELOG.md", ROOT / "requirements-dev.in"]:
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text(encoding="utf-8")):
            assert list((DOCS / "decisions").glob(f"{number}-*.md")), f"{path}: {number}"


def test_each_decision_is_listed_once_and_has_a_choice_or_a_measurement() -> None:
    records = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    listed = _LINK.findall(read("docs/decisions/index.md"))
    assert sorted(listed) == records
    assert [name[:4] for name in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    for name in records:
        record = read(f"docs/decisions/{name}")
        assert re.search(r"^\*\*(?:Choice|Measured|Rejected|Context)\.\*\* ", record, flags=re.MULTILINE), name


@pytest.mark.parametrize("name", ["docs/own-documents.md", "docs/zh/own-documents.md"])
def test_formats_are_those_that_can_be_read(name: str) -> None:
    (formats,) = [item for item in read(name).split("\n\n") if "`.mdx`" in item]
    assert set(re.findall(r"`(\.\w+)`", formats)) == FORMATS.keys()


@pytest.mark.parametrize("name", ["docs/concepts.md", "docs/zh/concepts.md"])
def test_folders_that_are_named_exist_and_none_is_left_out(name: str) -> None:
    named = re.findall(r"^\| `(\w+)/` \|", read(name), flags=re.MULTILINE)
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    folders = {at.name for at in ROOT.iterdir() if at.is_dir() and not at.name.startswith(".")}
    assert set(named) == {folder for folder in folders if not any(fnmatch.fnmatch(folder, line) for line in ignored)}


# -- both languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _ENGLISH)
def test_both_languages_have_the_same_commands_and_outputs(name: str) -> None:
    english, other = (
        [(block.language, [without_comment(line) for line in block.text.splitlines()]) for block in blocks(read(page))]
        for page in (name, chinese(name))
    )
    assert english == other
    assert {language for language, _ in english} <= _LANGUAGES


@pytest.mark.parametrize("name", _ENGLISH)
def test_both_languages_have_the_same_sections_and_tables(name: str) -> None:
    english, other = (re.findall(r"^(#+ |\|)", outside(read(page)), flags=re.MULTILINE) for page in (name, chinese(name)))
    assert english == other


# -- alerts ------------------------------------------------------------------------------------------------------------


def test_each_alert_has_a_runbook_that_is_listed() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    pages = {path.stem for path in (DOCS / "runbooks").glob("*.md")} - {"index"}
    assert alerts - pages == set()
    assert {link.removesuffix(".md") for link in _LINK.findall(read("docs/runbooks/index.md"))} == pages


# -- the widget --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["docs/widget.md", "docs/zh/widget.md"])
def test_attributes_of_the_widget_are_those_that_it_reads(name: str) -> None:
    source = ROOT / "api" / "web" / "src" / "index.ts"
    if not source.is_file():
        pytest.skip("the widget is not in this checkout")
    told = set(re.findall(r"\bdata-[a-z-]+", read(name)))
    assert told == set(re.findall(r"\bdata-[a-z-]+", source.read_text(encoding="utf-8").partition("*/")[0]))
