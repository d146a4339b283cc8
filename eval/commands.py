"""`eval`, and `reindex`, which lets nothing go live that measures worse."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.console import PARTLY, ConfigOption, JsonOption, emit, progress, settings

eval_app = typer.Typer(help="Measure retrieval and answers.", no_args_is_help=True)


@eval_app.callback()
def root() -> None:
    """Measure retrieval and answers."""


@eval_app.command()
def run(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="A suite file, e.g. eval/suites/examples.toml.")],
    documents: Annotated[Path | None, typer.Option(help="The suite's documents, when they lie elsewhere.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep the suite's library here; the next run embeds nothing.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a suite's questions against its documents, in a library of its own."""
    from eval.dataset import load_suite
    from eval.run import ask_suite, ingest_suite
    from rag.wiring import open_house

    told, loaded = settings(config), load_suite(suite, documents)
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="xiansou-eval-") as folder:
        house = open_house(told.model_copy(update={"data_dir": Path(folder)}))
        with progress("ingest", "files") as update:
            summary = ingest_suite(loaded, house, update)
        with progress("ask", "questions") as update:
            report = ask_suite(loaded, house, summary, update)
        house.close()
    if as_json:
        emit(report.as_dict())
    else:
        print(f"{report.suite}: {report.ingest.sentence()}")
        for name, value in report.metrics.items():
            print(f"  {name:<16}{value:g}")
        for line in report.failed_thresholds:
            print(f"below threshold  {line}")
    if report.failed_thresholds:
        raise typer.Exit(PARTLY)


def reindex(
    embedding: Annotated[str | None, typer.Option(help="Embedding model to build with; default: the settings'.")] = None,
    suite: Annotated[Path | None, typer.Option(help="Suite that must pass; default: `reindex.suite`.")] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Make the former generation live again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Rebuild even when nothing changed.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build the next generation of the index beside the live one, check it, and swap; edits and questions go on meanwhile."""
    import ingest.reindex as job
    from eval.gate import gate
    from rag.wiring import open_house

    told = settings(config, embedding__model=embedding)
    checks = gate(suite or (Path(told.reindex.suite) if told.reindex.suite else None))
    house = open_house(told, rebuilding=True)
    with progress("reindex", "documents") as update:
        outcome = job.rollback(house, progress=update) if rollback else job.reindex(house, checks, force=force, progress=update)
    house.close()
    for reason in outcome.gate:
        print(f"refused: {reason}", file=sys.stderr)
    if as_json:
        emit(asdict(outcome))
    else:
        print(
            f"{outcome.state}: generation {outcome.generation}, {outcome.documents} documents, {outcome.embedded} passages "
            f"embedded in {outcome.seconds:.1f} s; index version {outcome.index_version}"
        )
    if outcome.state == "refused":
        raise typer.Exit(PARTLY)
