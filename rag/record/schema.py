"""The ledger's tables. Those of a later noun stand in a file of their own, `*_tables.py`, over the same `metadata`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
)

from rag.record import version

SCHEMA_VERSION = version.SCHEMA_VERSION

metadata = MetaData()

# SQLite gives AUTOINCREMENT (ids never reused) to INTEGER primary keys only.
Id = BigInteger().with_variant(Integer, "sqlite")


def table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_autoincrement=True)


meta = table("meta", Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# One row a commit that readers can notice; `seq` is the index version.
changes = table(
    "changes",
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # put, delete, erase, generation, restore
    Column("document_id", Text),
    Column("version", Integer),
    Column("at", Float, nullable=False),
)

generations = table(
    "generations",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False),  # JSON: model, chunker, tokenizer, parser
    Column("state", Text, nullable=False),  # live, building, former, failed, pruned
    Column("created_at", Float, nullable=False),
)

documents = table(
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

versions = table(
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

passages = table(
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
    Column(
        "statements", Text
    ),  # what the passage is made of, as `rag.domain.statement.dump` writes it; NULL: made before they were
    Index("passages_document", "document_id", "version"),
    Index("passages_created", "generation", "created_seq"),
    Index("passages_retired", "generation", "retired_seq"),
)

# Ids of passages whose rows are gone altogether: mirrors that still hold them learn it from here.
erased = table(
    "erased",
    Column("passage_id", Id, primary_key=True, autoincrement=False),
    Column("generation", Id, nullable=False),
    Column("created_seq", Id, nullable=False),
    Column("seq", Id, nullable=False, index=True),
)

# What the writer sent, of current versions only: a re-index parses it again.
contents = table(
    "contents",
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("filename", Text),
    Column("content", LargeBinary, nullable=False),  # zlib
)

vectors = table(
    "vectors",
    Column("generation", Id, ForeignKey("generations.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little endian, L2 norm 1
)

# Bits of the token vectors, for late interaction: about 10 KB a passage, read only for the few that are re-ranked.
late = table(
    "late",
    Column("generation", Id, ForeignKey("generations.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("tokens", LargeBinary, nullable=False),
)

jobs = table(
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
_open = jobs.c.due.is_not(None)
_OF_OPEN_JOBS = (
    Index("jobs_due", jobs.c.due, sqlite_where=_open),
    Index("jobs_open", jobs.c.id, sqlite_where=_open),
    Index("jobs_open_document", jobs.c.document_id, jobs.c.id, sqlite_where=_open),
)


@event.listens_for(metadata, "before_create")
def _as_in_sqlite(_: MetaData, conn: Connection, **__: object) -> None:
    """To name `postgresql_where` above would load that dialect, a twentieth of a command's time, for every SQLite."""
    if conn.dialect.name == "postgresql":
        for index in _OF_OPEN_JOBS:
            index.dialect_options["postgresql"]["where"] = _open


# Apart from `jobs`: a change of state would write a large document again (50 MB: 0.9 s with the write lock held).
# The row goes when the job ends.
job_contents = Table(
    "job_contents",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
