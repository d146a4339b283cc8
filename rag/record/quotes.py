"""Quotations by reference: the text is read from the live ledger each time, so that it ends with its document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import orjson
from sqlalchemy import Engine, select

from rag.domain import Scope
from rag.record.schema import documents, passages, versions


class Reference(NamedTuple):
    """A span of a passage; offsets into the text of its document's version."""

    passage_id: int
    start: int
    end: int


def live_quotes(engine: Engine, references: Iterable[Reference], scope: Scope) -> dict[Reference, str]:
    """The text of those that stand in a document's current version and that the caller of `scope` may see."""
    wanted, caller = list(references), replace(scope, collection=None, filters={})
    query = (
        select(passages.c.id, passages.c.text, passages.c.start, versions.c.collection, versions.c.acl)
        .join(versions, (versions.c.document_id == passages.c.document_id) & (versions.c.version == passages.c.version))
        .join(documents, (documents.c.id == passages.c.document_id) & (documents.c.version == passages.c.version))
        .where(passages.c.id.in_({one.passage_id for one in wanted}), documents.c.state == "live")
    )
    with engine.connect() as conn:
        rows = {row.id: row for row in conn.execute(query) if caller.permits(row.collection, orjson.loads(row.acl))}
    quotes = {}
    for one in wanted:
        row = rows.get(one.passage_id)
        if row is not None and row.start <= one.start < one.end <= row.start + len(row.text):
            quotes[one] = row.text[one.start - row.start : one.end - row.start]
    return quotes


def passage_texts(engine: Engine, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """(context, text) of passages, also of replaced and deleted documents; not of erased ones."""
    query = select(passages.c.id, passages.c.context, passages.c.text).where(passages.c.id.in_(set(ids)))
    with engine.connect() as conn:
        return {row.id: (row.context, row.text) for row in conn.execute(query)}
