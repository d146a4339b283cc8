"""Statements that every write runs: worded once for a database, then given to its driver as they are.

SQLAlchemy takes longer to prepare such a statement each time than SQLite to run it: a document of ten passages took four
times as long as the same rows in bare SQLite.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Values = Mapping[str, Any]


def plain(conn: Connection, text: str) -> Any:
    """Runs a statement that is text already; the driver's cursor. Raises DBAPIError."""
    return _given(conn, text, ())


def _given(conn: Connection, text: str, bound: Sequence[Any]) -> Any:
    cursor, errors = conn.connection.cursor(), conn.dialect.loaded_dbapi.Error
    try:
        if len(bound) > 1:
            cursor.executemany(text, bound)
        else:
            cursor.execute(text, *bound)
    except errors as exc:
        raise DBAPIError.instance(text, None, exc, errors, dialect=conn.dialect) from exc
    return cursor


class Worded:
    """A statement whose parameters are `names`: the columns of an INSERT, the bind parameters of any other.

    Values go to the driver untouched: numbers, texts, bytes, None.
    """

    def __init__(self, clause: ClauseElement, *names: str):
        self._clause, self._names = clause, names
        self._said: dict[str, tuple[str, Sequence[str] | None, Values]] = {}
        columns = [str(column.key) for column in clause.selected_columns] if isinstance(clause, Select) else []
        self._row: Any = namedtuple("Found", columns, rename=True) if columns else None

    def run(self, conn: Connection, *rows: Values) -> Any:
        """In the connection's transaction; the driver's cursor. Many rows are one call. Raises DBAPIError."""
        text, order, constants = self._said.get(conn.dialect.name) or self._word(conn)
        told = [{**constants, **row} for row in rows] if constants else rows
        bound: Sequence[Any] = told if order is None else [tuple(row[name] for name in order) for row in told]
        return _given(conn, text, bound)

    def first(self, conn: Connection, **values: Any) -> Any:
        """The first row of a SELECT, by column names; None when there is none."""
        found = self.run(conn, values).fetchone()
        return None if found is None else self._row(*found)

    def value(self, conn: Connection, **values: Any) -> Any:
        """The first column of the first row; None when there is none."""
        found = self.run(conn, values).fetchone()
        return None if found is None else found[0]

    def _word(self, conn: Connection) -> tuple[str, Sequence[str] | None, Values]:
        """The text, the order of its parameters where the driver counts them, and those that stand in the statement."""
        made: Any = self._clause.compile(dialect=conn.dialect, column_keys=self._names or None)
        constants = {name: value for name, value in made.params.items() if value is not None}
        said = str(made), (list(made.positiontup or ()) if made.positional else None), constants
        self._said[conn.dialect.name] = said
        return said
