"""A library moves to another ledger while questions go on, and is there to the last row before anyone is told so.

Passes make the target equal to the source as it stood at one moment, until little is left; then the source is sealed (it
takes no more documents), one more pass takes what was acknowledged meanwhile, and both are read whole and compared. Until
that went well the target says of itself that it is unfinished, and no service opens it.
"""

from __future__ import annotations

import fcntl
import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Engine, Table, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from rag.errors import ConfigError, Conflict, UpstreamError
from rag.record.damage import explained
from rag.record.engine import open_engine, writing
from rag.record.feed import head
from rag.record.migrations import UNFINISHED
from rag.record.schema import meta, metadata
from rag.record.seal import seal
from rag.record.server import driven
from rag.record.tables_copy import Difference, Sum, equalise, sums_of

_PASSES = 5  # before the source is sealed, at most
_LITTLE = 500  # rows that a pass may find changed for the next one to be the last

Say = Callable[[str, int, int], None]  # what is done, rows that were compared, of how many


@dataclass(frozen=True, slots=True)
class Migrated:
    """What has been moved: rows by table, one digest over all of them, and what the passes wrote."""

    index_version: int
    rows: dict[str, int]
    digest: str
    copied: int
    changed: int
    removed: int
    passes: int


def migrate(source: Engine, url: str, say: Say, lock: Path) -> Migrated:
    """Fills the ledger at `url`, an empty one or one that an earlier run has filled. `lock`: a file; one run at a time.

    Raises ConfigError: it cannot be opened. Conflict: it holds something else, or was written to since. InputError: a row
    that it cannot hold. UpstreamError: it ended on the way; running again goes on.
    """
    with _alone(lock), _opened(url) as target:
        _claim(source, target)
        total, passes = Difference(), 0
        while passes < _PASSES:
            passes += 1
            difference, _ = _pass(source, target, f"pass {passes}", say)
            _count(total, difference)
            if difference.total <= _LITTLE:
                break
        seal(source)
        difference, sums = _pass(source, target, "last pass", say)
        _count(total, difference)
        _number(source, target)
        say("comparing", 0, 1)
        with _moment(target) as conn:
            there = sums_of(conn)
        if wrong := [name for name in sums if sums[name] != there[name]]:
            raise UpstreamError(
                f"the copy differs from the original in {', '.join(wrong)}.",
                field="--to",
                fix="Look whether something else writes to that database; run the command again.",
                code="migration_differs",
            )
        _finish(target, there)
        with target.connect() as conn:
            version = head(conn)
    rows = {str(name): one.rows for name, one in there.items()}  # plain strings: a table's name is one that JSON does not take
    return Migrated(version, rows, _whole(there), total.copied, total.changed, total.removed, passes + 1)


def _pass(source: Engine, target: Engine, name: str, say: Say) -> tuple[Difference, dict[str, Sum]]:
    with _moment(source) as conn:
        total = sum(int(conn.scalar(select(func.count()).select_from(table)) or 0) for table in metadata.sorted_tables)
        done = 0

        def step(rows: int) -> None:
            nonlocal done
            done += rows
            say(name, done, total)

        return equalise(conn, target, step)


@contextmanager
def _moment(engine: Engine) -> Iterator[Connection]:
    """A transaction whose reads all see the ledger as it stands now."""
    with engine.connect() as conn:
        if engine.dialect.name == "postgresql":
            conn = conn.execution_options(isolation_level="REPEATABLE READ")
        with conn.begin():
            yield conn


def _claim(source: Engine, target: Engine) -> None:
    """The target is ours from now on, and nobody opens it before all is there."""
    with source.connect() as conn:
        mine = str(conn.scalar(select(meta.c.value).where(meta.c.key == "library")))
    with target.connect() as conn:
        values = dict(conn.execute(select(meta.c.key, meta.c.value)).tuples().all())
        state = orjson.loads(values.get("migration") or "null")
        if state is None and any(
            conn.scalar(select(1).select_from(one).limit(1)) for one in metadata.sorted_tables if one is not meta
        ):
            raise _taken("it holds a library already.", "Name an empty database.")
        if state is not None and state["of"] != mine:
            raise _taken("it holds, or was to hold, another library.", "Name an empty database.")
    if state is not None and state["state"] == "complete":
        with _moment(target) as conn:
            if _whole(sums_of(conn)) != state["digest"]:
                raise _taken("it has been written to since it was filled: copying again would undo that.", "It is in use.")
    _note(target, {"of": mine, "state": UNFINISHED})


def _taken(why: str, fix: str) -> Conflict:
    return Conflict(f"this database cannot be filled: {why}", field="--to", fix=fix, code="target_in_use")


def _note(target: Engine, note: dict[str, str], epoch: str | None = None) -> None:
    with writing(target) as conn:
        conn.execute(delete(meta).where(meta.c.key == "migration"))
        conn.execute(insert(meta).values(key="migration", value=orjson.dumps(note).decode()))
        if epoch is not None:
            conn.execute(update(meta).where(meta.c.key == "epoch").values(value=epoch))


def _finish(target: Engine, sums: dict[str, Sum]) -> None:
    """From now on it is a ledger; with an epoch of its own, so that neither reads the other's snapshots."""
    with target.connect() as conn:
        mine = str(conn.scalar(select(meta.c.value).where(meta.c.key == "library")))
    _note(target, {"of": mine, "state": "complete", "digest": _whole(sums)}, uuid.uuid4().hex)


def _whole(sums: dict[str, Sum]) -> str:
    """One digest of all tables but `meta`, where any start leaves a note."""
    lines = "".join(f"{name} {sums[name].rows} {sums[name].digest:032x}\n" for name in sorted(sums) if name != meta.name)
    return hashlib.sha256(lines.encode()).hexdigest()


def _count(total: Difference, difference: Difference) -> None:
    total.copied += difference.copied
    total.changed += difference.changed
    total.removed += difference.removed


def _number(source: Engine, target: Engine) -> None:
    """Ids are never used twice: the target goes on above the highest that the source ever gave out."""
    tables = [one for one in metadata.sorted_tables if _counts(one)]
    with source.connect() as conn:
        last = {one.name: _last(conn, one) for one in tables}
    with writing(target) as conn:
        for name, number in last.items():
            if not number:
                continue
            if target.dialect.name == "postgresql":
                column = metadata.tables[name].autoincrement_column
                assert column is not None
                setting = text("SELECT setval(pg_get_serial_sequence(:name, :column), :number)")
                conn.execute(setting, {"name": name, "column": column.name, "number": number})
            else:
                conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
                values = {"name": name, "number": number}
                conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), values)


def _counts(table: Table) -> bool:
    """Whether the database numbers its rows."""
    return table.autoincrement_column is not None and len(table.primary_key.columns) == 1


def _last(conn: Connection, table: Table) -> int:
    column = table.autoincrement_column
    assert column is not None
    highest = int(conn.scalar(select(func.max(column))) or 0)
    if conn.dialect.name != "postgresql":
        query, values = "SELECT seq FROM sqlite_sequence WHERE name = :name", {"name": table.name}
        return max(highest, int(conn.scalar(text(query), values) or 0))
    values = {"name": table.name, "column": column.name}
    sequence = conn.scalar(text("SELECT pg_get_serial_sequence(:name, :column)"), values)
    given = conn.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")) if sequence else 0
    return max(highest, int(given or 0))


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    """Errors of that database name `--to`, not the settings."""
    try:
        engine = open_engine(url, filling=True)
    except (ConfigError, UpstreamError) as exc:
        raise type(exc)(exc.detail, field="--to", fix=exc.fix, code=exc.code) from exc
    except DBAPIError as exc:
        raise _failed(exc) from exc
    try:
        yield engine
    except DBAPIError as exc:
        raise _failed(exc) from exc
    finally:
        engine.dispose()


def _failed(exc: DBAPIError) -> UpstreamError:
    problem = explained(exc)
    detail = problem.detail if problem is not None else f"a database failed ({type(exc.orig).__name__})."
    fix = "Look whether both databases run; run the command again: it goes on where it stood."
    return UpstreamError(detail, field="--to", fix=fix, code="migration_interrupted")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Conflict("this library is being migrated by another process.", field="data_dir", code="busy") from exc
        yield


def same(source: Engine, url: str) -> bool:
    """Whether the URL names the ledger itself. Raises ArgumentError."""
    other = driven(url)
    if other.get_backend_name() == "sqlite" and source.dialect.name == "sqlite":
        return Path(other.database or "").resolve() == Path(source.url.database or "").resolve()
    return (other.host, other.port, other.database) == (source.url.host, source.url.port, source.url.database)
