"""What a power cut leaves: only what was synced."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, whose names survive a power cut; also one that another has just made."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    with suppress(PermissionError):  # a folder above that we may not read was there before us
        for folder in (path, *missing):
            sync(folder.parent)


def sync(path: Path) -> None:
    """Makes a file's content, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
