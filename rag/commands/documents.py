"""`docs list`, `docs show`, `docs rm`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.commands.main import CollectionOption
from rag.errors import NotFound
from rag.runtime.console import PARTLY, WRONG, ConfigOption, JsonOption, emit, library, load_settings

if TYPE_CHECKING:
    from rag.domain import Document
    from rag.settings import Settings

docs = typer.Typer(help="List, show and remove documents.", no_args_is_help=True)


@docs.command("list")
def list_documents(
    collection: CollectionOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    after: Annotated[str, typer.Option(help="Begin after this document id.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List documents by id."""
    settings = library(config)
    documents, total = _page(settings, after=after, limit=limit, collection=collection)
    if as_json:
        from rag.record.serializers import document_json

        more = documents[-1].id if len(documents) == limit else None
        emit({"documents": [document_json(doc, paths=True) for doc in documents], "next_cursor": more, "total": total})
        return
    for doc in documents:
        print(f"{doc.id}\tversion {doc.version}\t{doc.passages} passages\t{doc.title}")
    if not total:
        print(f"the library in {settings.data_dir} has no documents{' there' if collection else ''}", file=sys.stderr)


def _page(settings: Settings, *, after: str, limit: int, collection: str | None) -> tuple[Sequence[Document], int]:
    """Documents, and how many there are in all: without the ledger's own machinery where its file is of this release."""
    from rag.record.browse import browse

    if settings.ledger_file is not None:
        page = browse(settings.ledger_file, after=after, limit=limit, collection=collection)
        if page is not None:
            return page
    from rag.wiring import open_ledger

    ledger = open_ledger(settings)
    return ledger.page(after=after, limit=limit, collection=collection), ledger.total(collection)


@docs.command("show")
def show_document(
    document_id: Annotated[str, typer.Argument(metavar="ID")],
    as_read: Annotated[bool, typer.Option("--as-read", help="Also what it is made of, what was left out and why.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a document and its text."""
    from rag.record.serializers import document_json
    from rag.wiring import open_ledger

    ledger = open_ledger(library(config))
    doc = ledger.document(document_id)
    if as_read:
        from rag.record import readings

        reading = readings.as_read(ledger.engine, doc) | {"masked": ledger.masked(document_id, doc.version)}
        emit(reading) if as_json else print("\n".join(_as_read_lines(reading)))
        return
    text = ledger.text(document_id, doc.version)
    if as_json:
        emit(document_json(doc, paths=True) | {"text": text, "masked": ledger.masked(document_id, doc.version)})
        return
    print(f"{doc.title}\n{doc.id}, version {doc.version}, {doc.passages} passages, source {doc.source}\n\n{text}")


def _as_read_lines(reading: dict[str, Any]) -> Iterator[str]:
    """What was read, for people: what was left out first, then passages with their statements."""
    yield f"{reading['title']}\n{reading['document_id']}, version {reading['version']}, {reading['url'] or 'no address'}"
    report = reading["told"]
    for kind, what in report.get("left_out", {}).items():
        yield f"left out: {kind}: {', '.join(map(str, what))}"
    for name, role in report.get("columns", {}).items():
        yield f"column: {name}: {role}"
    for name in ("computed", "attachments_not_read", "pages_without_text", "pages_by_ocr"):
        if report.get(name):
            yield f"{name.replace('_', ' ')}: {', '.join(map(str, report[name]))}"
    for name, values in report.get("rules", {}).items():
        yield f"read with ingest.{name}: {', '.join(map(str, values))}"
    for kind, count in reading["masked"].items():
        yield f"masked: {kind}: {count}"
    for passage in reading["passages"]:
        yield f"\n[{passage['start']}–{passage['end']}] {' › '.join(passage['section']) or passage['kind']}"
        if not passage["statements"]:
            yield "  " + reading["text"][passage["start"] : passage["end"]].replace("\n", "\n  ")
        for one in passage["statements"]:
            cells = "; ".join(
                f"{cell['name']}: {cell['value']}" if cell["name"] else cell["value"] for cell in one.get("cells", ())
            )
            head = f"{one['kind']}{' ' + one['mark'] if one.get('mark') else ''}"
            yield f"  {head:10} " + (cells or one["text"]).replace("\n", "\n             ")


@docs.command("rm")
def remove_document(
    document_ids: Annotated[list[str], typer.Argument(metavar="ID…")],
    erase: Annotated[
        bool, typer.Option("--erase", help="Also wipe texts, vectors, uploads and snapshots from the disk.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents; the next question does not see them any more, anywhere."""
    from rag.record.audit import by_hand
    from rag.record.erase import erase as wipe
    from rag.wiring import open_ledger

    settings = load_settings(config)
    ledger, receipts, failed = open_ledger(settings), [], []
    for document_id in document_ids:
        try:
            if erase:
                receipts.append(asdict(wipe(ledger.engine, settings.data_dir, document_id)))
            else:
                gone = ledger.delete(document_id, by_hand=True)
                receipts.append(
                    {"document_id": gone.document_id, "versions": gone.version, "index_version": gone.index_version}
                )
            if settings.audit.enabled:
                by_hand(ledger.engine, "erase_document" if erase else "delete_document", document_id)
        except NotFound as exc:
            failed.append({"document_id": document_id, "error": str(exc)})
    if as_json:
        emit({"erased" if erase else "deleted": receipts, "failed": failed})
    for receipt in receipts if not as_json else ():
        print(f"{'erased' if erase else 'deleted'} {receipt['document_id']} (index version {receipt['index_version']})")
    for failure in failed:
        print(f"failed  {failure['error']}", file=sys.stderr)
    if failed:
        raise typer.Exit(PARTLY if receipts else WRONG)
