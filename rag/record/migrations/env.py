"""Read by alembic: runs revisions in the write transaction that opening the ledger has begun."""

from __future__ import annotations

from alembic import context

from rag.record import tables
from rag.record.schema import metadata

assert tables.MODULES  # their tables are in the metadata by now
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, when nobody commits in between: all of an upgrade happens or none of it
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
