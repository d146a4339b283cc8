"""The fault harness over PostgreSQL and pgvector: each trial has a copy of the database, and is killed where it talks to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.faults_harness import Library, Rig

PHASES = ("put", "replace", "delete", "erase", "again", "bulk", "job", "snapshot", "reindex", "rollback")


class ServerRig(Rig):
    """As `Rig`; the folders hold the journal and the snapshots, the URL of the database stands in their file `database`."""

    killing = ("sendto", "recvfrom", "poll", "rename", "unlink", "fsync", "write")

    def __init__(self, folder: Path, database: Callable[[], str]):
        super().__init__(folder)
        self._database = database

    def build(self, planted: str = "") -> Library:
        folder = self._folder / "base"
        folder.mkdir()
        (folder / "database").write_text(self._database())
        return Library(folder, self.ask("build", folder=str(folder), planted=planted)["result"])

    @contextmanager
    def copy(self, library: Library, phase: str) -> Iterator[Path]:
        with super().copy(library, phase) as folder:
            base = (library.folder / "database").read_text()
            name = f"t{time.monotonic_ns()}"
            url = base.replace(f"/{_name(base)}", f"/{name}", 1)
            self._alone(base)
            _say(base, f"CREATE DATABASE {name} TEMPLATE {_name(base)}")
            (folder / "database").write_text(url)
            try:
                yield folder
            finally:
                _say(base, f"DROP DATABASE {name} WITH (FORCE)")

    def check(self, folder: Path, library: Library, phase: str) -> list[str]:
        self._alone((folder / "database").read_text())
        return super().check(folder, library, phase)

    def _alone(self, url: str) -> None:
        """The server may still be at the last statement of a process that is dead."""
        deadline = time.monotonic() + 30
        while _say(url, f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{_name(url)}'") != 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def _name(url: str) -> str:
    return url.split("?")[0].rpartition("/")[2]


def _say(url: str, statement: str) -> Any:
    """The first value that it gives, asked in the server's own database."""
    plain = url.replace("postgresql+psycopg://", "postgresql://").replace(f"/{_name(url)}", "/postgres", 1)
    with psycopg.connect(plain, autocommit=True) as conn:
        cursor = conn.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]
