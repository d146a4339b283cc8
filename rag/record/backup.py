"""Backup and restore of the ledger, while it is in use. Mirrors are not backed up: they are rebuilt from the ledger."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
import uuid
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
from sqlalchemy import Engine, select

from rag.errors import ConfigError, InputError
from rag.record import erase, last, tombstones
from rag.record.engine import writing
from rag.record.feed import head, now
from rag.record.ledger import Ledger
from rag.record.schema import SCHEMA_VERSION, changes, meta
from rag.runtime.fsync import make_folder, sync

_DATABASE, _MANIFEST = "ledger.db", "manifest.json"
SETTINGS = "settings.toml"
_NAME = "xiansou-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    library: str
    schema: int
    index_version: int
    documents: int
    passages: int
    created_at: float
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore: the backup, and the ids that were erased again because they had been erased after it was made."""

    manifest: Manifest
    erased_again: list[str]
    index_version: int


def backup(engine: Engine, target: Path, *, settings: Path | None = None) -> Manifest:
    """Writes a consistent copy to `target` (a tar file, for its owner alone) while writers go on.

    With it go the list of what was ever erased and the settings file, if one is named. Raises ConfigError, InputError.
    """
    if engine.dialect.name != "sqlite":
        raise ConfigError("this ledger is not SQLite.", field="database.url", fix="Use pg_dump for PostgreSQL.")
    if target.exists():
        raise InputError(f"{target} is there already.", field="FILE", fix="Choose another name, or remove it.")
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copy = Path(folder) / _DATABASE
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM INTO ?", (str(copy),))  # one read transaction; leaves free pages behind
        finally:
            raw.close()
        manifest = _describe(copy)
        (Path(folder) / _MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
        packed = Path(folder) / "backup.tar"
        packed.touch(mode=0o600)
        with tarfile.open(packed, "w") as tar:
            for name in (_MANIFEST, _DATABASE):
                tar.add(Path(folder) / name, name)
            for file, name in ((_data_dir(engine) / tombstones.FILE, tombstones.FILE), (settings, SETTINGS)):
                if file is not None and file.exists():
                    tar.add(file, name)
        sync(packed)
        os.replace(packed, target)
        sync(target.parent)
    erase.remember_backup(engine, _data_dir(engine), target.parent)
    last.note(engine, "backup", file=str(target.resolve()), index_version=manifest.index_version, size=manifest.size)
    return manifest


def _data_dir(engine: Engine) -> Path:
    assert engine.url.database is not None
    return Path(engine.url.database).parent


def name_now() -> str:
    """A file name for a backup in a folder of backups: they sort by time."""
    return f"{_NAME}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tar"


def thin_out(folder: Path, keep: int) -> list[Path]:
    """Removes all but the newest `keep` backups that were named by `name_now`; returns those that went."""
    files = sorted(folder.glob(f"{_NAME}*.tar"))
    gone = files[: max(0, len(files) - keep)]
    # Erasures of a library outlive its backups.
    erasures = tombstones.unique(one for file in files for one in tombstones.of_backup(file))
    if new := [one for one in erasures if one not in set(tombstones.of_folder(folder))]:
        tombstones.append(folder, *new)
    for file in gone:
        file.unlink()
    return gone


def restore(source: Path, data_dir: Path) -> Restored:
    """Puts a backup in the place of the ledger below `data_dir`. The service must be stopped.

    What was erased after the backup was made (`erased.jsonl` in `data_dir` says so, in the backup, and beside it) is erased
    again before anyone can read it; index versions go on after the highest one known, so that none is used twice. Raises
    InputError for a file that is no backup or is damaged, ConfigError when the ledger is in use.
    """
    make_folder(data_dir)
    place = data_dir / _DATABASE
    erase.drop_interrupted_restores(data_dir)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder:
        copy, manifest = _unpack(source, Path(folder))
        numbers = _numbers_in_use(place)
        here = tombstones.of_folder(data_dir)
        erased = tombstones.unique([*here, *(one for one in tombstones.around(source) if one.library == manifest.library)])
        if new := [one for one in erased if one not in set(here)]:
            tombstones.append(data_dir, *new)
        known = max(manifest.index_version, numbers.get("changes", 0), *(one.seq for one in erased), 0)
        ledger = Ledger.open(f"sqlite:///{copy}")
        again = erase.again(ledger.engine, erased)
        _go_on_after(ledger.engine, known, numbers)
        version = ledger.head()
        ledger.close()
        with closing(sqlite3.connect(copy)) as raw:
            raw.execute("PRAGMA journal_mode=DELETE")
        copy.chmod(0o600)
        sync(copy)
        for name in (f"{_DATABASE}-wal", f"{_DATABASE}-shm"):
            (data_dir / name).unlink(missing_ok=True)
        os.replace(copy, place)
        sync(data_dir)
    shutil.rmtree(data_dir / "snapshots", ignore_errors=True)
    return Restored(manifest, again, version)


def _describe(copy: Path) -> Manifest:
    ledger = Ledger.open(f"sqlite:///{copy}")
    with ledger.engine.connect() as conn:
        library = str(conn.scalar(select(meta.c.value).where(meta.c.key == "library")))
        version = head(conn)
    counts = ledger.counts()
    ledger.close()
    with closing(sqlite3.connect(copy)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it
    size = copy.stat().st_size
    return Manifest(library, SCHEMA_VERSION, version, counts["documents"], counts["passages"], now(), _digest(copy), size)


def _unpack(source: Path, folder: Path) -> tuple[Path, Manifest]:
    try:
        with tarfile.open(source, "r:") as tar:
            for name in (_MANIFEST, _DATABASE):
                tar.extract(name, folder, filter="data")
        manifest = Manifest(**orjson.loads((folder / _MANIFEST).read_bytes()))
    except (OSError, KeyError, tarfile.TarError, orjson.JSONDecodeError, TypeError) as exc:
        raise InputError(
            f"{source} is not a backup: {exc}.", field="FILE", fix="Name a file that `xiansou backup` wrote."
        ) from exc
    copy = folder / _DATABASE
    if _digest(copy) != manifest.sha256:
        raise InputError(f"{source} is damaged: its checksum does not match.", field="FILE", fix="Use another backup.")
    return copy, manifest


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _numbers_in_use(place: Path) -> dict[str, int]:
    """Highest number that each table of the ledger to be replaced ever gave out; nothing when it is absent or damaged.

    Raises ConfigError when it is in use.
    """
    if not place.exists():
        return {}
    try:
        with closing(sqlite3.connect(place, timeout=1.0)) as raw:
            raw.execute("PRAGMA locking_mode=EXCLUSIVE")
            raw.execute("BEGIN EXCLUSIVE")
            return {name: int(last) for name, last in raw.execute("SELECT name, seq FROM sqlite_sequence")}
    except sqlite3.OperationalError as exc:
        if "locked" in str(exc):
            raise ConfigError("the ledger is in use.", field="data_dir", fix="Stop the service first.") from exc
        return {}
    except sqlite3.DatabaseError:
        return {}  # damaged: the reason to restore


def _go_on_after(engine: Engine, version: int, numbers: dict[str, int]) -> None:
    """A new epoch makes every former snapshot foreign; index versions, passage and job ids go on above all known ones."""
    with writing(engine) as conn:
        conn.execute(meta.update().where(meta.c.key == "epoch").values(value=uuid.uuid4().hex))
        conn.execute(changes.insert().values(seq=version + 1, kind="restore", document_id=None, version=0, at=now()))
        for name in ("passages", "jobs", "generations"):
            conn.exec_driver_sql(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, 0 WHERE NOT EXISTS "
                "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (name, name),
            )
            last = numbers.get(name, 0)
            conn.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
