"""Statements that every write runs: worded once for a database, then given to its driver as they are.

SQLAlchemy takes longer to prepare such a statement each time than SQLite to run it: a document of ten passages took four
times as long as the same rows in bare SQLite.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Values = Mapping[str, Any]


class Driver(NamedTuple):
    """A driver's connection without SQLAlchemy's transaction around it: enough for statements that are worded already."""

    connection: Any
    dialect: Dialect


Conn = Connection | Driver


@contextmanager
def borrowed(engine: Engine) -> Iterator[Driver]:
    """A connection of the engine's pool, which rolls back what was not committed. Raises DBAPIError, as SQLAlchemy does."""
    errors = engine.dialect.loaded_dbapi.Error
    try:
        pooled = engine.raw_connection()
        try:
            yield Driver(pooled.driver_connection, engine.dialect)
        finally:
            pooled.close()
    except errors as exc:
        raise DBAPIError.instance(None, None, exc, errors, dialect=engine.dialect) from exc


def pipelined(conn: Driver) -> AbstractContextManager[Any]:
    """What is run inside goes to PostgreSQL without waiting for each answer; counts of rows are known afterwards."""
    pipeline: AbstractContextManager[Any] = getattr(conn.connection, "pipeline", nullcontext)()
    return pipeline


def plain(conn: Conn, text: str) -> Any:
    """Runs a statement that is text already; the driver's cursor. Raises DBAPIError."""
    return _given(conn, text, ())


def _given(conn: Conn, text: str, bound: Sequence[Any]) -> Any:
    cursor, errors = conn.connection.cursor(), conn.dialect.loaded_dbapi.Error
    try:
        if len(bound) > 1:
            cursor.executemany(text, bound)
        else:
            cursor.execute(text, *bound)
    except errors as exc:
        raise DBAPIError.instance(text, None, exc, errors, dialect=conn.dialect) from exc
    return cursor


class PreparedStatement:
    """A statement whose parameters are `names`: the columns of an INSERT, the bind parameters of any other.

    Values go to the driver untouched: numbers, texts, bytes, None.
    """

    def __init__(self, clause: ClauseElement, *names: str):
        self._clause, self._names = clause, names
        self._said: dict[str, tuple[str, Callable[[Values], Any] | None, Values]] = {}
        columns = [str(column.key) for column in clause.selected_columns] if isinstance(clause, Select) else []
        self._row: Any = namedtuple("Found", columns, rename=True) if columns else None

    def run(self, conn: Conn, *rows: Values) -> Any:
        """In the connection's transaction; the driver's cursor. Many rows are one call. Raises DBAPIError."""
        text, pick, constants = self._said.get(conn.dialect.name) or self._word(conn)
        parameters = [{**constants, **row} for row in rows] if constants else rows
        return _given(conn, text, parameters if pick is None else list(map(pick, parameters)))

    def first(self, conn: Conn, **values: Any) -> Any:
        """The first row of a SELECT, by column names; None when there is none."""
        row = self.run(conn, values).fetchone()
        return None if row is None else self._row(*row)

    def value(self, conn: Conn, **values: Any) -> Any:
        """The first column of the first row; None when there is none."""
        row = self.run(conn, values).fetchone()
        return None if row is None else row[0]

    def _word(self, conn: Conn) -> tuple[str, Callable[[Values], Any] | None, Values]:
        """The text, what puts its parameters in order where the driver counts them, and those that stand in the statement."""
        compiled: Any = self._clause.compile(dialect=conn.dialect, column_keys=self._names or None)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        said = str(compiled), (_picker(compiled.positiontup or ()) if compiled.positional else None), constants
        self._said[conn.dialect.name] = said
        return said


def _picker(names: Sequence[str]) -> Callable[[Values], Any]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)
