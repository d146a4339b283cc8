"""The record's tables past the product: SQLite's file, or the PostgreSQL whose URL stands in the folder's file `database`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg


class Raw:
    """SQL with `?` for values; rows by number and by name."""

    def __init__(self, connection: Any, *, sqlite: bool):
        self._connection, self.sqlite = connection, sqlite

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        if self.sqlite:
            return self._connection.execute(statement, values)
        return self._connection.execute(statement.replace("?", "%s"), values or None)

    def columns(self, table: str) -> list[str]:
        if self.sqlite:
            return [row[1] for row in self.execute(f"PRAGMA table_info({table})")]
        told = "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
        return [row[0] for row in self.execute(told, (table,))]


class _Row(tuple[Any, ...]):
    names: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)


def _rows(cursor: Any) -> Any:
    names = {column.name: at for at, column in enumerate(cursor.description or ())}
    kind = type("Row", (_Row,), {"names": names})
    return lambda values: kind(values)


@contextmanager
def raw(folder: Path) -> Iterator[Raw]:
    url = folder / "database"
    if url.exists():
        told = url.read_text().replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(told, row_factory=_rows, autocommit=True) as connection:
            yield Raw(connection, sqlite=False)
        return
    with closing(sqlite3.connect(folder / "data" / "ledger.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield Raw(connection, sqlite=True)
