"""The reference pages of the documentation, written from the code: settings, commands, REST, streams, formats, the house.

python -m tests.support.reference      writes them (as `make docs` does)
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import EnumMeta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

import xiansou
from rag.settings import describe
from rag.settings.profiles import profile_rows
from tests.support import house
from tests.support.reference_http import events_page, rest_page

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs"

_HEAD = "<!-- Written by `python -m tests.support.reference`: change the code, not this page. -->\n\n"

_SETTINGS = """\
# Settings

`xiansou.toml` in the working directory, or the file of `--config`. The environment goes before it: `server.port` is
`XIANSOU__SERVER__PORT`, lists and tables are written as JSON. Options of a command go before both. Unknown keys are refused,
with the nearest known one. `xiansou.example.toml` in the repository
is the same list as a file to copy.

After a change of `embedding.model`, `ingest.chunk_tokens` or `retrieval.dictionary`, run `xiansou reindex`.
"""

_PROFILES = """
## profiles

An assistant of its own: `[profiles.NAME]` is the plain settings with what it does otherwise.

| key | meaning |
| --- | --- |"""

_COMMANDS = """\
# Commands

They work with and without a running service, on the library in `./data` of the folder they are called in, or in `data_dir`.
Every command takes `--help`. Exit codes: 0 done; 1 partly failed, or a check or a threshold was not met; 2 wrong usage or
settings. Logs go to stderr; with `--json` stdout is one JSON object.
"""


def cell(text: str) -> str:
    """Text as it can stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def settings_page() -> str:
    """All settings by section, from the pydantic models."""
    parts, section = [_HEAD + _SETTINGS], None
    for key, default, meaning in describe():
        place = key.rpartition(".")[0]
        if place != section:
            section = place
            parts.append(f"\n## {place or 'Of all'}\n\n| key | default | meaning |\n| --- | --- | --- |")
        parts.append(f"| `{key}` | `{default}` | {cell(meaning)} |")
    parts.append(_PROFILES)
    parts += [f"| `profiles.NAME.{name}` | {cell(meaning)} |" for name, meaning in profile_rows()]
    return "\n".join(parts) + "\n"


def commands_page() -> str:
    """Every command with its arguments and options, from the typer application."""
    root = typer.main.get_command(xiansou.cli)
    return _HEAD + _COMMANDS + "".join(_command(path, command) for path, command in leaves(root, "xiansou"))


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """(whole name, command) of every command that can be run and is shown in the help."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    if command.invoke_without_command and path != "xiansou":
        yield path, command
    for name, inner in command.commands.items():
        if not inner.hidden:
            yield from leaves(inner, f"{path} {name}")


def _command(path: str, command: Any) -> str:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    usage = " ".join([path, *(_usage(one) for one in shown if one.param_type_name == "argument")])
    lines = [f"\n## {usage} {{#{path.replace(' ', '-')}}}\n", inspect.cleandoc(command.help or ""), ""]
    rows = [f"| {_names(one)} | {_default(one)} | {cell(one.help or '')} |" for one in shown if one.param_type_name == "option"]
    if rows:
        lines += ["| option | default | |", "| --- | --- | --- |", *rows]
    return "\n".join(lines) + "\n"


def _usage(argument: Any) -> str:
    name = str(argument.metavar or argument.name).upper().replace("...", "").replace("…", "").strip("[]")
    return (name if argument.required else f"[{name}]") + ("…" if argument.nargs == -1 else "")


def _names(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {_values(option.type_descriptor.annotation)}"


def _values(kind: Any) -> str:
    """What an option takes: its choices, or a word for its type."""
    choices = get_args(kind) if get_origin(kind) is Literal else list(kind) if isinstance(kind, EnumMeta) else ()
    names = [f"`{getattr(choice, 'value', choice)}`" for choice in choices]
    return " ".join(names) or {"int": "N", "float": "X", "Path": "PATH"}.get(getattr(kind, "__name__", ""), "TEXT")


def _default(option: Any) -> str:
    value = option.default
    if value is None or value is False or value == "" or callable(value) or "Sentinel" in type(value).__name__:
        return ""
    return f"`{str(value).lower() if value is True else value}`"


def formats_page() -> str:
    """What is read of each format, as it stands beside the parsers."""
    return _HEAD + (ROOT / "ingest" / "parse" / "README.md").read_text(encoding="utf-8")


PAGES = {
    "reference/settings.md": settings_page,
    "reference/commands.md": commands_page,
    "reference/rest.md": rest_page,
    "reference/events.md": events_page,
    "reference/formats.md": formats_page,
    "images/house.svg": house.draw,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
