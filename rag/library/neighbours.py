"""A passage's section: what stands before and after it in the same version of its document."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import Engine, select

from rag.domain import Passage
from rag.library.schema import passages, versions


@dataclass(frozen=True, slots=True)
class Section:
    """Spans of the section's passages in order, and the whole version's text, which they are offsets into."""

    spans: tuple[tuple[int, int], ...]
    text: str


def section_of(engine: Engine, passage: Passage) -> Section:
    """Of the passage's own generation."""
    generation = select(passages.c.generation).where(passages.c.id == passage.id).scalar_subquery()
    with engine.connect() as conn:
        rows = conn.execute(
            select(passages.c.start, passages.c.end)
            .where(
                passages.c.document_id == passage.document_id,
                passages.c.version == passage.version,
                passages.c.generation == generation,
                passages.c.section == orjson.dumps(list(passage.section)).decode(),
            )
            .order_by(passages.c.ordinal)
        ).all()
        text = conn.scalar(
            select(versions.c.text).where(versions.c.document_id == passage.document_id, versions.c.version == passage.version)
        )
    return Section(tuple(dict.fromkeys((row.start, row.end) for row in rows)), text or "")
