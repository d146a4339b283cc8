"""Documents that hurt whoever parses them, for the child of ingest/sandbox.py: the content names what to do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any


def read(content: bytes, told: Mapping[str, Any]) -> dict[str, Any]:
    """A reader for `Sandbox(limits, "tests.support.poison:read")`."""
    name, _, argument = content.decode().partition(" ")
    return {"text": str(_ACTS[name](argument))}


def _hang(_: str) -> None:
    while True:
        pass


def _sleep_in_c(_: str) -> None:
    ctypes.CDLL(None).sleep(1000)  # signals wake it, the interpreter's lock does not matter


def _segfault(_: str) -> None:
    ctypes.string_at(0)


def _grow(step: str) -> int:
    """10 GB of memory, in steps of so many bytes, all of it written to."""
    kept = []
    for _ in range(10 * 2**30 // int(step)):
        kept.append(b"x" * int(step))
    return len(kept)


def _swallowed(_: str) -> int:
    """Memory that a C library takes by itself, and writes to: nothing raises MemoryError."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    taken = 0
    while True:
        # MAP_SHARED | MAP_ANONYMOUS is not counted as data of the process
        at = libc.mmap(None, ctypes.c_size_t(2**24), 3, 0x21, -1, 0)
        ctypes.memset(at, 1, 2**24)
        taken += 2**24


def _print(_: str) -> None:
    while True:
        os.write(1, b"endless " * 1000)


def _text(size: str) -> str:
    return "x" * int(size)


def _fill_disk(folder: str) -> None:
    with open(os.path.join(folder, "endless"), "wb") as file:
        while True:
            file.write(b"x" * 2**20)


def _connect(port: str) -> str:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=2).close()
    except OSError as exc:
        return type(exc).__name__
    return "connected"


def _child(pid_file: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    with open(pid_file, "w") as file:
        file.write(str(process.pid))
    time.sleep(1000)


def _lie(_: str) -> None:
    os.write(3, b"\xff" * 8)  # a frame of 2**64 bytes: the socket is the only other descriptor
    time.sleep(1000)


_ACTS = {
    "echo": str,
    "pid": lambda _: os.getpid(),
    "environment": lambda name: os.environ.get(name, "nothing"),
    "hang": _hang,
    "sleep_in_c": _sleep_in_c,
    "segfault": _segfault,
    "exit": lambda code: os._exit(int(code)),
    "grow": _grow,
    "swallowed": _swallowed,
    "print": _print,
    "text": _text,
    "fill_disk": _fill_disk,
    "connect": _connect,
    "child": _child,
    "lie": _lie,
}
