"""The folder in which processes of one `xiansou serve` keep their metrics, so that any of them can tell those of all."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


_MEMORY = Path("/dev/shm")
_ROOM = 16_000_000  # bytes


def prepare(data_dir: Path) -> Path:
    """An empty folder of this process; those that processes of this machine left behind go away.

    In memory where the system has such a folder: the files are mapped, and a process that counts while the disk is full
    would be ended by SIGBUS. Machines may share `data_dir`, and their process ids may be the same: so each has its own, by
    its name.
    """
    above, machine = _above(data_dir), socket.gethostname()
    for left in above.glob(f"{machine}-*"):
        pid = left.name.removeprefix(f"{machine}-")
        if not pid.isdecimal() or int(pid) == os.getpid() or not _lives(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    folder = (above / f"{machine}-{os.getpid()}").resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _above(data_dir: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    try:
        if shutil.disk_usage(_MEMORY).free > _ROOM:
            above = _MEMORY / f"xiansou-{os.getuid()}-{digest}"
            above.mkdir(mode=0o700, exist_ok=True)
            if above.lstat().st_uid == os.getuid():
                return above
    except OSError:
        pass
    return data_dir / "metrics"


def forget(environment: Mapping[str, str], pid: int) -> None:
    """After the end of a process: what it said of its present state counts no more; what it counted stays."""
    folder = environment.get(VARIABLE)
    if folder:
        for file in Path(folder).glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """When all its processes have ended."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
