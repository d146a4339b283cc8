"""Snapshots of a mirror: a start from one is fast, and one that is bad, old, foreign or half-written is never used.

A snapshot is a folder `<generation>-<version>` whose manifest, written last, names every file with size and SHA-256, the
ledger (library id and epoch), the generation and the index version. It appears by one rename. Whatever is wrong with one,
the ledger is the record: the mirror is rebuilt from there. A part may be a folder, whose files are mapped from where they
lie: they go on being read by those who have opened them when the snapshot is removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson
from sqlalchemy import Engine, func, select

from rag.record.feed import head, live_generation, made_at
from rag.record.schema import changes, meta
from rag.runtime.fsync import sync
from rag.runtime.logger import get_logger

log = get_logger()

FORMAT = 4
_MANIFEST = "manifest.json"
_HEADER = 4096  # bytes that hold the header of any array of ours
_KEPT = 2


_Told = TypeVar("_Told")
Part = bytes | np.ndarray | Callable[[Path], None]  # of a file its content; of a folder what makes and fills it


class Vanished(Exception):
    """What the snapshot is of is not in the ledger any more. Signals the writer of a snapshot; never leaves `rag.index`."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A snapshot that is whole: contents of its files by name, and its folder, where those of its folders lie."""

    folder: Path
    files: Mapping[str, bytearray]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose snapshot it is: equal for the same ledger, not restored since, and the same generation."""

    library: str
    epoch: str
    generation: int


def identity(engine: Engine, generation: int) -> Identity:
    """Of a generation of this ledger."""
    with engine.connect() as conn:
        values = dict(conn.execute(select(meta.c.key, meta.c.value).where(meta.c.key.in_(["library", "epoch"]))).tuples().all())
    return Identity(values["library"], values["epoch"], generation)


class Snapshots:
    """Writes and reads the snapshots below a folder. Safe for several processes."""

    def __init__(self, folder: Path, engine: Engine):
        self._folder, self._engine = folder, engine

    def save(self, whose: Identity, version: int, files: Mapping[str, Part], at: float | None = None) -> Path | None:
        """Writes one; None when another process is writing, or when a document was erased meanwhile.

        `at`: when the change with the number `version` was made, by which a ledger that has lost it is known.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked() as free:
            if not free:
                return None
            building = Path(tempfile.mkdtemp(dir=self._folder, prefix=".building-"))
            try:
                sizes: dict[str, tuple[int, str]] = {}
                for name, content in files.items():
                    if callable(content):
                        content(building / name)
                        sizes |= {f"{name}/{file.name}": _synced(file) for file in sorted((building / name).iterdir())}
                        sync(building / name)
                    else:
                        sizes[name] = _write(building / name, content)
                manifest = {
                    "format": FORMAT,
                    "library": whose.library,
                    "epoch": whose.epoch,
                    "generation": whose.generation,
                    "version": version,
                    "at": at,
                    "files": sizes,
                }
                manifest_text = orjson.dumps(manifest)
                _write(building / _MANIFEST, manifest_text + b"\n" + hashlib.sha256(manifest_text).hexdigest().encode())
                sync(building)
                if self._erased_after(version):
                    return None
                place = self._folder / f"{whose.generation}-{version}"
                shutil.rmtree(place, ignore_errors=True)
                os.rename(building, place)
                sync(self._folder)
                self._drop_old(whose.generation)
                return place
            except Vanished:
                return None
            finally:
                shutil.rmtree(building, ignore_errors=True)

    def load(self, whose: Identity, read: Callable[[Saved], _Told]) -> tuple[int, _Told] | None:
        """(version, what `read` makes of it) of the newest good one; a bad one is reported, removed and never used.

        One is bad, too, when `read` raises OSError, ValueError, KeyError or TypeError.
        """
        if not self._folder.is_dir():
            return None
        with self._engine.connect() as conn:
            now = head(conn)
        self._drop_erased()
        for place in sorted(self._folder.glob(f"{whose.generation}-*"), key=_version, reverse=True):
            try:
                return _version(place), read(_read(place, whose, now, self._created_at))
            except (OSError, ValueError, KeyError, TypeError) as exc:
                log.warning("a snapshot cannot be used and is removed", snapshot=place.name, reason=str(exc))
                shutil.rmtree(place, ignore_errors=True)
        return None

    def _created_at(self, version: int) -> float | None:
        with self._engine.connect() as conn:
            return made_at(conn, version)

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        with (self._folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            for left in self._folder.glob(".building-*"):  # of a process that died: nobody else holds the lock
                shutil.rmtree(left, ignore_errors=True)
            yield True

    def _erased_after(self, version: int) -> bool:
        with self._engine.connect() as conn:
            query = select(func.count()).where(changes.c.kind == "erase", changes.c.seq > version)
            return bool(conn.scalar(query))

    def _drop_erased(self) -> None:
        """Those from before an erasure, which itself removes them unless its process dies just then."""
        for place in self._folder.glob("[0-9]*-*"):
            if self._erased_after(_version(place)):
                shutil.rmtree(place, ignore_errors=True)

    def _drop_old(self, generation: int) -> None:
        self._drop_erased()
        with self._engine.connect() as conn:
            live = live_generation(conn)
        mine = sorted(self._folder.glob(f"{generation}-*"), key=_version, reverse=True)
        others = [
            place for place in self._folder.glob("[0-9]*-*") if place not in mine and not place.name.startswith(f"{live}-")
        ]
        for place in mine[_KEPT:] + others:
            shutil.rmtree(place, ignore_errors=True)


def array(content: bytearray) -> Any:
    """An array that was saved, over the same memory. Raises ValueError when it is none."""
    stream = io.BytesIO(memoryview(content)[:_HEADER])
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array of another format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("an array of objects")
    return np.ndarray(shape, dtype, content, stream.tell())


def _read(place: Path, whose: Identity, now: int, time_of: Callable[[int], float | None]) -> Saved:
    """Every file of a snapshot, checked. Raises ValueError, KeyError, OSError."""
    text, _, digest = (place / _MANIFEST).read_bytes().partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise ValueError("its manifest is damaged")
    manifest = orjson.loads(text)
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}")
    if Identity(manifest["library"], manifest["epoch"], manifest["generation"]) != whose:
        raise ValueError("it belongs to another ledger or generation")
    if manifest["version"] != _version(place) or manifest["version"] > now:
        raise ValueError("its version is not of this ledger's past")
    if manifest.get("at") not in (None, time_of(manifest["version"])):
        raise ValueError("this ledger has lost the change that it was made after")
    files = {}
    for name, (size, digest) in manifest["files"].items():
        mapped = "/" in name
        actual, content = _summed(place / name) if mapped else _held(place / name)
        if actual != (size, digest):
            raise ValueError(f"{name} is damaged")
        if not mapped:
            files[name] = content
    return Saved(place, files)


def _held(path: Path) -> tuple[tuple[int, str], bytearray]:
    """(size, SHA-256) and content."""
    content = bytearray(path.stat().st_size)
    with path.open("rb", buffering=0) as file:
        view, read = memoryview(content), 0
        while read < len(content) and (count := file.readinto(view[read:])):
            read += count
        more = file.read(1)
    return (read + len(more), hashlib.sha256(content).hexdigest()), content


def _summed(path: Path) -> tuple[tuple[int, str], bytearray]:
    """As `_held`, of a file whose content is not wanted."""
    with path.open("rb") as file:
        return (path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()), bytearray()


def _write(path: Path, content: bytes | np.ndarray) -> tuple[int, str]:
    """Writes and syncs a file; returns its size and SHA-256."""
    with path.open("wb") as file:
        if isinstance(content, np.ndarray):
            np.lib.format.write_array(file, np.ascontiguousarray(content), version=(1, 0), allow_pickle=False)
        else:
            file.write(content)
    return _synced(path)


def _synced(path: Path) -> tuple[int, str]:
    """Syncs a file that is written; returns its size and SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _version(place: Path) -> int:
    tail = place.name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1
