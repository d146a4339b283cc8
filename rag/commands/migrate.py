"""`migrate`."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import ConfigError, InputError
from rag.runtime.console import ConfigOption, JsonOption, emit, library, progress

if TYPE_CHECKING:
    from sqlalchemy import Engine

_NEXT = (
    "stop the service: until then it answers, and takes no documents",
    "run this command again: what was answered, rated and asked of people meanwhile goes over too",
    "set `database.url` to the new ledger, and start the service",
)


def migrate(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="URL", envvar="XIANSOU_MIGRATE_TO", help="`postgresql://…` or `sqlite:////path/ledger.db`."
        ),
    ] = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Instead: this ledger takes documents again.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the library to another database while the service goes on; a run that was interrupted goes on where it stood."""
    from rag.record.migrate import migrate as move
    from rag.record.seal import unseal
    from rag.wiring import open_ledger

    if (to is None) == (not reopen):
        raise InputError("where to?", field="--to", fix="Example: --to postgresql://USER:PASSWORD@HOST/NAME.")
    settings = library(config)
    engine = open_ledger(settings).engine
    if to is None:
        unseal(engine)
        emit({"reopened": True}) if as_json else print("this ledger takes documents again")
        return
    shown = _shown(engine, to)
    began, last = time.monotonic(), ""
    with progress("migrate", "rows") as update:

        def say(what: str, done: int, total: int) -> None:
            nonlocal last
            if what != last and not as_json:
                print(f"{what} …", flush=True)
            last = what
            update(done, total)

        result = move(engine, to, say, settings.data_dir / ".migrate.lock")
    report = asdict(result) | {"to": shown, "sealed": True, "seconds": round(time.monotonic() - began, 1)}
    if as_json:
        emit(report | {"next": _NEXT})
        return
    rows = sum(result.rows.values())
    print(f"{rows:,} rows at index version {result.index_version} are in {shown}, all compared (digest {result.digest[:16]})")
    print("\n".join(f"{at}. {step}" for at, step in enumerate(_NEXT, 1)))


def _shown(engine: Engine, to: str) -> str:
    """The URL without its password. Raises InputError, ConfigError for one that cannot be meant."""
    from sqlalchemy.exc import ArgumentError

    from rag.record.migrate import same
    from rag.record.server import driven

    try:
        url = driven(to)
        itself = same(engine, to)
    except ArgumentError as exc:
        fix = "Example: --to postgresql://USER:PASSWORD@HOST/NAME, or sqlite:////path/ledger.db."
        raise ConfigError("`--to` is no database URL.", field="--to", fix=fix) from exc
    if itself:
        raise InputError("that is the ledger itself.", field="--to", fix="Name another database.")
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
