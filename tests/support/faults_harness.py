"""Trials: a copy of a library, a process that works on it under faults, and the oracle's word on what is left."""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import orjson

from tests.support.faults_disk import OPTIONS, Disk, Event, events

ROOT = Path(__file__).parents[2]
KILLING = (  # what changes a disk; before each of them a process is killed
    "write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,mkdirat,rmdir"
).split(",")
_CALL = re.compile(r"^(\d+)\s+(\w+)\(")


class Zygote:
    """See `faults_zygote`. One request at a time."""

    def __init__(self) -> None:
        told = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "tests.support.faults_zygote"]
        pipe = subprocess.PIPE
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(command, cwd=ROOT, env=told, stdin=pipe, stdout=pipe, stderr=self._log)

    def ask(self, do: str, **told: Any) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(orjson.dumps({"do": do, **told}) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"the process that forks has ended: {self._said()}") from None
        reply: dict[str, Any] = orjson.loads(self._process.stdout.readline() or orjson.dumps({"error": self._said()}))
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace")

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._log.close()


@dataclass(frozen=True, slots=True)
class Library:
    """A library to start trials from, and its head."""

    folder: Path
    head: int


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process is killed: before its n-th call of `syscall` in a phase."""

    phase: str
    syscall: str
    n: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a trial. `killed` is False when the phase ended before the point was reached."""

    point: Point
    killed: bool
    wrong: list[str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial's process ended. The pid is that of its main thread, which does all the writing."""

    pid: int
    killed: bool


class Rig:
    """Two zygotes and a folder to work in. Trials may come from any thread."""

    killing: Sequence[str] = KILLING

    def __init__(self, folder: Path, zygotes: int = 2):
        self._folder, self._idle = folder, SimpleQueue[Zygote]()
        self._zygotes = [Zygote() for _ in range(zygotes)]
        for zygote in self._zygotes:
            self._idle.put(zygote)
        self._numbers = itertools.count()
        self._empty = folder / "empty"
        self._empty.mkdir()
        (self._empty / "journal.jsonl").touch()

    def close(self) -> None:
        for zygote in self._zygotes:
            zygote.close()

    def ask(self, do: str, **told: Any) -> dict[str, Any]:
        zygote = self._idle.get()
        try:
            return zygote.ask(do, **told)
        finally:
            self._idle.put(zygote)

    def build(self, planted: str = "") -> Library:
        folder = self._folder / f"base-{planted}"
        folder.mkdir()
        return Library(folder, self.ask("build", folder=str(folder), planted=planted)["result"])

    def start(self, library: Library, phase: str) -> Path:
        """What a phase starts from: `create` from nothing."""
        return self._empty if phase == "create" else library.folder

    @contextmanager
    def copy(self, library: Library, phase: str) -> Iterator[Path]:
        """A folder for one trial."""
        folder = self._folder / f"trial-{phase}-{next(self._numbers)}"
        shutil.copytree(self.start(library, phase), folder, ignore=shutil.ignore_patterns("*-shm", ".lock"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def calls(self, library: Library, phase: str, planted: str = "") -> Counter[str]:
        """How often the phase makes each of the system calls at which a process is killed."""
        with self.copy(library, phase) as folder:
            log = folder / "strace"
            ended = self.trial(folder, phase, ["-o", str(log), "-e", f"trace={','.join(self.killing)}"], planted)
            found = [match for line in log.read_text().splitlines() if (match := _CALL.match(line))]
        return Counter(match[2] for match in found if int(match[1]) == ended.pid)  # strace counts by thread

    def trial(self, folder: Path, phase: str, strace: Sequence[str], planted: str = "", *, early: bool = False) -> Ended:
        """Runs a phase under strace with these options."""
        told = {"folder": str(folder), "phase": phase, "strace": list(strace), "planted": planted, "early": early}
        reply = self.ask("trial", **told)
        return Ended(reply["pid"], reply["status"] == -9)

    def check(self, folder: Path, library: Library, phase: str) -> list[str]:
        found = self.ask("check", folder=str(folder), base_head=0 if phase == "create" else library.head)
        return list(found["result"]) if "result" in found else [f"the check ended with {found['status']}"]

    def kill(self, library: Library, point: Point, planted: str = "") -> Verdict:
        with self.copy(library, point.phase) as folder:
            inject = f"inject={point.syscall}:signal=KILL:when={point.n}"
            options = ["-o", os.devnull, "-e", f"trace={point.syscall}", "-e", inject]
            killed = self.trial(folder, point.phase, options, planted).killed
            return Verdict(point, killed, self.check(folder, library, point.phase))

    def kill_all(self, library: Library, points: Iterable[Point], planted: str = "") -> list[Verdict]:
        with ThreadPoolExecutor(len(self._zygotes)) as pool:
            return list(pool.map(lambda point: self.kill(library, point, planted), points))


def record(rig: Rig, library: Library, phase: str, planted: str = "") -> tuple[Disk, list[Event]]:
    """The disk before a phase, and everything that the phase did to it."""
    with rig.copy(library, phase) as folder, tempfile.TemporaryDirectory() as outside:
        disk, log = Disk(folder), Path(outside) / "strace"
        rig.trial(folder, phase, ["-o", str(log), *OPTIONS], planted, early=True)
        found = list(events(log))
        for event in found:
            disk.apply(event)
        seen = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if _kept(path)}
        disk.flush(Path(outside) / "model")
        model = Path(outside) / "model"
        assert {path.relative_to(model): path.read_bytes() for path in model.rglob("*") if _kept(path)} == seen
    return Disk.of(rig.start(library, phase), folder), found


def lose_power(
    rig: Rig, library: Library, phase: str, cuts: int, rng: random.Random, planted: str = ""
) -> list[tuple[int, list[str]]]:
    """Cuts the power so often during one run of a phase; (event, what was wrong) of each."""
    disk, found = record(rig, library, phase, planted)
    mine = [event for event in found if event.path.startswith(disk.root)]
    at = sorted(rng.choice(range(1, len(mine) + 1)) for _ in range(cuts))
    with tempfile.TemporaryDirectory() as outside, ThreadPoolExecutor(2) as pool:
        running, done = [], 0
        for number, cut in enumerate(at):
            for event in mine[done:cut]:
                disk.apply(event)
            done = cut
            left = Path(outside) / str(number)
            disk.lose(left, rng)
            running.append((cut, pool.submit(rig.check, left, library, phase)))
        return [(cut, future.result()) for cut, future in running]


def _kept(path: Path) -> bool:
    """What a power cut may damage: not shared memory, nor tantivy's empty lock, which opening a snapshot makes untraced."""
    return path.is_file() and not path.name.endswith("-shm") and path.name != ".tantivy-meta.lock"


def spread(phase: str, calls: Counter[str], n: int, rng: random.Random) -> list[Point]:
    """At most n of all the points of a phase: in turn one of each system call, at random which."""
    each = [[Point(phase, name, k) for k in rng.sample(range(1, count + 1), count)] for name, count in sorted(calls.items())]
    turns = [point for turn in itertools.zip_longest(*each) for point in turn if point is not None]
    return turns[:n]
