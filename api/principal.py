"""Who calls, and what that means for what it may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from api.meter import CURRENT
from rag.domain import DEFAULT_COLLECTION, Document, DocumentInput, Question, Scope
from rag.errors import Conflict, Forbidden, NotFound
from rag.record.keys import SCOPES, Allowance, CitationStyle, KeyScope

Kind = Literal["local", "key", "jwt", "widget"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `id`: of the key (also for its widget tokens), `sub` of a JWT, "local" for loopback without a key.

    `collections` None: all; `groups` None: every document whatever its ACL. `visitor` is who asks behind a widget or a
    JWT; `address` is the peer's, or what a trusted proxy said it is.
    """

    kind: Kind
    id: str
    scopes: tuple[KeyScope, ...] = SCOPES
    collections: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    citation_style: CitationStyle | None = None
    visitor: str | None = None
    address: str | None = None
    origins: tuple[str, ...] = ()
    allowance: Allowance = field(default_factory=Allowance)
    quoted: bool = False  # its day's tokens or spend are used up: this question is answered without an LLM
    deadline: float | None = None  # of this request, in `time.monotonic()` seconds

    def may(self, *scopes: KeyScope) -> bool:
        """Whether it has one of the scopes; `admin` includes all."""
        return "admin" in self.scopes or any(scope in self.scopes for scope in scopes)

    @property
    def restricted(self) -> bool:
        """Whether there is anything that it may not see."""
        return self.collections is not None or self.groups is not None

    @property
    def name(self) -> str:
        """For logs and the audit: kind and id."""
        return self.kind if self.kind == "local" else f"{self.kind}:{self.id}"

    @property
    def owner(self) -> str:
        """Whose conversations and answers its own are: nobody else reads them."""
        return "" if self.kind == "local" else f"{self.name}/{self.visitor}" if self.visitor else self.name

    @property
    def reads_all(self) -> bool:
        """Whether it reads what others asked: an administrator of the whole library."""
        return "admin" in self.scopes and not self.restricted

    # -- what it sees --------------------------------------------------------------------------------------------------

    def scope(self, collection: str | None = None, filters: Mapping[str, Any] | None = None) -> Scope:
        """Where it may look, narrowed to what it asks for. What it may not see is as if it were not there."""
        return Scope(collection, filters or {}, self.groups, self.collections)

    def within(self, question: Question) -> Question:
        """The question, asked only of what this caller may see. Every route that asks must pass its question through here.

        Raises Forbidden for `as_of` by a restricted caller: what was open to it once may be closed by now.
        """
        if question.as_of is not None and self.restricted:
            raise Forbidden("`as_of` needs a key without collections and groups.", field="as_of", fix="Leave it out.")
        scope = question.scope
        if (meter := CURRENT.get()) is not None:
            meter.questions.append(question)
        return replace(
            question,
            scope=self.scope(scope.collection, scope.filters),
            owner=self.owner,
            generator="extractive" if self.quoted else question.generator,
            deadline=self.deadline,
        )

    def sees(self, collection: str, acl: Sequence[str]) -> bool:
        """Whether a document of this collection and ACL is there for it."""
        return self.scope().permits(collection, acl)

    def checked(self, doc: Document) -> Document:
        """The document. Raises the same NotFound as for one that is not there."""
        if not self.sees(doc.collection, doc.acl):
            raise NotFound(f"no document {doc.id!r}", field="id")
        return doc

    # -- what it writes ------------------------------------------------------------------------------------------------

    def writes(self, doc: DocumentInput) -> DocumentInput:
        """The document as this caller may write it. A key of one collection writes there, when none was named.

        Raises Forbidden.
        """
        if self.collections is None or doc.collection in self.collections:
            return doc
        if doc.collection == DEFAULT_COLLECTION and len(self.collections) == 1:
            return replace(doc, collection=self.collections[0])
        raise Forbidden(
            f"this key must not write to collection {doc.collection!r}.",
            field="collection",
            fix=f"Name one of: {', '.join(self.collections)}.",
        )

    def may_replace(self, standing: Document) -> None:
        """Raises Conflict for an id that is in use by a document which this caller does not see."""
        if not self.sees(standing.collection, standing.acl):
            raise Conflict("this id cannot be used.", field="id", fix="Use another id.")
