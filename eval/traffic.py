"""Real questions with what people thought of the answers, as a labelled set."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, select

from eval.texts import said
from rag.record.answers import Answers, Stored
from rag.record.feedback import FeedbackBook
from rag.record.gaps import SEARCHED
from rag.record.schema import documents
from rag.text.tokens import is_chinese, words

_PAGE = 200


@dataclass(slots=True)
class Sampled:
    """`labelled`: rows of a question file. `open`: rows that a person must still say the right documents of, and why."""

    labelled: list[dict[str, Any]] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    repeats: int = 0
    stale: int = 0  # good answers whose documents are not in the library any more


def sample(engine: Engine, *, days: float, limit: int, collection: str | None = None, seed: int = 0) -> Sampled:
    """At most `limit` distinct questions of the last `days`, drawn evenly, those with feedback first.

    Thumbs up, and none down: the documents that the answer cited answer the question, its text is a reference answer. Thumbs
    down with a correction: the correction is the reference, the documents are open. Thumbs down, or refused: open. Answers
    that nobody rated say nothing and are left out, and so are small talk and questions back.
    """
    sampled, book = Sampled(), FeedbackBook(engine)
    live = _live(engine)
    rated, refused = list[Stored](), list[Stored]()
    seen: set[tuple[str, ...]] = set()
    for stored in _every(Answers(engine), time.time() - days * 86_400, collection):
        if stored.status not in SEARCHED:  # small talk and questions back: neither answered nor refused
            continue
        sampled.seen += 1
        key = _key(stored)
        if stored.cached_from and not stored.ratings:
            sampled.repeats += 1
        elif stored.ratings or stored.status == "refused":
            if key in seen:  # the newest one stands for the question
                sampled.repeats += 1
                continue
            seen.add(key)
            (rated if stored.ratings else refused).append(stored)
    rng = random.Random(seed)
    chosen = rng.sample(rated, len(rated)) + rng.sample(refused, len(refused))
    for stored in chosen[:limit]:
        _label(stored, book, live, sampled)
    return sampled


def _every(answers: Answers, since: float, collection: str | None) -> Iterator[Stored]:
    before: tuple[float, str] | None = None
    while page := answers.page(before=before, limit=_PAGE, since=since, collection=collection):
        yield from page
        before = page[-1].at, page[-1].id


def _label(stored: Stored, book: FeedbackBook, live: frozenset[str], sampled: Sampled) -> None:
    given = book.of(stored.id)
    corrections = [one.correction.strip() for one in given if one.correction and one.correction.strip()]
    answer = stored.record.get("answer", {})
    cited = list(dict.fromkeys(str(one["document_id"]) for one in answer.get("citations", [])))
    row = _row(stored)
    good = bool(stored.ratings) and min(stored.ratings) > 0 and stored.status == "answered"
    if good and cited:
        standing = [document for document in cited if document in live]
        if not standing:
            sampled.stale += 1
            return
        sampled.labelled.append(row | {"documents": standing, "answers": corrections or [said(str(answer["answer"]))]})
        return
    why = "refused" if stored.status == "refused" else ("rated down" if stored.ratings else "unrated")
    if good:
        why = "rated up without a citation"
    reasons = [one.reason for one in given if one.reason]
    comments = [one.comment for one in given if one.comment]
    sampled.open.append(
        row
        | {"documents": [], "answers": corrections, "why": why, "reasons": reasons, "comments": comments}
        | {"was": said(str(answer.get("answer", ""))), "cited": cited}
    )


def _row(stored: Stored) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": stored.id,
        "lang": "zh" if is_chinese(stored.question) else "en",
        "question": stored.question,
        "kind": "traffic",
    }
    history: list[Mapping[str, str]] = [{"role": turn["role"], "content": turn["content"]} for turn in stored.history]
    return row | ({"history": history} if history else {})


def _key(stored: Stored) -> tuple[str, ...]:
    """Two questions with the same words, after the same conversation, are one."""
    return (*(turn["content"] for turn in stored.history), "\0", *words(stored.question))


def _live(engine: Engine) -> frozenset[str]:
    with engine.connect() as conn:
        return frozenset(conn.scalars(select(documents.c.id).where(documents.c.state == "live")))
