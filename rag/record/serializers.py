"""Records as the JSON of the contract. Answers and citations serialise as they are; a hit is flattened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the records need 30 ms to be imported, which `docs list` has no use for
    from rag.domain import Answer, Document, Hit, Retrieved
    from rag.record.feedback import Feedback
    from rag.record.keys import Key


def answer_json(answer: Answer) -> dict[str, Any]:
    """The reply of `POST /v1/query` and `xiansou ask --json`."""
    reply = asdict(answer)
    if not answer.cached:
        del reply["cached"]
    if not answer.unknown:
        del reply["unknown"]
    return reply


def hit_json(hit: Hit, *, paths: bool = False) -> dict[str, Any]:
    """A hit of `POST /v1/retrieve` and `xiansou search --json`; `paths`: see `shown_source`."""
    passage = hit.passage
    aside = {"aside": hit.aside} if hit.aside else {}
    return aside | {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "version": passage.version,
        "title": passage.title,
        "url": passage.url,
        "source": shown_source(passage.source, paths=paths),
        "section": list(passage.section),
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(hit.score, 6),
        "probability": round(hit.probability, 4),
        "stages": dict(hit.stages),
    }


def hits_json(retrieved: Retrieved, *, explain: bool = False, paths: bool = False) -> dict[str, Any]:
    """The reply of `POST /v1/retrieve` and `xiansou search --json`.

    With `explain`: how the question was understood (`query` as searched, its `words` with their idf, what `also` stands for
    them, `wishes` for product, version, date, what the stated ones did as `filters`) and the candidates that were `dropped`,
    each a hit with a `reason`.
    """
    reply: dict[str, Any] = {"hits": [hit_json(hit, paths=paths) for hit in retrieved.hits], "index_version": retrieved.version}
    if explain:
        dropped = [hit_json(hit, paths=paths) | {"reason": reason} for hit, reason in retrieved.dropped]
        reply["explain"] = {**retrieved.explanation, "dropped": dropped}
    return reply


def document_json(doc: Document, *, paths: bool = False) -> dict[str, Any]:
    """A document of `GET /v1/documents` and `xiansou docs --json`; times in ISO 8601, UTC."""
    return {
        "document_id": doc.id,
        "version": doc.version,
        "title": doc.title,
        "url": doc.url,
        "source": shown_source(doc.source, paths=paths),
        "mime_type": doc.mime_type,
        "collection": doc.collection,
        "metadata": dict(doc.metadata),
        "acl": list(doc.acl),
        "passages": doc.passages,
        "state": doc.state,
        "index_version": doc.index_version,
        "created_at": iso_time(doc.created_at),
        "updated_at": iso_time(doc.updated_at),
    }


def feedback_json(given: Feedback) -> dict[str, Any]:
    """The reply of `POST /v1/feedback`; times in ISO 8601, UTC."""
    times = {"created_at": iso_time(given.at), "updated_at": iso_time(given.updated_at)}
    reply = asdict(given)
    del reply["at"], reply["visitor"]
    return reply | {"rating": "up" if given.rating > 0 else "down"} | times


def key_json(key: Key) -> dict[str, Any]:
    """A key of `/v1/keys` and `xiansou keys --json`, without its secret, which nobody knows any more."""
    rights, allowed = key.rights, key.rights.allowance
    return {
        "id": key.id,
        "name": key.name,
        "state": key.state,
        "scopes": list(rights.scopes),
        "collections": None if rights.collections is None else list(rights.collections),
        "groups": None if rights.groups is None else list(rights.groups),
        "origins": list(rights.origins),
        "citation_style": rights.citation_style,
        "requests_per_minute": allowed.requests_per_minute,
        "tokens_per_day": allowed.tokens_per_day,
        "spend_per_day": allowed.spend_per_day,
        "made_by": key.made_by,
        "created_at": iso_time(key.created_at),
        "expires_at": None if key.expires_at is None else iso_time(key.expires_at),
        "revoked_at": None if key.revoked_at is None else iso_time(key.revoked_at),
    }


def shown_source(source: str | None, *, paths: bool = False) -> str | None:
    """Where a document came from: an address as it is. A path of the server is for its operator (`paths`) alone."""
    return source if paths or (source or "").startswith(("http://", "https://")) else None


def iso_time(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
