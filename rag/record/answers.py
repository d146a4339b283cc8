"""The record of answers: kept for replay and explanation, and read for evaluation. Erasing a document empties it of it.

To sample real questions (`xiansou eval from-traffic`): `Answers.page(…)` walks them from the newest, with the people's
ratings, a page at a time; `cached_from` tells repeats. Take those with `status == "answered"` and a rating of 1 as good,
`refused` or -1 as what to look at; `question`, `history` and `scope` are what was asked, `sources` what it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.engine import Connection, Row

from rag.errors import NotFound
from rag.record.engine import writing
from rag.record.schema import changes, versions
from rag.record.tables.answers import answer_sources, answers, feedback, gap_decisions
from rag.text.sentences import split_sentences

_MARKER = re.compile(r"\[\d{1,3}\]")
_SHORTEST = 8  # characters of a sentence that counts as a quotation
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it is kept. `at` in Unix seconds; `record` as `rag.answering.record` writes it.

    `sources`: ids of the documents that it was made from, cited or not. `ratings`: 1 or -1 of each visitor who gave one;
    `sources` and `ratings` are filled when read.
    """

    id: str
    at: float
    owner: str
    conversation_id: str | None
    profile: str
    collection: str | None
    status: str
    reason: str | None
    generator: str
    index_version: int
    fingerprint: str
    cached_from: str | None
    question: str
    query: str
    history: tuple[Mapping[str, str], ...]
    model: str | None
    vector: bytes | None
    record: Mapping[str, Any]
    sources: tuple[str, ...] = ()
    ratings: tuple[int, ...] = ()


class Answers:
    """Answers of one ledger. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def get(self, answer_id: str, owner: str | None = None) -> Stored:
        """`owner`: whose it must be; None: anyone's. Raises NotFound, also for another's."""
        query = select(answers).where(answers.c.id == answer_id)
        if owner is not None:
            query = query.where(answers.c.owner == owner)
        with self._engine.connect() as conn:
            row = conn.execute(query).first()
            if row is None:
                raise NotFound(f"no answer {answer_id!r}", field="answer_id")
            return _read(conn, [row])[0]

    def page(
        self,
        *,
        before: tuple[float, str] | None = None,
        limit: int = 100,
        since: float = 0.0,
        status: str | None = None,
        rated: int | None = None,
        owner: str | None = None,
        collection: str | None = None,
    ) -> list[Stored]:
        """Newest first. `before`: (at, id) of the last one of the page before; `rated`: only those with this rating."""
        query = select(answers).where(answers.c.at >= since).order_by(answers.c.at.desc(), answers.c.id.desc()).limit(limit)
        if before is not None:
            at, key = before
            query = query.where((answers.c.at < at) | ((answers.c.at == at) & (answers.c.id < key)))
        for column, wanted in (("status", status), ("owner", owner), ("collection", collection)):
            if wanted is not None:
                query = query.where(answers.c[column] == wanted)
        if rated is not None:
            query = query.where(answers.c.id.in_(select(feedback.c.answer_id).where(feedback.c.rating == rated)))
        with self._engine.connect() as conn:
            return _read(conn, conn.execute(query).all())

    def remove(self, answer_ids: Sequence[str], owner: str | None = None) -> list[str]:
        """Removes answers with what was said about them; returns the ids that were there."""
        query = select(answers.c.id).where(answers.c.id.in_(list(answer_ids)))
        if owner is not None:
            query = query.where(answers.c.owner == owner)
        with writing(self._engine) as conn:
            ids = list(conn.scalars(query))
            drop_answers(conn, ids)
            return ids

    def remove_before(self, at: float, limit: int = _BATCH) -> int:
        """Removes up to `limit` answers older than `at`; returns how many. Ends retention's work in short transactions."""
        with writing(self._engine) as conn:
            ids = list(conn.scalars(select(answers.c.id).where(answers.c.at < at).order_by(answers.c.at).limit(limit)))
            drop_answers(conn, ids)
            return len(ids)


def store(conn: Connection, kept: Sequence[Stored]) -> None:
    """Inserts answers, in the caller's transaction; not those made from what has been erased meanwhile."""
    kept = [one for one in kept if not _erased_since(conn, one)]
    if not kept:
        return
    conn.execute(insert(answers), [_row(one) for one in kept])
    sources = [{"answer_id": one.id, "document_id": key} for one in kept for key in dict.fromkeys(one.sources)]
    if sources:
        conn.execute(insert(answer_sources), sources)


def _erased_since(conn: Connection, one: Stored) -> bool:
    erasures = select(changes.c.seq).where(changes.c.seq > one.index_version, changes.c.kind == "erase")
    return conn.execute(erasures.where(changes.c.document_id.in_(one.sources))).first() is not None


def forget_document(conn: Connection, document_id: str) -> int:
    """Removes every answer made from the document, and every other row in which a sentence of it stands; how many answers.

    Such sentences stand in what clients send along: the history before a question, a comment. To be called while the
    document's versions are still there.
    """
    citing = select(answer_sources.c.answer_id).where(answer_sources.c.document_id == document_id)
    gone = list(conn.scalars(citing))
    said = set[str]()
    for text in conn.scalars(select(versions.c.text).where(versions.c.document_id == document_id)):
        said |= _sentences(text)
    for at in range(0, len(gone), _BATCH):
        records = conn.scalars(select(answers.c.record).where(answers.c.id.in_(gone[at : at + _BATCH])))
        for record in records:  # in an LLM's own words
            said |= _sentences(str(orjson.loads(record)["answer"].get("answer", "")))
    rest = select(answers.c.id, answers.c.question, answers.c.history)
    quoting = {row.id for row in conn.execute(rest) if _quotes(said, row.question, *_contents(row.history))}
    drop_answers(conn, list({*gone, *quoting}))
    for row in conn.execute(select(feedback)).all():
        if _quotes(said, row.correction or "", row.comment or "", row.reason or ""):
            conn.execute(delete(feedback).where(feedback.c.answer_id == row.answer_id, feedback.c.visitor == row.visitor))
    return len({*gone, *quoting})


def _contents(history: str) -> list[str]:
    return [message["content"] for message in orjson.loads(history)]


def _sentences(text: str) -> set[str]:
    """Sentences and lines, without markers of citations and white space."""
    pieces = [text[start:end] for start, end in split_sentences(text)] + text.splitlines()
    plain = ("".join(_MARKER.sub("", piece).split()) for piece in pieces)
    return {piece for piece in plain if len(piece) >= _SHORTEST}


def _quotes(said: set[str], *texts: str) -> bool:
    return bool(said) and any(not said.isdisjoint(_sentences(text)) for text in texts if text)


def drop_answers(conn: Connection, ids: Sequence[str]) -> None:
    """Removes answers with their sources, feedback and decisions, in the caller's transaction."""
    for at in range(0, len(ids), _BATCH):
        some = list(ids[at : at + _BATCH])
        for table in (answer_sources, feedback, gap_decisions):
            conn.execute(delete(table).where(table.c.answer_id.in_(some)))
        conn.execute(delete(answers).where(answers.c.id.in_(some)))


def _row(one: Stored) -> dict[str, Any]:
    values = {column.name: getattr(one, column.name) for column in answers.c}
    return values | {"history": orjson.dumps(one.history).decode(), "record": orjson.dumps(one.record).decode()}


def _read(conn: Connection, rows: Iterable[Row[Any]]) -> list[Stored]:
    rows = list(rows)
    ids = [row.id for row in rows]
    sources = conn.execute(select(answer_sources).where(answer_sources.c.answer_id.in_(ids))).all()
    ratings = conn.execute(select(feedback.c.answer_id, feedback.c.rating).where(feedback.c.answer_id.in_(ids))).all()
    return [
        Stored(
            **dict(row._mapping) | {"history": tuple(orjson.loads(row.history)), "record": orjson.loads(row.record)},
            sources=tuple(one.document_id for one in sources if one.answer_id == row.id),
            ratings=tuple(one.rating for one in ratings if one.answer_id == row.id),
        )
        for row in rows
    ]
