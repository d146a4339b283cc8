"""`ingest` and `worker`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.domain import DEFAULT_COLLECTION
from rag.errors import InputError, XiansouError
from rag.runtime.console import INTERRUPTED, PARTLY, ConfigOption, JsonOption, emit, load_settings, progress

if TYPE_CHECKING:
    from ingest.folder import Summary
    from ingest.pipeline import Rows
    from rag.record.ledger import Ledger


_LISTED = 30  # lines


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files or folders.")],
    collection: Annotated[str, typer.Option(help="Collection the documents belong to.")] = DEFAULT_COLLECTION,
    delete_missing: Annotated[bool, typer.Option("--delete-missing", help="Delete documents whose file is gone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Let --delete-missing delete more than half.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the paths until stopped, deletions too.")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Let the running workers do it, as one batch of jobs.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="With --queue: return when all jobs have ended.")] = True,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put files into the library; unchanged ones are skipped, and every question sees the change at once."""
    if queue or not wait:
        _check_queue(queue, watch)
        _hand_over(paths, collection, delete_missing, force, wait, config, as_json)
        return
    from ingest.folder import Summary, ingest_paths
    from ingest.pipeline import Pipeline
    from rag.wiring import Application, open_application, open_ledger

    settings = load_settings(config)
    ledger, applications = open_ledger(settings), list[Application]()
    rows: Rows | None = None

    def make_pipeline() -> Pipeline:
        if not applications:
            applications.append(open_application(settings))  # loads the model: only when there is something to embed
        return Pipeline(applications[0].ledger, applications[0].views.writing, settings, rows)

    def run(delete: bool) -> Summary:
        nonlocal rows
        counted, before = Summary(), ledger.head()
        try:
            with progress("ingest", "files") as update:
                rows = update.part
                return ingest_paths(
                    paths,
                    ledger,
                    make_pipeline,
                    settings,
                    collection=collection,
                    delete_missing=delete,
                    force=force,
                    progress=update,
                    summary=counted,
                )
        except KeyboardInterrupt:
            _stopped(counted, ledger.head() - before)
            raise typer.Exit(INTERRUPTED) from None

    summary = run(delete_missing)
    _tell(summary, as_json)
    _suggest(ledger, summary)
    if watch:
        _watch(paths, lambda: run(True), as_json)
    if summary.failed:
        raise typer.Exit(PARTLY)


def _stopped(counted: Summary, written: int) -> None:
    """What is kept of a run that was stopped. `written`: changes of the library meanwhile, also those not counted yet."""
    kept = f"{written:,} documents were written and are kept" if written != 1 else "1 document was written and is kept"
    same = f", {counted.unchanged:,} had not changed" if counted.unchanged else ""
    print(f"Stopped: {kept}{same}; no document is half written.", file=sys.stderr)
    for failure in counted.failed:
        print(f"failed  {failure['source']}: {failure['error']}", file=sys.stderr)
    print("The same command goes on where it was: what is written is skipped.", file=sys.stderr)


def _check_queue(queue: bool, watch: bool) -> None:
    if not queue:
        raise InputError("there is nothing to wait for without --queue.", field="--no-wait", fix="Add --queue.")
    if watch:
        raise InputError("it follows the paths by itself.", field="--watch", fix="Take --queue or --watch.")


def _hand_over(
    paths: list[Path], collection: str, delete_missing: bool, force: bool, wait: bool, config: Path | None, as_json: bool
) -> None:
    from ingest.handover import compare
    from rag.wiring import open_ledger

    settings = load_settings(config)
    given = compare(paths, open_ledger(settings), settings, collection=collection, delete_missing=delete_missing, force=force)
    try:
        with progress("ingest", "files") as update:
            given.submit()
            if wait:
                given.follow(update, _say_stalled)
    except KeyboardInterrupt:
        if given.missing:
            print(f"{len(given.missing)} documents whose files are gone were not deleted.", file=sys.stderr)
        print(f"What was submitted goes on: xiansou jobs list --batch {given.summary.batch}", file=sys.stderr)
        _tell(given.conclude(), as_json)
        raise typer.Exit(INTERRUPTED) from None
    given.delete_missing()
    summary = given.conclude()
    _tell(summary, as_json)
    if summary.failed:
        raise typer.Exit(PARTLY)


def _say_stalled(paused: bool) -> None:
    why = "the queue is paused: `xiansou jobs resume`" if paused else "start `xiansou serve` or `xiansou worker`"
    print(f"No worker has begun yet; {why}.", file=sys.stderr)


def _tell(summary: Summary, as_json: bool) -> None:
    for failure in summary.failed:
        print(f"failed  {failure['source']}: {failure['error']}", file=sys.stderr)
    for one in summary.left_out[:_LISTED]:
        print(f"left out  {one['source']}: {one['kind']}: {one['what']}", file=sys.stderr)
    if len(summary.left_out) > _LISTED:
        print(f"left out  and {len(summary.left_out) - _LISTED} more: `xiansou docs show ID --as-read`", file=sys.stderr)
    if as_json:
        emit(summary.as_dict())
    else:
        print(summary.sentence(), flush=True)


def _suggest(ledger: Ledger, summary: Summary) -> None:
    """After much that is new, where nothing was fitted to it."""
    from rag.record.calibration import CALIBRATE, WORTH_CALIBRATING, load
    from rag.record.feed import live_generation

    if summary.added and summary.passages >= WORTH_CALIBRATING:
        with ledger.engine.connect() as conn:
            generation = live_generation(conn)
        if generation is not None and not load(ledger.engine, generation).unanswered:
            print(CALIBRATE, file=sys.stderr)


def _watch(paths: list[Path], again: Callable[[], Summary], as_json: bool) -> None:
    """Each change is told as the first run was, one JSON object a line with `--json`."""
    from ingest.watch import follow

    def tell(outcome: Summary | XiansouError) -> None:
        if isinstance(outcome, XiansouError):
            print(f"error: {outcome}", file=sys.stderr)
        elif outcome.added or outcome.updated or outcome.deleted or outcome.failed:
            _tell(outcome, as_json)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(paths, again, tell, stop)


def unmask(
    document_id: Annotated[str, typer.Argument(metavar="ID")],
    version: Annotated[int | None, typer.Option(min=1, help="Default: the current one.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a document with the personal data that `ingest.mask` replaced; needs `ingest.mask_key`."""
    from ingest.mask import unmask as undo
    from rag.errors import ConfigError
    from rag.wiring import open_ledger

    settings = load_settings(config)
    key = settings.ingest.mask_key.get_secret_value()
    if not key:
        raise ConfigError("masking cannot be undone without its key.", field="ingest.mask_key", fix="Set it.")
    ledger = open_ledger(settings)
    wanted = version or ledger.document(document_id).version
    text = undo(ledger.text(document_id, wanted), key)
    emit({"document_id": document_id, "version": wanted, "text": text}) if as_json else print(text)


def worker(config: ConfigOption = None) -> None:
    """Work on submitted documents until stopped."""
    from ingest.worker import run
    from ingest.worker_metrics import serving_metrics
    from rag.runtime.tracing import start_tracing

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settled = load_settings(config)
    start_tracing()
    with serving_metrics(settled):
        run(settled, stop=stop)
