"""`audit verify|list`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rag.commands.keys import instant
from rag.runtime.console import PARTLY, ConfigOption, JsonOption, emit, load_settings

audit = typer.Typer(help="Who asked, changed, deleted and exported what.", no_args_is_help=True)


@audit.command("verify")
def verify(
    expect: Annotated[
        str | None, typer.Option(help="A head that an earlier run printed and that you kept: it must still be in the chain.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that no row was changed, removed, added or moved. Exit code 1: one was."""
    from rag.record.audit import verify as check
    from rag.wiring import open_ledger

    verdict = check(open_ledger(load_settings(config)).engine, expect)
    if as_json:
        emit(asdict(verdict))
    elif verdict.ok:
        print(f"✓ {verdict.rows} rows, none changed\nhead {verdict.head}")
    else:
        where = "" if verdict.fault is None else f"row {verdict.fault}: "
        print(f"✗ {where}{verdict.reason}\n{verdict.rows} rows before it are as they were written")
    if not verdict.ok:
        raise typer.Exit(PARTLY)


@audit.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many.")] = 50,
    who: Annotated[str | None, typer.Option(help="Only of this caller, e.g. key:4f0Zk2…")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, e.g. ask, put_document, delete_document.")] = None,
    since: Annotated[str | None, typer.Option(help="Of the last 7d, 12h, or since 2027-01-31.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the audit, the newest first."""
    from rag.record.audit import entries
    from rag.record.serializers import iso_time
    from rag.wiring import open_ledger

    after = instant(since, past=True)
    numbered = entries(open_ledger(load_settings(config)).engine, limit=limit, who=who, action=action, since=after)
    rows = [{"seq": seq, **asdict(entry), "at": iso_time(entry.at)} for seq, entry in numbered]
    if as_json:
        emit({"entries": rows})
        return
    for row in rows:
        detail = " ".join(f"{name}={value}" for name, value in row["detail"].items())
        print(f"{row['seq']}\t{row['at']}\t{row['who']}\t{row['action']}\t{row['target'] or '-'}\t{detail}")
