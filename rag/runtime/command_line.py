"""Groups of commands that are imported when one of them runs, and what each command line should do.

The names and one-line helps stand in a table, so that `--help` and shell completion import no command. `-h`, `did you mean`
for commands that other tools name otherwise, bold headings on a terminal, no wrapping in a pipe, and a reader that closes the
pipe early ends a command without a word, as with any other tool.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from rag.runtime import patterns

CLOSED_PIPE = 141  # as shells tell the end of a program that writes where nobody reads
_UNBROKEN = 100_000  # columns: nothing is wrapped
_PLAIN: dict[str, Any] = {"pretty_exceptions_short": True, "rich_markup_mode": None}
CONTEXT = {"help_option_names": ["-h", "--help"]}

# What other tools call a command of ours.
_ELSEWHERE = {
    "delete": ("rm", "revoke", "cancel"),
    "remove": ("rm", "revoke", "cancel"),
    "del": ("rm",),
    "erase": ("rm",),
    "ls": ("list",),
    "cat": ("show",),
    "get": ("show",),
    "view": ("show",),
    "describe": ("show",),
    "add": ("ingest", "create"),
    "import": ("ingest",),
    "load": ("ingest",),
    "index": ("ingest", "reindex"),
    "new": ("create",),
    "make": ("create",),
    "start": ("serve",),
    "run": ("serve",),
    "query": ("ask", "search"),
    "find": ("search",),
    "status": ("doctor",),
    "check": ("doctor",),
    "health": ("doctor",),
    "dump": ("backup",),
    "documents": ("docs",),
    "doc": ("docs",),
    "key": ("keys",),
    "history": ("answers",),
}


@dataclass(frozen=True, slots=True)
class Later:
    """A command that is imported when it is needed: `module:attribute`, a function or a `typer.Typer`."""

    place: str
    help: str
    hidden: bool = False

    def load(self, name: str) -> Any:
        patterns.begin()
        module, _, attribute = self.place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            return get_group_from_info(TyperInfo(command, name=name, cls=Group), suggest_commands=True, **_PLAIN)
        return get_command_from_info(CommandInfo(name=name, callback=command, hidden=self.hidden), **_PLAIN)


class Commands(dict[str, Any]):
    """Commands by name, in the order of the table; made when they are looked up."""

    def __init__(self, table: Mapping[str, Later]):
        super().__init__()
        self.table = table

    def __missing__(self, name: str) -> Any:
        command = self[name] = self.table[name].load(name)
        return command

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self.table else default

    def __contains__(self, name: object) -> bool:
        return name in self.table

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def keys(self) -> Any:
        return self.table.keys()

    def values(self) -> Any:
        return [self[name] for name in self.table]

    def items(self) -> Any:
        return [(name, self[name]) for name in self.table]


class Group(TyperGroup):
    """Says which command may have been meant, also by the names that other tools use."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        near = [name for name in _ELSEWHERE.get(args[0].lower(), ()) if name in self.commands]
        if near and args[0] not in self.commands and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return headed(super().get_help(ctx))


def lazy(table: Mapping[str, Later]) -> type[Group]:
    """The class of a group whose commands stand in a table."""

    class Lazy(Group):
        def __init__(self, **attributes: Any):
            super().__init__(**attributes)
            self.commands = Commands(table)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            rows = [(name, later.help) for name, later in table.items() if not later.hidden]
            with formatter.section("Commands"):
                formatter.write_dl(rows)

        def shell_complete(self, ctx: Any, incomplete: str) -> Any:
            if incomplete.startswith("-"):
                return super().shell_complete(ctx, incomplete)
            from typer._click.shell_completion import CompletionItem

            return [
                CompletionItem(name, help=later.help)
                for name, later in table.items()
                if name.startswith(incomplete) and not later.hidden
            ]

    return Lazy


def headed(text: str) -> str:
    """A help text with its headings bold; Typer takes colours out where nobody would see them."""
    lines = text.split("\n")
    return "\n".join(
        typer.style(line, bold=True) if line.endswith(":") and line[:1].isalpha() and coloured() else line for line in lines
    )


def coloured() -> bool:
    """Whether colours reach a person: a terminal, and nobody asked for none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def run(app: typer.Typer, arguments: Sequence[str], name: str) -> int:
    """Runs a command line; returns the exit code. Raises what the command raises on purpose."""
    group = typer.main.get_command(app)
    if os.environ.get(f"_{name.upper()}_COMPLETE"):
        group.main(list(arguments), prog_name=name)  # ends the process
    wide: dict[str, Any] = {} if sys.stdout.isatty() else {"terminal_width": _UNBROKEN, "max_content_width": _UNBROKEN}
    try:
        try:
            with group.make_context(name, list(arguments), **wide) as ctx:
                group.invoke(ctx)
            code = 0
        except typer.Exit as exc:
            code = exc.exit_code
        except typer.Abort:
            print("aborted", file=sys.stderr)
            code = 1
        except Exception as exc:
            if not hasattr(exc, "exit_code") or not hasattr(exc, "show"):
                raise
            exc.show()  # wrong usage, in the words of the library
            code = int(exc.exit_code)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered is flushed at the end
        return CLOSED_PIPE
