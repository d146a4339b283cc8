"""How a command finds the service that runs on the same `data_dir`, and asks it instead of loading a model.

The service holds a lock on `service.json` for as long as it lives, however it ends, and has written there where it listens
and a token that it made at its start. The file is for its user alone: whoever reads it could read the ledger as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.settings import Settings

FILE = "service.json"
TOKEN_VARIABLE = "XIANSOU_COMMAND_TOKEN"  # tells the API processes what a command of this machine shows
PREFIX = "xc_"
_CONNECT_S, _ANSWER_S = 1.0, 600.0
_MOST = 65_536  # bytes of the file
_TAKE_S = 1.0  # a command that looks whether we live holds the lock for a moment
_OTHERWISE = frozenset(
    {"data_dir", "server", "redis", "log", "limits", "audit", "sso", "reindex", "sources", "parsing", "ingest"}
)
_NOWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Running:
    """A service that lives: where it listens, what it takes for a command's word, and what its answers depend on."""

    host: str
    port: int
    pid: int
    token: str
    answers: str


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def fingerprint(settings: Settings) -> str:
    """Of the settings that an answer depends on: a command with others than the service's answers for itself."""
    text = settings.model_dump_json(exclude=set(_OTHERWISE))
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def announced(settings: Settings, host: str, port: int, token: str) -> Iterator[bool]:
    """Tells commands of this machine where we are; False where another service of the same folder is there already."""
    path = settings.data_dir / FILE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(descriptor):
            yield False
            return
        os.fchmod(descriptor, 0o600)
        running = Running(_NOWHERE.get(host, host), port, os.getpid(), token, fingerprint(settings))
        _write(descriptor, json.dumps(asdict(running)))
        try:
            yield True
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def running(settings: Settings) -> Running | None:
    """The service of this `data_dir`, when one lives whose answers are the same as ours."""
    service = _read(settings.data_dir)
    return service if service is not None and service.answers == fingerprint(settings) else None


def holder(data_dir: Path) -> int | None:
    """The process id of the service of a `data_dir`; None: none lives."""
    service = _read(data_dir)
    return None if service is None else service.pid


def _read(data_dir: Path) -> Running | None:
    try:
        descriptor = os.open(data_dir / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _is_free(descriptor):
            return None  # nobody holds it: what stands there is of a service that has ended
        return Running(**json.loads(os.pread(descriptor, _MOST, 0)))
    except (ValueError, TypeError, OSError):
        return None
    finally:
        os.close(descriptor)


def post(service: Running, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reply to a request; None where the service does not give one now, so that the command does it itself."""
    connection = http.client.HTTPConnection(service.host, service.port, timeout=_CONNECT_S)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {service.token}"}
    try:
        connection.connect()
        connection.sock.settimeout(_ANSWER_S)
        connection.request("POST", path, json.dumps(body), headers)
        reply = connection.getresponse()
        content = reply.read()
        return dict(json.loads(content)) if reply.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken(descriptor: int) -> bool:
    deadline = time.monotonic() + _TAKE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
