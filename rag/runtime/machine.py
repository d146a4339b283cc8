"""What the processes of a service take of this machine, as Linux tells it; nothing elsewhere."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

_PROC = Path("/proc")
_OURS = ("api-process", "worker", "valkey-server")


def memory_by_process(root: int) -> list[tuple[str, int, int]]:
    """(kind, process id, resident bytes) of a process and all below it, in that order."""
    below = _children()
    processes, waiting = list[tuple[str, int, int]](), deque([root])
    while waiting:
        pid = waiting.popleft()
        resident = _resident(pid)
        if resident:
            processes.append((_kind(pid, pid == root), pid, resident))
        waiting.extend(below.get(pid, ()))
    return processes


def _children() -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:  # it has ended
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        below.setdefault(parent, []).append(int(entry.name))
    return below


def _resident(pid: int) -> int:
    try:
        pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _kind(pid: int, is_root: bool) -> str:
    if is_root:
        return "serve"
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "other"
    said = {os.path.basename(word.decode(errors="replace")) for word in words}
    return next((kind for kind in _OURS if kind in said), "other")
