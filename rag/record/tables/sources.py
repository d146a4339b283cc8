"""Tables of the sources that are synchronised, and of what was seen in them last."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Table, Text

from rag.record.schema import metadata

sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # folder, web, sitemap, git, objects
    Column("location", Text, nullable=False),
    Column("collection", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON: branch, folder, include, endpoint_url
    Column("every", Float),  # seconds; NULL: by hand only
    Column("due", Float),  # when a worker may begin the next synchronisation
    Column("lease", Float, nullable=False),  # until then somebody is at it
    Column("synced_at", Float),
    Column("result", Text),  # JSON: the counts of the last synchronisation
    Column("error", Text),  # JSON: code, detail; NULL: the last one went well
    Column("created_at", Float, nullable=False),
)

source_items = Table(
    "source_items",
    metadata,
    Column("source", Text, primary_key=True),
    Column("item", Text, primary_key=True),  # a path below the location, or an address
    Column("document_id", Text, nullable=False),
    Column("mark", Text, nullable=False),  # what tells an unchanged item: blob id, ETag, size and time
    Index("source_items_document", "document_id"),
)
