"""The ledger's engine and its write transactions: SQLite (WAL, synchronous=FULL) by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, OperationalError

from rag.errors import ConfigError
from rag.record import migrations
from rag.record.prepared import Driver, borrowed, plain
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

_BEGIN, _ONE_WRITER = "BEGIN IMMEDIATE", "SELECT pg_advisory_xact_lock(20260611)"


def open_engine(url: str) -> Engine:
    """Opens the ledger, creates a new one, upgrades an older one. Raises ConfigError when it cannot, or it is newer than us."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            make_folder(Path(parsed.database).parent)
        engine = create_engine(url, pool_pre_ping=parsed.get_backend_name() != "sqlite", pool_size=16, max_overflow=32)
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _sqlite_connect)
            event.listen(engine, "begin", _sqlite_begin)
        try:
            if not migrations.current(engine):
                with writing(engine) as conn:
                    migrations.migrate(conn)
        except BaseException:
            engine.dispose()
            raise
    except ModuleNotFoundError as exc:
        raise ConfigError(f"the driver of `database.url` is not installed: {exc.name}.", field="database.url") from exc
    except ArgumentError as exc:
        raise ConfigError(f"`{url}` is not a database URL.", field="database.url", fix="Example: postgresql://…") from exc
    except (OperationalError, OSError) as exc:
        cause = getattr(exc, "orig", None) or exc
        raise ConfigError(
            f"cannot open the ledger: {cause}.", field="data_dir", fix="Check free space and write permission there."
        ) from exc
    return engine


def loose(engine: Engine) -> Engine:
    """The same database, one connection, for what may be lost when the power fails: commits do not wait for the disk.

    A killed process loses nothing of it. The next commit of a document takes it to the disk.
    """
    name = engine.dialect.name
    mine = create_engine(engine.url, pool_pre_ping=name != "sqlite", pool_size=1, max_overflow=0)
    if name == "sqlite":
        event.listen(mine, "connect", _sqlite_connect)
        event.listen(mine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
        event.listen(mine, "begin", _sqlite_begin)
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
            self._connection.exec_driver_sql(_ONE_WRITER)
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
        plain(conn, _ONE_WRITER if conn.dialect.name == "postgresql" else _BEGIN)
        yield conn
        conn.connection.commit()
