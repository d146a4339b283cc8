"""`serve`, and the process it starts for each API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api import loading
from rag.runtime.console import ConfigOption, load_settings
from rag.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Ingest workers; 0 where they run elsewhere.")] = None,
    examples: Annotated[Path | None, typer.Option(help="Load this folder when the library is empty.")] = None,
    config: ConfigOption = None,
) -> None:
    """Run the service: API, ingest worker and, without `redis.url`, an embedded Valkey. Ctrl-C ends all of it."""
    from api.supervisor import serve as supervise

    settings = load_settings(config, server__host=host, server__port=port)
    count = settings.server.workers if workers is None else workers
    supervise(settings, workers=count, ready=lambda: _welcome(settings, examples, config))


def mcp(config: ConfigOption = None) -> None:
    """Serve the tools `search`, `ask` and `get_document` to an MCP client over stdin and stdout."""
    from api.mcp_tools import serve_stdio
    from rag.runtime.tracing import start_tracing

    settings = load_settings(config)
    start_tracing()
    serve_stdio(settings)


def api_process(fd: Annotated[int, typer.Option(help="Listening socket.")], config: ConfigOption = None) -> None:
    """One API process on a socket that `serve` opened."""
    from api.supervisor import api_process as run
    from rag.runtime.tracing import start_tracing

    settings = load_settings(config)
    start_tracing()
    run(settings, fd)


def _welcome(settings: Settings, examples: Path | None, config: Path | None) -> None:
    address = f"http://{settings.server.host}:{settings.server.port}"
    if examples is not None:
        _load(settings, examples, config)
    first = _first_key(settings)
    print(
        f"""
Xiansou is ready on {address}   (Ctrl-C stops it)

  Open {address}/ in a browser: ask, see what led to each answer, drop a file and ask about it.
  {address}/console is for who runs it: library, unanswered questions, traffic, keys. {address}/docs: the API.

  curl -s {address}/v1/query -H 'content-type: application/json' -d '{{"question": "{_question(examples)}"}}'

  `xiansou ingest PATH` adds your own documents (in another terminal).
{first}""",
        flush=True,
    )


def _first_key(settings: Settings) -> str:
    """On the first start: a key for everything, for those who are not on this machine; shown this once."""
    from rag.record.keys import Keys
    from rag.wiring import open_ledger

    ledger = open_ledger(settings)
    keys = Keys(ledger.engine)
    # A log is kept, copied and read by many: the key for everything is shown to a person at a terminal, or not made.
    text = keys.create_first() if sys.stdout.isatty() else None
    any_key = bool(keys.all())
    ledger.close()
    if not any_key:
        return """
  Programs on this machine need no key until you make one; all others do: `xiansou keys create NAME --scope admin`.
"""
    if text is None:
        return ""
    return f"""
  Programs on this machine need no key until you make one (`xiansou keys create`); all others do. One for everything,
  shown only now (`xiansou keys revoke {text.split("_")[1]}` ends it):

  {text}
"""


def _question(examples: Path | None) -> str:
    return "摄像头保修多久？" if examples else "…"


def _load(settings: Settings, examples: Path, config: Path | None) -> None:
    """On first start only: a library that was emptied on purpose stays empty."""
    from rag.runtime.processes import spawn_tied
    from rag.wiring import open_ledger

    ledger = open_ledger(settings)
    empty = ledger.head() == 0
    ledger.close()
    if not empty:
        return
    print(f"first start: loading the examples in {examples}/", flush=True)
    command = [sys.executable, "-m", "xiansou", "ingest", str(examples)]
    with loading.marked(settings.data_dir):
        spawn_tied([*command, "--config", str(config)] if config else command).wait()
