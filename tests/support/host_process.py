"""What runs on the hosts of a test: the real API and worker; only the embedder is a double.

`python -m tests.support.host_process` has everything imported and forks one child a request (a line of JSON on stdin, whose
reply is its pid): on two cores an interpreter takes half a minute to start while others work. Settings come by environment.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from api.app import create_app
from api.supervisor import api_process
from ingest import sandbox, worker
from ingest.parse import parse
from rag.fakes import HashEmbedder
from rag.runtime.observe import start_logging
from rag.settings import Settings, load
from rag.wiring import open_application
from tests.support.faults_zygote import Here

_CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x40000000, 1


def api(settings: Settings, path: str) -> None:
    """Serves on the unix socket `path`."""

    def app(settings: Settings) -> FastAPI:
        return create_app(application=open_application(settings, embedder=HashEmbedder(), serving=True))

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)
    api_process(settings, listener.detach(), app)


def work(settings: Settings) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    worker.run(settings, stop=stop, embedder=HashEmbedder(), lease_s=float(os.environ.get("TEST_LEASE_S", "5")))


def _run(role: str, namespace: str, environment: Mapping[str, str], log: str, path: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(namespace, "rb") as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(environment)
    settings = load(Path(os.devnull))
    start_logging(settings.log)
    if role == "api":
        api(settings, path)
    else:
        work(settings)


def _fork(told: Mapping[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        _run(**told)
    except BaseException as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def main() -> None:
    sandbox.shared = lambda _limits: Here()  # type: ignore[assignment,return-value]
    parse(b"# Warm\n\nup", filename="a.md", mime_type=None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    for line in sys.stdin.buffer:
        print(_fork(orjson.loads(line)), flush=True)


if __name__ == "__main__":
    main()
