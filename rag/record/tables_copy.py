"""Rows of one ledger's tables made equal to another's, whatever differs: what is missing, what has changed, what is too much.

Nothing is remembered between two runs but the rows themselves, so a run that was killed is gone on with by running again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Table, and_, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from rag.errors import InputError
from rag.record.engine import writing
from rag.record.schema import meta, metadata

OWN = ("migration", "epoch", "schema")
"""Keys of `meta` that each ledger has for itself."""

_ROWS = 1000  # of a chunk
_LARGE = {"contents": 8, "job_contents": 8, "readings": 20, "versions": 100, "answers": 100, "late": 200}
_DIGEST = 1 << 128

Row = tuple[Any, ...]
Key = tuple[Any, ...]
Step = Callable[[int], None]  # rows that were compared


@dataclass(slots=True)
class Difference:
    """Rows that a pass has written."""

    copied: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        return self.copied + self.changed + self.removed


@dataclass(slots=True)
class Sum:
    """Rows of a table, and the sum of their digests: the same in whatever order they come."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: Sequence[Row]) -> None:
        self.rows += len(rows)
        for row in rows:
            self.digest += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest())
        self.digest %= _DIGEST


def equalise(source: Connection, target: Engine, step: Step) -> tuple[Difference, dict[str, Sum]]:
    """Brings all tables of the target to what `source`, a transaction that sees one moment, has; and the sums of that."""
    difference, sums = Difference(), dict[str, Sum]()
    for table in reversed(metadata.sorted_tables):
        _remove(source, target, table, difference)
    for table in metadata.sorted_tables:
        sums[table.name] = summed = Sum()
        for rows in chunks(source, table):
            summed.add(rows)
            _put(target, table, rows, difference)
            step(len(rows))
    return difference, sums


def sums_of(conn: Connection) -> dict[str, Sum]:
    """Of all tables, read whole."""
    sums = {table.name: Sum() for table in metadata.sorted_tables}
    for table in metadata.sorted_tables:
        for rows in chunks(conn, table):
            sums[table.name].add(rows)
    return sums


def chunks(conn: Connection, table: Table, columns: Sequence[Any] = ()) -> Iterator[list[Row]]:
    """The table's rows in the database's own order of the primary key."""
    key = list(table.primary_key.columns)
    last: Key | None = None
    picked = list(columns or table.columns)
    places = [picked.index(one) for one in key]
    query = select(*picked).order_by(*key).limit(_LARGE.get(table.name, _ROWS))
    if table is meta:
        query = query.where(meta.c.key.not_in(OWN))
    while True:
        after = query if last is None else query.where(tuple_(*key) > tuple_(*last))
        rows: list[Row] = [tuple(row) for row in conn.execute(after)]
        if not rows:
            return
        yield rows
        last = tuple(rows[-1][at] for at in places)


def _put(target: Engine, table: Table, rows: list[Row], difference: Difference) -> None:
    key = list(table.primary_key.columns)
    places = [list(table.columns).index(one) for one in key]
    by_key = {tuple(row[at] for at in places): row for row in rows}
    with target.connect() as conn:
        there = {tuple(row[at] for at in places): tuple(row) for row in conn.execute(_among(table, select(table), by_key))}
    new = [row for one, row in by_key.items() if one not in there]
    changed = [row for one, row in by_key.items() if one in there and there[one] != row]
    if not new and not changed:
        return
    if target.dialect.name == "postgresql":
        _check(table, [*new, *changed], places)
    names = [column.key for column in table.columns]
    with writing(target) as conn:
        if new:
            conn.execute(insert(table), [dict(zip(names, row, strict=True)) for row in new])
        if changed:
            here = and_(*(column == bindparam(f"key_{column.key}") for column in key))
            values = [dict(zip(names, row, strict=True)) for row in changed]
            conn.execute(
                update(table).where(here).values({name: bindparam(f"new_{name}") for name in names}),
                [
                    {f"new_{n}": v for n, v in one.items()} | {f"key_{column.key}": one[column.key] for column in key}
                    for one in values
                ],
            )
    difference.copied += len(new)
    difference.changed += len(changed)


def _remove(source: Connection, target: Engine, table: Table, difference: Difference) -> None:
    """What the source has no more: an erased document's rows, an answer that was removed."""
    key = list(table.primary_key.columns)
    with target.connect() as conn:
        for keys in chunks(conn, table, key):
            there = {tuple(row) for row in source.execute(_among(table, select(*key), keys))}
            gone = [one for one in keys if one not in there]
            if gone:
                with writing(target) as writer:
                    here = and_(*(column == bindparam(f"key_{column.key}") for column in key))
                    names = [f"key_{column.key}" for column in key]
                    writer.execute(delete(table).where(here), [dict(zip(names, one, strict=True)) for one in gone])
                difference.removed += len(gone)


def _among(table: Table, query: Any, keys: Any) -> Any:
    """The rows with those keys; of many at once, or SQLite runs out of variables."""
    key, wanted = list(table.primary_key.columns), list(keys)
    if len(key) == 1:
        return query.where(key[0].in_([one[0] for one in wanted]))
    return query.where(tuple_(*key).in_(wanted))


def _check(table: Table, rows: list[Row], places: list[int]) -> None:
    for row in rows:
        if any(isinstance(value, str) and "\x00" in value for value in row):
            raise InputError(
                f"a row of `{table.name}` ({', '.join(str(row[at]) for at in places)[:80]}) holds the character U+0000, "
                "which PostgreSQL cannot store.",
                field="--to",
                fix="Write that document again without it, or remove it, then run the command again.",
            )
