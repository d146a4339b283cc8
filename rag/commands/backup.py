"""`backup` and `restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import ConfigError, InputError
from rag.runtime.console import ConfigOption, JsonOption, emit, library, load_settings

if TYPE_CHECKING:
    pass


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE|FOLDER]", help="Tar file to write, or a folder of backups; see `backup.folder`."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="In a folder: keep the newest N, remove older ones. Default: `backup.keep`.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a consistent copy of the record, while the service goes on."""
    from rag.record import backup as backups
    from rag.record.audit import by_hand
    from rag.settings import file_of
    from rag.wiring import open_ledger

    settings = library(config)
    target = file or (Path(settings.backup.folder) if settings.backup.folder else None)
    if target is None:
        raise InputError("where to?", field="FILE", fix="Name a file or a folder, or set `backup.folder`.")
    folder = target if target.is_dir() or file is None or (keep and not target.suffix) else None
    if keep and folder is None:
        raise InputError("`--keep` is for a folder of backups.", field="--keep", fix="Name a folder.")
    target = target if folder is None else folder / backups.name_now()
    engine = open_ledger(settings).engine
    if settings.audit.enabled:  # before, so that the copy holds it too
        by_hand(engine, "backup", str(target))
    settings_file = file_of(config)
    manifest = backups.backup(engine, target, settings=settings_file)
    most = keep or settings.backup.keep
    gone = backups.thin_out(folder, most) if folder is not None and most else []
    if as_json:
        emit(asdict(manifest) | {"file": str(target), "settings": bool(settings_file), "removed": [str(one) for one in gone]})
        return
    print(f"{manifest.documents} documents at index version {manifest.index_version} in {target} ({manifest.size:,} bytes)")
    print(f"with the settings of {settings_file}" if settings_file else "without settings: there is no settings file")
    for one in gone:
        print(f"removed {one}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tar file that `xiansou backup` wrote.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the record; stop the service first. What was erased since stays erased."""
    from rag.record.audit import by_hand
    from rag.record.backup import restore as put_back
    from rag.wiring import open_ledger

    settings = load_settings(config)
    if settings.database.url:
        raise ConfigError("the ledger is not in `data_dir`.", field="database.url", fix="Use your database's own tools.")
    restored = put_back(file, settings.data_dir)
    if settings.audit.enabled:
        ledger = open_ledger(settings)
        by_hand(ledger.engine, "restore", str(file), index_version=restored.index_version)
        ledger.close()
    if as_json:
        emit(asdict(restored))
        return
    print(f"{restored.manifest.documents} documents restored; index version {restored.index_version}")
    for document_id in restored.erased_again:
        print(f"erased again: {document_id}")
