"""A conversation as its visitor saw it, as far as the documents behind it may still be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson
from sqlalchemy import Engine, select

from rag.domain import Scope
from rag.record.answers import Stored
from rag.record.schema import documents, versions
from rag.record.tables.answers import answers


def turns(engine: Engine, conversation_id: str, owner: str | None, limit: int) -> list[str]:
    """Ids of the last `limit` answers of a conversation, oldest first; `owner` None: anybody's."""
    query = select(answers.c.id).where(answers.c.conversation_id == conversation_id)
    if owner is not None:
        query = query.where(answers.c.owner == owner)
    with engine.connect() as conn:
        return list(conn.scalars(query.order_by(answers.c.at.desc(), answers.c.id.desc()).limit(limit)))[::-1]


def open_versions(engine: Engine, document_ids: Iterable[str], scope: Scope) -> Mapping[str, int]:
    """The current version of each document that lives and that the caller of `scope` may see."""
    mine, wanted = replace(scope, collection=None, filters={}), set(document_ids)
    query = (
        select(documents.c.id, documents.c.version, versions.c.collection, versions.c.acl)
        .join(versions, (versions.c.document_id == documents.c.id) & (versions.c.version == documents.c.version))
        .where(documents.c.id.in_(wanted), documents.c.state == "live")
    )
    with engine.connect() as conn:
        rows = conn.execute(query).all() if wanted else []
    return {row.id: row.version for row in rows if mine.permits(row.collection, orjson.loads(row.acl))}


def cited_documents(stored: Stored) -> dict[str, int]:
    """Documents that an answer cites, with the version of each."""
    return {one["document_id"]: one["version"] for one in stored.record["answer"].get("citations", ())}
