"""Child processes that end with the process that started them, also when that one is killed by SIGKILL.

A shim does the tying (rag/runtime/shim.py) rather than `preexec_fn`, which is unsafe beside threads. Linux only: elsewhere a
child outlives a parent killed by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

_SHIM = Path(__file__).with_name("shim.py")


def spawn_tied(
    command: Sequence[str], *, death_signal: signal.Signals = signal.SIGKILL, **options: Any
) -> subprocess.Popen[bytes]:
    """Starts `command` (its first word is a path); it gets `death_signal` when this process ends, however it ends.

    `options` are those of `subprocess.Popen`. The child has a process group of its own: a Ctrl-C in the terminal
    reaches its parent alone. May be called from any thread. Raises OSError.
    """
    shim = [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), str(int(death_signal)), *command]
    started: Future[subprocess.Popen[bytes]] = Future()

    def keep() -> None:
        # The kernel sends the signal when the THREAD that made the child ends: so this one stays as long as the child.
        try:
            process = subprocess.Popen(shim, process_group=0, **options)
        except BaseException as exc:
            started.set_exception(exc)
            return
        started.set_result(process)
        process.wait()

    threading.Thread(target=keep, name=f"keeper of {Path(command[0]).name}", daemon=True).start()
    return started.result()


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """SIGTERM, and SIGKILL after `patience` seconds. Returns when the process is gone."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
