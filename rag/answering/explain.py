"""Everything that is kept of an answer, as JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from rag.answering.replay import passages_of, prompt_of
from rag.record.answers import Stored
from rag.record.feedback import FeedbackBook
from rag.record.quotes import passage_texts
from rag.record.serializers import feedback_json, iso_time


def explain(engine: Engine, stored: Stored) -> dict[str, Any]:
    """As `GET /v1/answers/{id}` and `xiansou answers show` tell it; the prompt with its passages as they were."""
    record = stored.record
    return {
        "answer_id": stored.id,
        "created_at": iso_time(stored.at),
        "question": stored.question,
        "query": stored.query,
        "condensed": record.get("condensed"),
        "history": [dict(message) for message in stored.history],
        "asked": record["asked"] | {"profile": stored.profile},
        "answer": {name: value for name, value in record["answer"].items() if name != "unknown" or value},
        "cached_from": stored.cached_from,
        "index_version": stored.index_version,
        "fingerprint": stored.fingerprint,
        "settings": record["settings"],
        "candidates": record["candidates"],
        "prompt": prompt_of(stored, passage_texts(engine, passages_of(stored))),
        "prompt_sha256": record["prompt_sha256"],
        "raw": record["raw"],
        "feedback": [feedback_json(one) for one in FeedbackBook(engine).of(stored.id)],
    }
