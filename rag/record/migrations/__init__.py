"""The ledger's schema over the releases: forward only, run when the ledger is opened, in one transaction.

A new or changed table needs a revision: `python -m tests.support.make_revision "what changes"` writes it from the
difference between the last revision and the tables. `meta.schema` holds the number of the last one that ran.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, update
from sqlalchemy.exc import DBAPIError

from rag.errors import ConfigError
from rag.record import tables
from rag.record.schema import SCHEMA_VERSION, meta, metadata

_SCHEMA = select(meta.c.value).where(meta.c.key == "schema")
_STATE = select(meta.c.key, meta.c.value).where(meta.c.key.in_(["schema", "migration"]))
UNFINISHED = "copying"
"""State of a ledger that `xiansou migrate` fills."""


def current(engine: Engine, *, filling: bool = False) -> bool:
    """Whether the ledger has the schema of this program. Raises ConfigError when it is newer, or (unless `filling`) not all
    of a library that is copied there."""
    try:
        with engine.connect() as conn:
            state = dict(conn.execute(_STATE).tuples().all())
    except DBAPIError as exc:
        if meta.name in str(exc.orig):  # no such table: nothing there yet
            return False
        raise  # away, or damaged: no reason to try to write
    if not filling and f'"state":"{UNFINISHED}"' in state.get("migration", ""):
        raise ConfigError(
            "this ledger is not whole: a library was to be copied there, and that has not ended.",
            field="database.url",
            fix="Run `xiansou migrate --to …` again with the settings of the original.",
            code="migration_unfinished",
        )
    schema = state.get("schema")
    return schema is not None and _number(schema) == SCHEMA_VERSION


def migrate(conn: Connection) -> None:
    """Creates the tables of a new ledger, or brings an older one up. Inside a write transaction. Raises ConfigError."""
    assert tables.MODULES  # their tables are in the metadata by now
    schema = conn.scalar(_SCHEMA) if _is_ours(conn) else None
    if schema is None:
        metadata.create_all(conn)
        values = {"schema": str(SCHEMA_VERSION), "library": uuid.uuid4().hex, "epoch": uuid.uuid4().hex}
        for key, value in values.items():  # the ids tell this ledger from all others, and from itself before a restore
            conn.execute(meta.insert().values(key=key, value=value))
    elif _number(schema) < SCHEMA_VERSION:
        upgrade(conn, _number(schema))
        conn.execute(update(meta).where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION)))


def _is_ours(conn: Connection) -> bool:
    """Whether there is a ledger; False: nothing yet. Raises ConfigError when tables of the same names are another program's."""
    seen = inspect(conn)
    there = set(seen.get_table_names())
    if meta.name in there and {"key", "value"} <= {column["name"] for column in seen.get_columns(meta.name)}:
        return True
    foreign = sorted(there & set(metadata.tables))
    if foreign:
        raise ConfigError(
            f"the database holds tables of another program: {', '.join(foreign[:3])}.",
            field="database.url",
            fix="Give Xiansou a database of its own.",
        )
    return False


def upgrade(conn: Connection, version: int, target: str = "head") -> None:
    """Runs the revisions after number `version` (0: all, in an empty database)."""
    from alembic import command  # slow to import, and hardly ever needed
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    if version and not MigrationContext.configure(conn).get_current_heads():
        command.stamp(config, f"{version:04}")
    command.upgrade(config, target)


def _number(schema: str) -> int:
    if int(schema) > SCHEMA_VERSION:
        raise ConfigError(
            f"the ledger has schema {schema}; this program knows {SCHEMA_VERSION}.",
            field="data_dir",
            fix="Run the newer Xiansou that wrote it.",
        )
    return int(schema)
