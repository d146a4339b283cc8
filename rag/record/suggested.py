"""Questions to begin with: of the library's own FAQ entries, as far as the asker may see them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import Engine, and_, select

from rag.domain import Language, Scope
from rag.record.feed import live_generation
from rag.record.schema import passages, versions
from rag.text.tokens import is_chinese

_LOOKED_AT = 2_000  # passages of FAQ entries
_LONGEST = 80  # characters: it has to fit on a button


def suggested(engine: Engine, scope: Scope, language: Language, limit: int) -> list[str]:
    """At most `limit` main questions of FAQ entries in this language, from as many places of the library as there are."""
    query = (
        select(passages.c.section, passages.c.context, versions.c.collection, versions.c.acl)
        .join(versions, and_(versions.c.document_id == passages.c.document_id, versions.c.version == passages.c.version))
        .where(passages.c.kind == "faq", passages.c.retired_seq.is_(None))
        .order_by(passages.c.id)
        .limit(_LOOKED_AT)
    )
    if scope.collection is not None:
        query = query.where(versions.c.collection == scope.collection)
    with engine.connect() as conn:
        rows = conn.execute(query.where(passages.c.generation == (live_generation(conn) or 0))).all()
    questions = [
        question
        for row in rows
        if scope.permits(row.collection, orjson.loads(row.acl))
        and (question := _main(orjson.loads(row.section), row.context)) is not None
        and is_chinese(question) == (language == "zh")
    ]
    return _spread(list(dict.fromkeys(questions)), limit)


def _main(section: Sequence[str], context: str) -> str | None:
    """The entry's own question; None for a passage of another phrasing of it, or for one that no button holds."""
    name = section[-1] if section else ""
    return name if name and len(name) <= _LONGEST and context.rsplit("\n", 1)[-1] == name else None


def _spread(questions: list[str], limit: int) -> list[str]:
    """Of every part of the list: neighbours in a FAQ are about one thing."""
    if len(questions) <= limit:
        return questions
    return [questions[at * len(questions) // limit] for at in range(limit)]
