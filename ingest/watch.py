"""`xiansou ingest PATH --watch`: follows folders until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.folder import Summary
from rag.errors import XiansouError

_SETTLE_MS = 400  # an editor that saves writes, renames and deletes within this
_LOOK_MS = 100


def follow(
    paths: Sequence[Path],
    again: Callable[[], Summary],
    tell: Callable[[Summary | XiansouError], None],
    stop: threading.Event,
) -> None:
    """Calls `again` after each burst of changes below the paths, and `tell` with what came of it.

    What `again` refuses (a folder that lost over half of its files, a disk that is gone) is told, and followed further.
    """
    from watchfiles import watch

    there = [path if path.is_dir() else path.absolute().parent for path in paths]
    for _ in watch(*there, watch_filter=None, debounce=_SETTLE_MS, step=_LOOK_MS, stop_event=stop, raise_interrupt=False):
        try:
            tell(again())
        except XiansouError as exc:
            tell(exc)
