"""The command line: mounts each folder's own commands. Heavy parts are imported only when a command runs."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

import api.commands
import eval.bench.commands
import eval.commands.main
import ingest.commands.gaps
import ingest.commands.jobs
import ingest.commands.main
import ingest.commands.sources
import rag.commands.answers
import rag.commands.audit
import rag.commands.keys
import rag.commands.main
from rag import __version__
from rag.errors import XiansouError
from rag.runtime.console import fail

# Models are on this machine; no library may go looking for them, or report its use, without being asked to.
for _name, _value in {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Our matrices are small and many threads ask at once: threads of BLAS would only wait for each other (3 × the time).
    "OPENBLAS_NUM_THREADS": "1",
}.items():
    os.environ.setdefault(_name, _value)

cli = typer.Typer(
    name="xiansou",
    help="Search first, then answer: cited answers from your own documents, in Chinese and English.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Options before the command."""
    if version:
        print(__version__)
        raise typer.Exit


cli.command()(api.commands.serve)
cli.command()(api.commands.mcp)
cli.command()(ingest.commands.main.worker)
cli.command()(ingest.commands.main.ingest)
cli.command()(ingest.commands.main.unmask)
cli.add_typer(ingest.commands.jobs.jobs, name="jobs")
cli.add_typer(ingest.commands.sources.sources, name="sources")
cli.command()(rag.commands.main.ask)
cli.command()(rag.commands.main.search)
cli.add_typer(rag.commands.main.docs, name="docs")
cli.add_typer(rag.commands.answers.answers, name="answers")
cli.command()(rag.commands.answers.replay)
cli.add_typer(ingest.commands.gaps.gaps, name="gaps")
cli.add_typer(rag.commands.keys.keys, name="keys")
cli.add_typer(rag.commands.audit.audit, name="audit")
cli.command()(rag.commands.main.backup)
cli.command()(rag.commands.main.restore)
cli.command()(rag.commands.main.doctor)
cli.command()(rag.commands.main.prepare)
cli.command()(eval.commands.main.reindex)
cli.add_typer(eval.commands.main.eval_app, name="eval")
cli.add_typer(eval.bench.commands.bench, name="bench")
cli.command(hidden=True)(api.commands.api_process)


def main() -> None:
    """Entry point of `xiansou`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--config"]:  # every command takes it; people also write it before the command
        arguments = [*arguments[2:], *arguments[:2]]
    try:
        cli(arguments)
    except XiansouError as exc:
        sys.exit(fail(exc, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
