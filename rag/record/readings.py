"""A document as it was read: its text, what it is made of, what was left out and why."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Engine, select

from rag.domain import Document, statement
from rag.domain.statement import Statement
from rag.record.schema import documents, meta, passages, versions
from rag.record.tables.readings import readings


def report(engine: Engine, document_id: str, version: int) -> dict[str, Any]:
    """What the reader of a version noted; empty for versions of an older release."""
    query = select(readings.c.told).where(readings.c.document_id == document_id, readings.c.version == version)
    with engine.connect() as conn:
        value = conn.scalar(query)
    return dict(orjson.loads(value)) if value else {}


def rules(engine: Engine) -> dict[str, dict[str, Any]]:
    """Live documents that were read by rules of the settings → those; the others were read by the defaults."""
    current = (documents.c.id == readings.c.document_id) & (documents.c.version == readings.c.version)
    query = (
        select(readings.c.document_id, readings.c.told)
        .join(documents, current)
        .where(documents.c.state == "live", readings.c.told.contains('"rules"'))
    )
    with engine.connect() as conn:
        rows = conn.execute(query).all()
    return {row.document_id: kept for row in rows if (kept := orjson.loads(row.told).get("rules"))}


def as_read(engine: Engine, doc: Document) -> dict[str, Any]:
    """The current version of a document for `GET /v1/documents/{id}/as-read` and `xiansou docs show ID --as-read`."""
    generation = select(meta.c.value).where(meta.c.key == "generation").scalar_subquery()
    columns = (passages.c.id, passages.c.kind, passages.c.section, passages.c.start, passages.c.end, passages.c.statements)
    pieces = select(*columns, passages.c.fields).where(
        passages.c.document_id == doc.id,
        passages.c.version == doc.version,
        passages.c.generation == generation,
        passages.c.retired_seq.is_(None),
    )
    with engine.connect() as conn:
        text = str(
            conn.scalar(select(versions.c.text).where(versions.c.document_id == doc.id, versions.c.version == doc.version))
        )
        rows = conn.execute(pieces.order_by(passages.c.start, passages.c.id)).all()
    seen: dict[tuple[int, int], dict[str, Any]] = {}
    for row in rows:  # phrasings of one entry are one passage
        if (row.start, row.end) not in seen:
            seen[row.start, row.end] = {
                "passage_id": row.id,
                "kind": row.kind,
                "section": orjson.loads(row.section),
                "start": row.start,
                "end": row.end,
                "fields": orjson.loads(row.fields),
                "statements": [_statement(one, text) for one in statement.load(row.statements)],
            }
    return {
        "document_id": doc.id,
        "version": doc.version,
        "title": doc.title,
        "url": doc.url,
        "text": text,
        "passages": list(seen.values()),
        "told": report(engine, doc.id, doc.version),
    }


def _statement(one: Statement, text: str) -> dict[str, Any]:
    """A statement without what is empty."""
    fields = {
        "kind": one.kind,
        "start": one.start,
        "end": one.end,
        "text": one.text or text[one.start : one.end],
        "mark": one.mark,
        "number": one.number,
        "total": one.total,
        "lead": one.lead,
        "label": one.label,
        "above": one.above,
        "cells": [{"name": cell.name, "value": cell.value} for cell in one.cells],
    }
    return {name: value for name, value in fields.items() if value or name in ("start", "end")}
