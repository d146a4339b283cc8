"""Tables of the queue beside `jobs`: batches, and requests to cancel.

Without foreign keys: an erasure deletes jobs, and what is left here names nobody.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Table, Text

from rag.record.schema import Id, metadata

# A folder or an upload, whose jobs are looked at together.
batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)

job_batches = Table(
    "job_batches",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("batch", Text, nullable=False, index=True),
)

# Of a job that a worker holds: the worker looks here before it embeds and before it writes. The row goes when the job ends.
job_cancels = Table(
    "job_cancels",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
)
