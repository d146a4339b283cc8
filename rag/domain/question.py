"""A question as asked: its words, what was said before it, where it may look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.domain.condensed import Condensed
from rag.domain.kinds import Language
from rag.domain.sampling import DEFAULT_SAMPLING, Sampling


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["user", "assistant", "system"]
    content: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a question may look. `groups` None: the caller may read everything; else `acl` must be empty or share one.

    `collection` is what was asked for, `collections` what the caller may see (None: all). `without`: ids of passages that are
    left out, for measuring what is said of things that no document tells.
    """

    collection: str | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    without: tuple[int, ...] = ()

    def permits(self, collection: str, acl: Sequence[str]) -> bool:
        """Whether a document of this collection and ACL may be seen."""
        if self.collection is not None and collection != self.collection:
            return False
        if self.collections is not None and collection not in self.collections:
            return False
        return self.groups is None or not acl or not set(acl).isdisjoint(self.groups)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as asked."""

    text: str
    history: tuple[Message, ...] = ()
    conversation_id: str | None = None
    scope: Scope = Scope()
    top_k: int | None = None
    language: Language | None = None
    min_index_version: int | None = None
    as_of: int | None = None
    generator: str | None = None
    profile: str | None = None  # assistant that answers; None: the default one
    owner: str = ""  # key and visitor that conversations and answers belong to
    deadline: float | None = None  # the caller's own, in `time.monotonic()` seconds
    sampling: Sampling = DEFAULT_SAMPLING
    condensed: Condensed | None = None  # None: not looked at yet
