"""`keys create|list|revoke`: straight on the ledger, so a key counts at once, whether the service runs or not."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from rag.errors import InputError
from rag.runtime.console import ConfigOption, JsonOption, emit, library, load_settings

keys = typer.Typer(help="Make, list and revoke keys of the HTTP service.", no_args_is_help=True)

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

Many = list[str] | None


@keys.command("create")
def create(
    title: Annotated[str | None, typer.Argument(metavar="NAME", help="What it is for; shown in lists and the audit.")] = None,
    name: Annotated[str | None, typer.Option(help="The same, as an option.")] = None,
    scope: Annotated[
        Many, typer.Option(help="query, ingest, metrics or admin (which includes all); repeat for several.")
    ] = None,
    collection: Annotated[Many, typer.Option(help="Only this collection; repeat for several. Default: all.")] = None,
    group: Annotated[Many, typer.Option(help="Documents with an ACL only for this group; repeat. Default: all.")] = None,
    public_only: Annotated[bool, typer.Option("--public-only", help="No documents that have an ACL.")] = False,
    origin: Annotated[Many, typer.Option(help="Web origin that may use its widget tokens, https://…; repeat.")] = None,
    expires: Annotated[str | None, typer.Option(help="After 90d, 12h, 30m, or at 2027-01-31. Default: never.")] = None,
    citation_style: Annotated[str | None, typer.Option(help="annotations, markdown, openwebui or none.")] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="Default: `limits.key_per_minute`.")] = None,
    tokens_per_day: Annotated[int | None, typer.Option(min=0, help="Of the LLM. Default: `limits.tokens_per_day`.")] = None,
    spend_per_day: Annotated[float | None, typer.Option(min=0, help="Money. Default: `limits.spend_per_day`.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key; its text is shown now and never again. From the first one on, loopback needs a key too."""
    from rag.record.audit import by_hand
    from rag.record.keys import COMMAND_LINE, Allowance, Keys, rights
    from rag.record.serializers import key_json
    from rag.wiring import open_ledger

    granted = rights(
        scopes=scope or ["query"],
        collections=collection,
        groups=[] if public_only else group,
        origins=origin or (),
        citation_style=citation_style,
        allowance=Allowance(requests_per_minute, tokens_per_day, spend_per_day),
    )
    until = instant(expires)
    configured = load_settings(config)
    engine = open_ledger(configured).engine
    store = Keys(engine)
    first = not store.any_made()
    key, text = store.create(title or name or "key", granted, made_by=COMMAND_LINE, expires_at=until)
    if configured.audit.enabled:
        by_hand(engine, "create_key", key.id, scopes=list(key.rights.scopes))
    if as_json:
        emit(key_json(key) | {"key": text})
        return
    print(f"{text}\n\nkey {key.id} ({', '.join(key.rights.scopes)}). It is not shown again.")
    if first:
        print("This is the first key made by hand: from now on requests from this machine need one too.")


@keys.command("list")
def list_keys(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List keys, oldest first; their texts are not kept."""
    from rag.record.keys import Keys
    from rag.record.serializers import key_json
    from rag.wiring import open_ledger

    keys = [key_json(key) for key in Keys(open_ledger(library(config)).engine).all()]
    if as_json:
        emit({"keys": keys})
        return
    for key in keys:
        where = "all collections" if key["collections"] is None else ", ".join(key["collections"])
        ends = f"until {key['expires_at']}" if key["expires_at"] else "for ever"
        print(f"{key['id']}\t{key['state']}\t{', '.join(key['scopes'])}\t{where}\t{ends}\t{key['name']}")


@keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` shows it, or the key itself.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke a key; nobody gets in with it from now on, in no process."""
    from rag.record.audit import by_hand
    from rag.record.keys import Keys, id_of
    from rag.record.serializers import key_json
    from rag.wiring import open_ledger

    configured = load_settings(config)
    engine = open_ledger(configured).engine
    key = Keys(engine).revoke(id_of(key_id))
    if configured.audit.enabled:
        by_hand(engine, "revoke_key", key.id)
    if as_json:
        emit(key_json(key))
    else:
        print(f"revoked {key.id} ({key.name})")


def instant(text: str | None, *, past: bool = False) -> float | None:
    """Unix seconds of `90d`, `12h` (from now, or ago), or an ISO date or time, in UTC unless it says otherwise.

    Raises InputError.
    """
    if text is None:
        return None
    if span := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip()):
        return time.time() + int(span[1]) * _UNITS[span[2]] * (-1 if past else 1)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise InputError(f"`{text}` is no time.", fix="Use 90d, 12h, or 2027-01-31.") from exc
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
