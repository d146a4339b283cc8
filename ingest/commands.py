"""`ingest` and `worker`."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from rag.console import PARTLY, ConfigOption, JsonOption, emit, progress, settings
from rag.domain import DEFAULT_COLLECTION


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files or folders.")],
    collection: Annotated[str, typer.Option(help="Collection the documents belong to.")] = DEFAULT_COLLECTION,
    delete_missing: Annotated[bool, typer.Option("--delete-missing", help="Delete documents whose file is gone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Let --delete-missing delete more than half.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put files into the library; unchanged ones are skipped, and every question sees the change at once."""
    from ingest.folder import ingest_paths
    from ingest.pipeline import Pipeline
    from rag.wiring import open_house, open_ledger

    told = settings(config)
    ledger = open_ledger(told)

    def make_pipeline() -> Pipeline:
        house = open_house(told)  # loads the model: only when there is something to embed
        return Pipeline(house.ledger, house.shelves.writing, told)

    with progress("ingest", "files") as update:
        summary = ingest_paths(
            paths,
            ledger,
            make_pipeline,
            told,
            collection=collection,
            delete_missing=delete_missing,
            force=force,
            progress=update,
        )
    for failure in summary.failed:
        print(f"failed  {failure['source']}: {failure['error']}", file=sys.stderr)
    if as_json:
        emit(summary.as_dict())
    else:
        print(summary.sentence())
    if summary.failed:
        raise typer.Exit(PARTLY)


def worker(config: ConfigOption = None) -> None:
    """Work on submitted documents until stopped."""
    from ingest.worker import run

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(settings(config), stop=stop)
