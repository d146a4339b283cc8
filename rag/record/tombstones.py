"""What was erased, as a list of ids that goes wherever the backups go: a restore erases it again, on any machine.

`erased.jsonl` stands beside the ledger, in every backup, and in every folder that a backup was ever written to: an older
backup that is restored elsewhere meets the erasures that came after it.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from rag.runtime.fsync import make_folder, sync

FILE = "erased.jsonl"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A line: which document of which library, the index version from which it was gone, and when (Unix seconds)."""

    library: str
    document_id: str
    seq: int
    at: float


def append(folder: Path, *tombstones: Tombstone) -> None:
    """Adds lines that are on the disk when this returns."""
    make_folder(folder)
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, b"".join(orjson.dumps(one) + b"\n" for one in tombstones))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync(folder)


def parse(lines: bytes) -> Iterator[Tombstone]:
    """A half-written last line was never acknowledged and is left out."""
    for line in lines.splitlines():
        with suppress(orjson.JSONDecodeError, TypeError):
            yield Tombstone(**orjson.loads(line))


def of_folder(folder: Path) -> list[Tombstone]:
    """All that were ever written there, oldest first."""
    file = folder / FILE
    return list(parse(file.read_bytes())) if file.exists() else []


def of_backup(file: Path) -> list[Tombstone]:
    """Those that a backup holds; none of one made before backups held them, or of a file that is no backup."""
    try:
        with tarfile.open(file, "r:") as tar:
            member = tar.extractfile(FILE)
            return [] if member is None else list(parse(member.read()))
    except (OSError, KeyError, tarfile.TarError):
        return []


def around(backup: Path) -> list[Tombstone]:
    """Those of a backup, of the backups beside it, and of the list in its folder."""
    beside = sorted(file for file in backup.parent.glob("*.tar") if file != backup)
    return unique([*of_backup(backup), *(one for file in beside for one in of_backup(file)), *of_folder(backup.parent)])


def unique(tombstones: Iterable[Tombstone]) -> list[Tombstone]:
    """Each once, in the order of their index versions."""
    return sorted(set(tombstones), key=lambda one: (one.seq, one.document_id))
