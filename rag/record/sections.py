"""A passage's section: what stands before and after it in the same version of its document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Engine, func, select

from rag.domain import Passage, statement
from rag.record.schema import passages, versions


@dataclass(frozen=True, slots=True)
class Section:
    """Spans of the section's passages in order, and the whole version's text, which they are offsets into."""

    spans: tuple[tuple[int, int], ...]
    text: str


def section_of(engine: Engine, passage: Passage) -> Section:
    """Of the passage's own generation."""
    rows, text = _read(engine, passage)
    return Section(tuple((row.start, row.end) for row in rows), text)


def with_section(engine: Engine, passage: Passage) -> Passage:
    """The passage grown to all passages of its section, with their statements in order; those that were added have no token
    vectors of their own."""
    rows, text = _read(engine, passage)
    start = min([passage.start, *(row.start for row in rows)])
    end = max([passage.end, *(row.end for row in rows)])
    others = [one for row in rows if row.start != passage.start for one in statement.load(row.statements)]
    both = sorted([*passage.statements, *(replace(one, tokens=(0, 0)) for one in others)], key=lambda one: one.start)
    return replace(passage, start=start, end=end, text=text[start:end], statements=tuple(both))


def _read(engine: Engine, passage: Passage) -> tuple[list[Any], str]:
    """The section's passages in order, each span once, and the version's text."""
    generation = select(passages.c.generation).where(passages.c.id == passage.id).scalar_subquery()
    with engine.connect() as conn:
        rows = conn.execute(
            select(passages.c.start, passages.c.end, passages.c.statements)
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
    return list({(row.start, row.end): row for row in reversed(rows)}.values())[::-1], text or ""


def section_at(engine: Engine, document_id: str, version: int, start: int, end: int) -> tuple[tuple[str, ...], int, int] | None:
    """(headings, start, end) of the section of a version that a place stands in, also of a superseded one; None: not known."""
    mine = (passages.c.document_id == document_id, passages.c.version == version)
    with engine.connect() as conn:
        row = conn.execute(
            select(passages.c.generation, passages.c.section)
            .where(*mine, passages.c.start <= start, passages.c.end > start)
            .order_by(passages.c.generation.desc(), passages.c.ordinal)
            .limit(1)
        ).first()
        if row is None:
            return None
        same = (*mine, passages.c.generation == row.generation, passages.c.section == row.section)
        first, last = conn.execute(select(func.min(passages.c.start), func.max(passages.c.end)).where(*same)).one()
    return tuple(orjson.loads(row.section)), min(first, start), max(last, end)
