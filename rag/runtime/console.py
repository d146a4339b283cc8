"""What all commands share: `--config`, `--json`, tables and progress bars on stderr, errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import ConfigError, XiansouError

if TYPE_CHECKING:
    from rag.settings import Settings

DONE, PARTLY, WRONG = 0, 1, 2
INTERRUPTED = 130  # by Ctrl-C, as shells have it

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file; default: ./xiansou.toml if it is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, everything else on stderr.")]


def load_settings(config: Path | None, **overrides: Any) -> Settings:
    """Settings for a command; overrides are named `section__key`. Starts logging. Raises ConfigError."""
    from rag.runtime.observe import start_logging
    from rag.settings import load

    loaded = load(config, overrides={key.replace("__", "."): value for key, value in overrides.items()})
    start_logging(loaded.log)
    return loaded


def library(config: Path | None) -> Settings:
    """Settings for a short command that reads what is there: logging begins with its first line, no library is made.

    Raises ConfigError, also where there is no library: in a wrong folder nobody wants a new one.
    """
    from rag.runtime.logger import start_later
    from rag.settings import load

    settings = load(config)
    start_later(settings.log)
    if settings.ledger_file is not None and not settings.ledger_file.exists():
        raise empty(settings)
    return settings


def empty(settings: Settings) -> ConfigError:
    """What is said of a folder without a library."""
    return ConfigError(
        f"the library in {settings.data_dir} is empty: nothing was ever put into {settings.data_dir.resolve()}.",
        field="data_dir",
        fix="Run `xiansou ingest PATH`; if your library is elsewhere, go there, or name it (`--config`, XIANSOU__DATA_DIR).",
        code="no_library",
    )


def emit(value: Any) -> None:
    """One JSON object on stdout."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0) + b"\n")
    sys.stdout.flush()


def fail(error: XiansouError, *, as_json: bool) -> int:
    """Prints an error for a person or a program; returns the exit code."""
    if as_json:
        emit({"error": {"code": error.code, "detail": error.detail, "field": error.field, "fix": error.fix}})
    where = f"{error.field}: " if error.field and error.field not in str(error) else ""
    print(f"error: {where}{error}", file=sys.stderr)
    return WRONG


class Updates:
    """What `progress` yields: called with (done, total); `part` with (name, done, total) of what one step is made of."""

    def __call__(self, done: int, total: int) -> None:
        """Nothing where nobody sees it."""

    def part(self, name: str, done: int, total: int) -> None:
        """Nothing where nobody sees it."""


@contextmanager
def progress(label: str, unit: str) -> Iterator[Updates]:
    """Yields `update(done, total)`; draws a bar on a terminal, one below it for the parts of a long step, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield Updates()
        return
    from rag.runtime.bars import drawn

    with drawn(label, unit) as bars:
        yield bars
