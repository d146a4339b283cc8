"""The ledger's engine and its write transactions: SQLite (WAL, synchronous=FULL) by default, PostgreSQL by URL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError

from rag.errors import ConfigError
from rag.record import migrations
from rag.record.damage import explained
from rag.record.prepared import Driver, borrowed, plain
from rag.record.server import ONE_WRITER, begin_session, connect_args, driven
from rag.runtime.fsync import make_folder

# secure_delete overwrites what is deleted, so that an erased text is not left in free pages.
_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "cache_size=-65536",
)

_BEGIN = "BEGIN IMMEDIATE"


def open_engine(url: str, *, filling: bool = False) -> Engine:
    """Opens the ledger, creates a new one, upgrades an older one. Raises ConfigError when it cannot, or it is newer than us, or
    half a copy (which `filling` goes on with)."""
    try:
        parsed = driven(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            make_folder(Path(parsed.database).parent)
            _private(Path(parsed.database))
        engine = create_engine(parsed, pool_size=16, max_overflow=32, **_options(parsed))
        _listen(engine)
        try:
            if not migrations.current(engine, filling=filling):
                with writing(engine) as conn:
                    migrations.migrate(conn)
        except BaseException:
            engine.dispose()
            raise
    except ModuleNotFoundError as exc:
        raise ConfigError(
            f"the driver of `database.url` is not installed: {exc.name}.",
            field="database.url",
            fix="Write it as `postgresql://USER:PASSWORD@HOST/NAME`: its driver comes with Xiansou.",
        ) from exc
    except ArgumentError as exc:
        raise ConfigError(
            "`database.url` is no database URL.", field="database.url", fix="Example: postgresql://USER:PASSWORD@HOST/NAME."
        ) from exc
    except DBAPIError as exc:
        problem = explained(exc)
        if problem is None:
            raise
        raise problem from exc
    except OSError as exc:
        raise ConfigError(
            f"cannot open the ledger: {exc.strerror}.", field="data_dir", fix="Check free space and write permission there."
        ) from exc
    return engine


def _private(file: Path) -> None:
    """A new ledger is its owner's alone; its log, which SQLite makes, has the same mode. An older one stays as it is."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _options(url: URL) -> dict[str, Any]:
    """`hide_parameters`: an error never shows the documents' text."""
    if url.get_backend_name() == "sqlite":
        return {"pool_pre_ping": False, "hide_parameters": True}
    return {"pool_pre_ping": True, "hide_parameters": True, "connect_args": connect_args(url)}


def _listen(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", begin_session)


def loose(engine: Engine) -> Engine:
    """The same database, one connection, for what may be lost when the power fails: commits do not wait for the disk.

    A killed process loses nothing of it. The next commit of a document takes it to the disk.
    """
    name = engine.dialect.name
    mine = create_engine(engine.url, pool_size=1, max_overflow=0, **_options(engine.url))
    _listen(mine)
    if name == "sqlite":
        event.listen(mine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    else:
        event.listen(mine, "begin", lambda conn: conn.exec_driver_sql("SET LOCAL synchronous_commit TO OFF"))
    return mine


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves: the driver's own rules would skip it for reads
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(conn: Connection) -> None:
    # A deferred transaction that upgrades to writing fails at once under contention; an immediate one waits its turn.
    plain(conn, _BEGIN if conn.get_execution_options().get("writing") else "BEGIN")


class writing:
    """`with writing(engine) as conn:` one write transaction; commits at the end, rolls back on an exception.

    Writers are serialised (SQLite's lock, PostgreSQL's advisory lock), so sequence numbers appear in commit order.
    """

    def __init__(self, engine: Engine):
        self._connection = engine.connect().execution_options(writing=True)

    def __enter__(self) -> Connection:
        self._transaction = self._connection.begin()
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(ONE_WRITER)
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._transaction.commit()
            else:
                self._transaction.rollback()
        finally:
            self._connection.close()


@contextmanager
def drafting(engine: Engine) -> Iterator[Driver]:
    """As `writing`, for statements that are worded already; a tenth of what a put takes is SQLAlchemy's own transaction."""
    with borrowed(engine) as conn:
        # PostgreSQL's driver begins with the first statement.
        plain(conn, ONE_WRITER if conn.dialect.name == "postgresql" else _BEGIN)
        yield conn
        conn.connection.commit()
