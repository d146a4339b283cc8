"""A process that has everything imported and forks one child a trial: `python faults_zygote.py`, requests by stdin.

A request is a line of JSON, so is its reply. Starting an interpreter for every trial would take two seconds; a fork takes
milliseconds. Before the first one the parent has written, asked and examined once, so that no child imports a module or
compiles an expression anew (two thirds of a trial's time); threads that this started have ended by then.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from ingest import sandbox, sandboxed
from ingest.parse import parse
from tests.faults.planted import PLANTED
from tests.support import faults_freshness, faults_snapshots
from tests.support.faults_ops import Env
from tests.support.faults_oracle import examine
from tests.support.faults_phases import NOT_KILLED, PHASES, build_library

_PR_SET_PTRACER, _ANY = 0x59616D61, -1
_CHILD_LIMIT_S = 60


def build(folder: str, planted: str = "") -> int:
    """A library for the phases to start from; returns its head."""
    _plant(planted)
    env = Env.at(Path(folder))
    build_library(env)
    return env.opened.ledger.head()


def trial(folder: str, phase: str, strace: Sequence[str], planted: str = "", early: bool = False) -> str:
    """One phase under `strace` with these options, `early`: already before it; does not return when that kills it."""
    _plant(planted)
    env = Env.at(Path(folder))
    setup, run = (PHASES | NOT_KILLED)[phase]
    if early:
        _attach(strace)
    setup(env)
    if strace and not early:
        _attach(strace)
    run(env)
    return "completed"


def check(folder: str, base_head: int) -> list[str]:
    return examine(Path(folder), base_head)


def freshness(folder: str, seconds: float, recall: bool, planted: str = "") -> dict[str, Any]:
    _plant(planted)
    return faults_freshness.run(Path(folder), seconds, recall)


def damage(folder: str, trials: int, planted: str = "") -> dict[str, Any]:
    _plant(planted)
    return faults_snapshots.run(Path(folder), trials)


def foreign(folder: str, planted: str = "") -> list[str]:
    _plant(planted)
    return faults_snapshots.foreign(Path(folder))


def _plant(name: str) -> None:
    if name:
        PLANTED[name]()


def _attach(options: Sequence[str]) -> None:
    """Has this process traced, so that only what comes now is under faults. Returns when it is."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)  # where only ancestors may trace
    subprocess.Popen(["strace", "-f", "-qq", "-p", str(os.getpid()), *options], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while "TracerPid:\t0" in Path("/proc/self/status").read_text():
        if time.monotonic() > deadline:
            raise RuntimeError("strace does not attach")
        time.sleep(0.002)
    time.sleep(0.005)


def _fork(work: Callable[..., Any], told: dict[str, Any]) -> dict[str, Any]:
    """Runs `work` in a child; its result, or how it ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(_CHILD_LIMIT_S)
        try:
            reply = {"result": work(**told)}
        except BaseException:
            reply = {"error": traceback.format_exc()}
        with os.fdopen(write, "wb") as pipe:
            pipe.write(orjson.dumps(reply))
        os._exit(0)  # as a crash: nothing is closed, logs of the ledger stay as they are
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return {"pid": child, "status": os.waitstatus_to_exitcode(status)} | (orjson.loads(said) if said else {})


class Here:
    """Parses without a child. Children have tests of their own (`test_sandbox`); here every trial would start one, traced,
    for documents of a few lines: ten times the work of the write that is looked at."""

    def ask(self, content: bytes, told: Mapping[str, Any]) -> Any:
        return orjson.loads(orjson.dumps(sandboxed.read(content, {**told, "seconds": 30.0})))


def _warm() -> None:
    """A small library is made, written and examined, and forgotten."""
    parse(b"# Warm\n\nup", filename="a.md", mime_type=None)
    folder = Path(tempfile.mkdtemp(prefix="xiansou-warm-"))
    env = Env.at(folder)
    build_library(env)
    PHASES["put"][1](env)
    env.close()
    del env
    examine(folder, 0)
    shutil.rmtree(folder)
    gc.collect()
    deadline = time.monotonic() + 60
    while any(name.startswith(("merge_", "thrd-")) for name in _threads()):  # tantivy's end a moment after their writer
        if time.monotonic() > deadline:
            raise RuntimeError("threads of the warm-up do not end: a child would lack them")
        time.sleep(0.01)


def _threads() -> list[str]:
    names = []
    for task in Path("/proc/self/task").glob("*/comm"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            names.append(task.read_text())
    return names


def main() -> None:
    sandbox.shared = lambda _limits: Here()  # type: ignore[assignment,return-value]
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the children log is no reply
    _warm()
    work: dict[str, Callable[..., Any]] = {
        "build": build,
        "trial": trial,
        "check": check,
        "freshness": freshness,
        "damage": damage,
        "foreign": foreign,
    }
    for line in sys.stdin.buffer:
        told = orjson.loads(line)
        reply = _fork(work[told.pop("do")], told)
        replies.write(orjson.dumps(reply) + b"\n")
        replies.flush()


if __name__ == "__main__":
    main()
