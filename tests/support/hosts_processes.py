"""Processes of the product on several hosts, and clients of them.

Clients reach an API through its unix socket, which no cut of the network touches: what they are told is what the service says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import orjson

from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.record.ledger import Ledger
from rag.runtime.processes import spawn_tied
from tests.support.network import Host

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 120.0  # of a client: longer than any fault, so that it learns what became of its write


class Zygote:
    """Forks the processes of all hosts; see `host_process`."""

    def __init__(self) -> None:
        told, pipe = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, subprocess.PIPE
        command = [sys.executable, "-m", "tests.support.host_process"]
        self._process = spawn_tied(command, env=told, cwd=ROOT, stdin=pipe, stdout=pipe)

    def fork(self, **told: Any) -> int:
        """The pid of a new process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(orjson.dumps(told) + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Its children end with it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class Process:
    """A worker on a host."""

    _role = "worker"

    def __init__(self, zygote: Zygote, host: Host, folder: Path, environment: dict[str, str]):
        self.host, self._zygote = host, zygote
        self._path, self._log = folder / f"{host.name}.sock", folder / f"{host.name}.log"
        self._environment = environment | {"XIANSOU__DATA_DIR": str(folder / host.name)}
        self._pid: int | None = None

    def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._pid = self._zygote.fork(
            role=self._role,
            namespace=self.host.namespace,
            environment=self._environment,
            log=str(self._log),
            path=str(self._path),
        )

    @property
    def alive(self) -> bool:
        return self._pid is not None and Path(f"/proc/{self._pid}").exists()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self._pid is not None and self.alive:
            os.kill(self._pid, signal.SIGKILL)
            while self.alive:
                time.sleep(0.01)
        self._pid = None

    def log(self) -> str:
        return self._log.read_text()[-3000:]


class Api(Process):
    """An API process on a host, and clients of it."""

    _role = "api"

    def ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        with self.client("") as client:
            while True:
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                assert time.monotonic() < deadline and self.alive, self.log()
                time.sleep(0.1)

    def client(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        transport = httpx.HTTPTransport(uds=str(self._path))
        return httpx.Client(transport=transport, base_url="http://host", timeout=_PATIENCE_S, headers=headers)


def environment(url: str, redis: str = "", **more: str) -> dict[str, str]:
    """Settings of every process."""
    told = {"DATABASE__URL": url, "INDEX__ENGINE": "pgvector", "ANSWER__MAX_WRONG_RATE": "1.0", "REDIS__URL": redis}
    return {f"XIANSOU__{name}": value for name, value in (told | more).items() if value}


def make_key(url: str) -> str:
    ledger = Ledger.open(url)
    try:
        return Keys(ledger.engine).create("test", Rights(("admin",)), made_by=COMMAND_LINE)[1]
    finally:
        ledger.close()
