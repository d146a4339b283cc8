"""The ledger's tables and its engine: SQLite (WAL, synchronous=FULL) by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, OperationalError

from rag.errors import ConfigError

SCHEMA_VERSION = 1

metadata = MetaData()

# SQLite gives AUTOINCREMENT (ids never reused) to INTEGER primary keys only.
Id = BigInteger().with_variant(Integer, "sqlite")


def _table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_autoincrement=True)


meta = _table("meta", Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# One row a commit that readers can notice; `seq` is the index version.
changes = _table(
    "changes",
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # put, delete, erase, generation, restore
    Column("document_id", Text),
    Column("version", Integer),
    Column("at", Float, nullable=False),
)

generations = _table(
    "generations",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False),  # JSON: model, chunker, tokenizer, parser
    Column("state", Text, nullable=False),  # live, building, former, failed, pruned
    Column("created_at", Float, nullable=False),
)

documents = _table(
    "documents",
    Column("id", Text, primary_key=True),
    Column("collection", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),  # live, deleted, erased
    Column("source", Text, index=True),
    Column("content_hash", Text, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("index_version", Id, nullable=False),
    Column("write_order", Id, nullable=False),  # job that wrote last: an older job must not overwrite it
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)

versions = _table(
    "versions",
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("given_title", Text),  # the writer's own, when there was one: part of what a re-index parses again
    Column("url", Text),
    Column("source", Text),
    Column("mime_type", Text),
    Column("metadata", Text, nullable=False),
    Column("acl", Text, nullable=False),
    Column("collection", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_seq", Id, nullable=False),
    Column("retired_seq", Id),
    Column("created_at", Float, nullable=False),
)

passages = _table(
    "passages",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("generation", Id, ForeignKey("generations.id"), nullable=False),
    Column("document_id", Text, ForeignKey("documents.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("words", Text, nullable=False),  # of the search text, cut once: every process's BM25 mirror reads them
    Column("fields", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # of the search text: key of its vector
    Column("created_seq", Id, nullable=False),
    Column("retired_seq", Id),
    Index("passages_document", "document_id", "version"),
    Index("passages_created", "generation", "created_seq"),
    Index("passages_retired", "generation", "retired_seq"),
)

# Ids of passages whose rows are gone altogether: mirrors that still hold them learn it from here.
erased = _table(
    "erased",
    Column("passage_id", Id, primary_key=True, autoincrement=False),
    Column("generation", Id, nullable=False),
    Column("created_seq", Id, nullable=False),
    Column("seq", Id, nullable=False, index=True),
)

# What the writer sent, of current versions only: a re-index parses it again.
contents = _table(
    "contents",
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("filename", Text),
    Column("content", LargeBinary, nullable=False),  # zlib
)

vectors = _table(
    "vectors",
    Column("generation", Id, ForeignKey("generations.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little endian, L2 norm 1
)

# Bits of the token vectors, for late interaction: about 10 KB a passage, read only for the few that are re-ranked.
late = _table(
    "late",
    Column("generation", Id, ForeignKey("generations.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("tokens", LargeBinary, nullable=False),
)

jobs = _table(
    "jobs",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("state", Text, nullable=False, index=True),  # queued, parsing, embedding, live, failed, dead
    Column("document_id", Text, nullable=False),
    Column("input", Text, nullable=False),  # JSON: the document without its content
    Column("result", Text),  # JSON of what the write did
    Column("error", Text),  # JSON: code, detail
    Column("attempts", Integer, nullable=False),
    Column("due", Float),  # when it may be claimed: at once, after a pause, when its lease ends; NULL: it has ended
    Column("lease_owner", Text),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
Index("jobs_open", jobs.c.id, sqlite_where=jobs.c.due.is_not(None), postgresql_where=jobs.c.due.is_not(None))
Index(
    "jobs_open_document",
    jobs.c.document_id,
    jobs.c.id,
    sqlite_where=jobs.c.due.is_not(None),
    postgresql_where=jobs.c.due.is_not(None),
)

# Apart from `jobs`: a change of state would write a large document again (50 MB: 0.9 s with the write lock held).
# The row goes when the job ends.
job_contents = Table(
    "job_contents",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)


# secure_delete overwrites what is deleted, so that an erased text is not left in free pages.
_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "cache_size=-65536",
)


def open_engine(url: str) -> Engine:
    """Opens and, when it is new, creates the ledger. Raises ConfigError when it cannot be opened or is newer than us."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_pre_ping=parsed.get_backend_name() != "sqlite", pool_size=16, max_overflow=32)
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _sqlite_connect)
            event.listen(engine, "begin", _sqlite_begin)
        with writing(engine) as conn:
            metadata.create_all(conn)
            _check_version(conn)
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


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves: the driver's own rules would skip it for reads
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(conn: Connection) -> None:
    # A deferred transaction that upgrades to writing fails at once under contention; an immediate one waits its turn.
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("writing") else "BEGIN")


class writing:
    """`with writing(engine) as conn:` one write transaction; commits at the end, rolls back on an exception.

    Writers are serialised (SQLite's lock, PostgreSQL's advisory lock), so sequence numbers appear in commit order.
    """

    def __init__(self, engine: Engine):
        self._connection = engine.connect().execution_options(writing=True)

    def __enter__(self) -> Connection:
        self._transaction = self._connection.begin()
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260611)")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._transaction.commit()
            else:
                self._transaction.rollback()
        finally:
            self._connection.close()


def _check_version(conn: Connection) -> None:
    found = conn.scalar(select(meta.c.value).where(meta.c.key == "schema"))
    if found is None:
        conn.execute(meta.insert().values(key="schema", value=str(SCHEMA_VERSION)))
        for key in ("library", "epoch"):  # tells this ledger from all others, and from itself before a restore
            conn.execute(meta.insert().values(key=key, value=uuid.uuid4().hex))
    elif int(found) > SCHEMA_VERSION:
        raise ConfigError(
            f"the ledger has schema {found}; this program knows {SCHEMA_VERSION}.",
            field="data_dir",
            fix="Run the newer Xiansou that wrote it.",
        )
