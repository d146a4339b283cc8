"""Room on the disk that holds `data_dir`, and what is said when it runs out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

FULL = 20_000_000  # bytes under which writes begin to fail: a log of SQLite's, a snapshot
LITTLE = 500_000_000  # bytes under which a re-index or a snapshot may not fit


def free_bytes(folder: Path) -> int:
    """Of the folder, or of the nearest one above that exists."""
    folder = folder.resolve()
    return shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free


def disk_warnings(folder: Path) -> Iterator[str]:
    """What an operator should know; nothing where there is room."""
    free = free_bytes(folder)
    if free < FULL:
        yield f"the disk is full ({free / 1e6:.0f} MB free): questions are answered, writes fail until there is room"
    elif free < LITTLE:
        yield f"little room on the disk ({free / 1e6:.0f} MB free)"
