"""`xiansou sources`: remember where documents come from, and follow it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from rag.domain import DEFAULT_COLLECTION
from rag.errors import InputError, NotFound, XiansouError
from rag.runtime.console import PARTLY, ConfigOption, JsonOption, emit, load_settings

sources = typer.Typer(help="Web pages, sitemaps, git folders, object stores, folders that are followed.", no_args_is_help=True)


@sources.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Begins the ids of its documents.")],
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="A folder, an address, s3://bucket/prefix.")],
    kind: Annotated[str | None, typer.Option(help="folder, web, sitemap, git or objects; default: as it looks.")] = None,
    every: Annotated[str | None, typer.Option(help="Synchronise so often, e.g. 15m, 6h, 1d; default: by hand.")] = None,
    collection: Annotated[str, typer.Option(help="Collection the documents belong to.")] = DEFAULT_COLLECTION,
    option: Annotated[list[str] | None, typer.Option("--option", "-o", help="KEY=VALUE, e.g. branch=main.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remember a source. A worker synchronises it when it has an interval; `sources sync` does it now."""
    from ingest.catalogue import Catalogue, Source, parse_every
    from ingest.connectors.registry import KINDS, connect, guess
    from ingest.sync import source_json
    from rag.wiring import open_ledger

    settings = load_settings(config)
    if kind is not None and kind not in KINDS:
        raise InputError(f"{kind!r} is no kind of source.", field="--kind", fix=f"Take one of {', '.join(KINDS)}.")
    options = {}
    for pair in option or ():
        key, mark, value = pair.partition("=")
        if not mark:
            raise InputError(f"{pair!r} is no KEY=VALUE.", field="--option", fix="Example: -o branch=main.")
        options[key] = value
    chosen = kind or guess(location)
    source = Source(name, chosen, location, collection, options, parse_every(every), None, None, None, None)  # type: ignore[arg-type]
    connect(name, source.kind, location, options, settings).close()  # refuses what cannot work
    Catalogue(open_ledger(settings).engine).add(source)
    if as_json:
        emit(source_json(source))
        return
    print(f"{name}: {chosen} {location}; " + (f"every {every}, by the worker" if every else f"xiansou sources sync {name}"))


@sources.command("list")
def list_sources(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List sources with what their last synchronisation did."""
    from ingest.catalogue import Catalogue
    from ingest.sync import source_json
    from rag.wiring import open_ledger

    sources = Catalogue(open_ledger(load_settings(config)).engine).all()
    if as_json:
        emit({"sources": [source_json(source) for source in sources]})
        return
    for source in sources:
        when = datetime.fromtimestamp(source.synced_at, UTC).isoformat(timespec="seconds") if source.synced_at else "never"
        print(f"{source.id}\t{source.kind}\t{source.location}\tevery {source.every or '–'} s\tlast {when}")
        if source.error:
            print(f"    failed: {source.error['code']}: {source.error['detail']}")


@sources.command("sync")
def sync_sources(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Default: all.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Follow it even when over half of it is gone.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Synchronise sources now."""
    from ingest.catalogue import Catalogue
    from ingest.pipeline import Pipeline
    from ingest.sync import sync
    from rag.wiring import Application, open_application, open_ledger

    settings = load_settings(config)
    ledger = open_ledger(settings)
    catalogue, applications = Catalogue(ledger.engine), list[Application]()

    def make_pipeline() -> Pipeline:
        if not applications:
            applications.append(open_application(settings))
        return Pipeline(applications[0].ledger, applications[0].views.writing, settings)

    results, failed = {}, []
    for name in names or [source.id for source in catalogue.all()]:
        try:
            summary = sync(catalogue.claim(name), ledger, make_pipeline, settings, force=force)
        except XiansouError as exc:
            failed.append({"name": name, "error": f"{exc.code}: {exc}"})
            continue
        results[name] = summary
    if as_json:
        emit({"sources": {name: summary.as_dict() for name, summary in results.items()}, "failed": failed})
    for name, summary in results.items():
        for failure in summary.failed:
            print(f"failed  {name}: {failure['source']}: {failure['error']}", file=sys.stderr)
        if not as_json:
            print(f"{name}: {summary.sentence()}")
    for failure in failed:
        print(f"failed  {failure['name']}: {failure['error']}", file=sys.stderr)
    if failed or any(summary.failed for summary in results.values()):
        raise typer.Exit(PARTLY)


@sources.command("rm")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    keep: Annotated[bool, typer.Option("--keep-documents", help="Leave its documents in the library.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a source and delete its documents."""
    import shutil

    from ingest.catalogue import Catalogue
    from rag.wiring import open_ledger

    settings = load_settings(config)
    ledger = open_ledger(settings)
    ids, deleted = Catalogue(ledger.engine).remove(name), 0
    for document_id in ids if not keep else ():
        try:
            ledger.delete(document_id)
            deleted += 1
        except NotFound:
            continue
    shutil.rmtree(settings.data_dir / "sources" / name, ignore_errors=True)
    if as_json:
        emit({"removed": name, "deleted": deleted, "kept": len(ids) - deleted, "index_version": ledger.head()})
    else:
        print(f"removed {name}; {deleted} documents deleted")
