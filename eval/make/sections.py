"""The library's live passages as sections: what questions are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import Engine, select

from rag.record.feed import live_generation
from rag.record.schema import passages, versions


@dataclass(frozen=True, slots=True)
class Section:
    """A passage with its headings. `asks`: the last line of its context, which of a FAQ entry is a question."""

    passage_id: int
    document_id: str
    title: str
    kind: str
    headings: tuple[str, ...]
    asks: str
    text: str


def live_sections(engine: Engine, collection: str | None = None) -> list[Section]:
    """Of the live generation, in the order of the documents; nothing when the library is empty."""
    with engine.connect() as conn:
        generation = live_generation(conn)
        query = (
            select(passages, versions.c.title, versions.c.collection)
            .join(versions, (versions.c.document_id == passages.c.document_id) & (versions.c.version == passages.c.version))
            .where(passages.c.generation == generation, passages.c.retired_seq.is_(None))
            .order_by(passages.c.document_id, passages.c.ordinal, passages.c.id)
        )
        if collection is not None:
            query = query.where(versions.c.collection == collection)
        return [
            Section(
                passage_id=row.id,
                document_id=row.document_id,
                title=row.title,
                kind=row.kind,
                headings=tuple(str(part) for part in orjson.loads(row.section)),
                asks=(row.context.splitlines() or [""])[-1].strip(),
                text=row.text,
            )
            for row in conn.execute(query)
        ]


def by_document(sections: list[Section]) -> Iterator[list[Section]]:
    """Sections of one document together."""
    grouped: dict[str, list[Section]] = {}
    for section in sections:
        grouped.setdefault(section.document_id, []).append(section)
    yield from grouped.values()
