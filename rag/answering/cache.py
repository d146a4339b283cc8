"""Worded answers that may be used again: for the same question, settings and history, and exactly the same passages.

Retrieval always runs, and what it found is part of the key, so an edit of any passage in it is another key. Redis holds
the answer's id alone; the text stands in the ledger, from where an erasure takes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

import orjson

from rag.domain import Hit, Question
from rag.runtime import clock
from rag.runtime.remote import Remote
from rag.text.tokens import fold

_PREFIX = "xiansou:answer:"


class AnswerCache:
    """Ids of answers by key. Safe for threads; without Redis nothing is found."""

    def __init__(self, remote: Remote, ttl_s: int):
        self._remote, self._ttl_s = remote, ttl_s

    def find(self, key: str) -> str | None:
        """Id of the answer that was given for this key."""
        cached = self._remote.attempt(lambda r: r.get(_PREFIX + key))
        return None if cached is None else cast(bytes, cached).decode()

    def put(self, key: str, answer_id: str) -> None:
        self._remote.attempt(lambda r: r.set(_PREFIX + key, answer_id, ex=self._ttl_s))


def key_of(question: Question, query: str, hits: Sequence[Hit], fingerprint: str, generator: str, version: int | None) -> str:
    """Of everything that words an answer. `fingerprint`: of the settings; `version`: where the wording depends on all of
    the library (a quoted answer weighs words by how rare they are) and, as nothing is generated, on no sampling."""
    scope = asdict(question.scope)
    scope = {name: sorted(value) if isinstance(value, tuple | frozenset) else value for name, value in scope.items()}
    parts = [
        " ".join(fold(question.text).casefold().split()),
        " ".join(fold(query).casefold().split()),
        question.language,
        scope,
        [(m.role, m.content) for m in question.history],
        [(hit.passage.id, hit.passage.document_id, hit.passage.version) for hit in hits],
        fingerprint,
        generator,
        question.sampling.as_dict() if version is None else {},
        version,
        clock.today(),  # what is in force changes from one day to the next
    ]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
