"""The command line: names each folder's own commands. They, and all that is heavy, are imported when one of them runs."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from rag.errors import XiansouError
from rag.runtime.command_line import CONTEXT, Later, lazy, run

# Models are on this machine; no library may go looking for them, or report its use, without being asked to.
for _name, _value in {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Our matrices are small and many threads ask at once: threads of BLAS would only wait for each other (3 × the time).
    "OPENBLAS_NUM_THREADS": "1",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for some takes longer than reading the settings; we have none
}.items():
    os.environ.setdefault(_name, _value)

# The helps are the first lines of the commands' own; a test holds them equal.
COMMANDS = {
    "serve": Later(
        "api.commands:serve",
        "Run the service: API, ingest worker and, without `redis.url`, an embedded Valkey. Ctrl-C ends all of it.",
    ),
    "mcp": Later(
        "api.commands:mcp", "Serve the tools `search`, `ask` and `get_document` to an MCP client over stdin and stdout."
    ),
    "worker": Later("ingest.commands.main:worker", "Work on submitted documents until stopped."),
    "ingest": Later(
        "ingest.commands.main:ingest",
        "Put files into the library; unchanged ones are skipped, and every question sees the change at once.",
    ),
    "unmask": Later(
        "ingest.commands.main:unmask",
        "Show a document with the personal data that `ingest.mask` replaced; needs `ingest.mask_key`.",
    ),
    "jobs": Later("ingest.commands.jobs:jobs", "Look at the queue of writes, cancel, pause and resume it."),
    "sources": Later(
        "ingest.commands.sources:sources", "Web pages, sitemaps, git folders, object stores, folders that are followed."
    ),
    "ask": Later("rag.commands.main:ask", "Answer a question from the documents, with citations."),
    "search": Later(
        "rag.commands.main:search", "Show the passages that match a question, best first, with the score of each stage."
    ),
    "docs": Later("rag.commands.documents:docs", "List, show and remove documents."),
    "answers": Later("rag.commands.answers:answers", "List, explain and remove answers that were given."),
    "replay": Later(
        "rag.commands.answers:replay",
        "Make an answer again from the library as it was, and show what differs; exit code 1 when something does.",
    ),
    "gaps": Later("ingest.commands.gaps:gaps", "What people ask and the documents do not answer."),
    "keys": Later("rag.commands.keys:keys", "Make, list and revoke keys of the HTTP service."),
    "audit": Later("rag.commands.audit:audit", "Who asked, changed, deleted and exported what."),
    "erase": Later(
        "rag.commands.erase:erase",
        "Erase what a visitor asked and was answered, with feedback, hand-offs and remembered conversations.",
    ),
    "backup": Later("rag.commands.backup:backup", "Write a consistent copy of the record, while the service goes on."),
    "restore": Later(
        "rag.commands.backup:restore",
        "Put a backup in the place of the record; stop the service first. What was erased since stays erased.",
    ),
    "migrate": Later(
        "rag.commands.migrate:migrate",
        "Copy the library to another database while the service goes on; a run that was interrupted goes on where it stood.",
    ),
    "doctor": Later("rag.commands.main:doctor", "Check that everything is in order, and say what to do where it is not."),
    "prepare": Later("rag.commands.main:prepare", "Prepare the embedding model, from local files, the hub or the wheel."),
    "reindex": Later(
        "eval.commands.main:reindex",
        "Build the next generation of the index beside the live one, check it, and swap; edits and questions go on meanwhile.",
    ),
    "eval": Later("eval.commands.main:eval_app", "Measure retrieval and answers."),
    "plan": Later(
        "eval.commands.plan:plan",
        "Reckon machines, memory, disk and costs for a library of so many passages, stage by stage and why.",
    ),
    "bench": Later("eval.bench.commands:bench", "Measure speed on this machine, side by side with alternatives."),
    "api-process": Later("api.commands:api_process", "One API process on a socket that `serve` opened.", hidden=True),
}

# They end before there is anything to collect; going through all that imports left behind takes a tenth of their time.
_BRIEF = ("ask", "search", "docs")

cli = typer.Typer(
    name="xiansou",
    cls=lazy(COMMANDS),
    help="Search first, then answer: cited answers from your own documents, in Chinese and English.",
    no_args_is_help=True,
    context_settings=CONTEXT,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@cli.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Options before the command."""
    if version:
        from rag.release import build

        print(build())
        raise typer.Exit


def main() -> None:
    """Entry point of `xiansou`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--config"]:  # every command takes it; people also write it before the command
        arguments = [*arguments[2:], *arguments[:2]]
    if arguments and (arguments[0] in _BRIEF or arguments[0].startswith("-")):
        gc.disable()
    try:
        sys.exit(run(cli, arguments, "xiansou"))
    except XiansouError as exc:
        from rag.runtime.console import fail

        sys.exit(fail(exc, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as exc:
        from rag.record.damage import explained
        from rag.runtime.console import fail

        error = explained(exc)
        if error is None:
            raise
        sys.exit(fail(error, as_json="--json" in sys.argv))


if __name__ == "__main__":
    main()
