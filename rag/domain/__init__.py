"""Frozen records that pass between the stages. Imports nothing of ours but rag/domain/grounding.py.

Offsets are Unicode code points into `Version.text`, half open: `text[start:end]`. Scores, vectors and ids travel beside
the records as separate arguments; they are never set on a record later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.domain.condensed import Condensed
from rag.domain.grounding import Clarification, Contradiction, Grounded, Handoff, Unknown
from rag.domain.sampling import AS_TOLD, Sampling
from rag.domain.statement import Cell, Period, Statement

Kind = Literal["text", "list", "table", "code", "faq", "case"]
Status = Literal["answered", "refused", "clarify", "chat"]
Reason = Literal["no_relevant_content", "unknown_name", "low_grounding", "unsafe_question", "backend_unavailable", "deadline"]
Language = Literal["zh", "en"]
Intent = Literal["greeting", "thanks", "goodbye", "person", "complaint", "identity", "empty"]  # of `chat`

DEFAULT_COLLECTION = "default"


# -- documents ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """A span of a parsed text that belongs together: a paragraph, a list item, a table row, a FAQ answer.

    Attributes:
        start, end: span in the parsed text.
        kind: what it is; `table` blocks are single rows, `list` blocks single items.
        section: headings above it, outermost first.
        header: text repeated before it when it is searched or prompted alone (a table's header row, a FAQ's question).
        group: blocks with the same non-negative group are kept in one passage while they fit (steps of one list, rows of
            one table, one FAQ entry). -1 means no group.
        keys: further phrasings under which this block is found (a FAQ's alternative questions).
        fields: named values of a case or FAQ entry (product, version, date, status), usable as filters.
        cells: of a table row: its cells with the header cells above each; of a case: its columns. Empty cells are left out.
        above: the section row that stands above a row inside its table (`Mail-in service` over rows of prices).
        lead: the caption of a table, or what its page says it is.
    """

    start: int
    end: int
    kind: Kind = "text"
    section: tuple[str, ...] = ()
    header: str = ""
    group: int = -1
    keys: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    above: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser returns. `text` is the text that citations point into; every block's span is non-empty.

    For plain text `text` is the decoded source itself, for Markdown the source without what its page does not show (tags,
    directives, comments); `markdown` says that it holds markup, which searching leaves out.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    markdown: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it has an id. `text == parsed.text[start:end]`.

    `context` stands before `text` when it is embedded, searched by words or prompted: title, heading path, table header.
    `plain` is the text without markup, when it has any; `statements` are what the passage is made of.
    """

    start: int
    end: int
    text: str
    kind: Kind = "text"
    section: tuple[str, ...] = ()
    context: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    plain: str = ""
    statements: tuple[Statement, ...] = ()

    @property
    def search_text(self) -> str:
        """The text that is embedded and indexed by words."""
        text = self.plain or self.text
        return f"{self.context}\n{text}" if self.context else text


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document as its writer gives it, before parsing. `content` is bytes of `mime_type`."""

    id: str
    content: bytes
    mime_type: str | None = None
    filename: str | None = None
    title: str | None = None
    url: str | None = None
    source: str | None = None
    collection: str = DEFAULT_COLLECTION
    metadata: Mapping[str, Any] = field(default_factory=dict)
    acl: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the record, at its current version (or its last one, when deleted)."""

    id: str
    version: int
    title: str
    url: str | None
    source: str | None
    mime_type: str | None
    collection: str
    metadata: Mapping[str, Any]
    acl: tuple[str, ...]
    content_hash: str
    passages: int
    state: Literal["live", "deleted"]
    index_version: int
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A live passage of the record, joined to its document's version."""

    id: int
    document_id: str
    version: int
    title: str
    url: str | None
    source: str | None
    collection: str
    section: tuple[str, ...]
    kind: Kind
    text: str
    context: str
    start: int
    end: int
    fields: Mapping[str, str]
    metadata: Mapping[str, Any]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a write did. `index_version`: sequence number at which readers see it; `cleaned`: removed by each cleaning rule;
    `left_out`: what of the document is not part of its text, by kind."""

    document_id: str
    version: int
    state: Literal["added", "updated", "unchanged", "deleted"]
    index_version: int
    passages: int = 0
    embedded: int = 0
    cleaned: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)


# -- questions and answers ---------------------------------------------------------------------------------------------


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
    sampling: Sampling = AS_TOLD
    condensed: Condensed | None = None  # None: not looked at yet


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. `score` orders hits of one question; `probability` is that it answers the question (0–1).

    `stages` holds each stage's own score: `dense` (cosine), `bm25`, `fused`, `late`, `coverage`. `aside`: why it stands behind
    the others (another name than the question's, not in force at the asked time); '' for all that do not.
    """

    passage: Passage
    score: float
    probability: float
    stages: Mapping[str, float]
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Hits best first, the index version they belong to, the question's distinct words and the idf of each.

    `rerank_ms`: the part of the time that re-ranking took. `dropped`: candidates that got no place, with the reason;
    `asked`: how the question was understood. Both only when an explanation was asked for. `unanswered`: best probabilities
    of questions that the library does not answer, and `correction`: slope and offset of the logits of all probabilities
    (`rag.record.calibration`). `unknown`: names that the question is about and
    that no document has which the caller may see. `period`: the days that the question is about, None: it names no time.
    `tokens` (m, dim): the question's token vectors, of the model that the searched generation was made with.
    """

    hits: tuple[Hit, ...]
    version: int
    terms: tuple[str, ...]
    idf: tuple[float, ...]
    rerank_ms: float = 0.0
    dropped: tuple[tuple[Hit, str], ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    unanswered: tuple[float, ...] = ()
    correction: tuple[float, float] = (1.0, 0.0)
    unknown: tuple[Unknown, ...] = ()
    period: Period | None = None
    tokens: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence of the answer stands: `cited_text == text[start:end]` of that document version.

    Of several pieces: `spans` are theirs, and `cited_text` is `text[a:b]` of each, joined by line breaks.
    """

    n: int
    document_id: str
    version: int
    passage_id: int
    title: str
    url: str | None
    section: tuple[str, ...]
    cited_text: str
    start: int
    end: int
    score: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a hit's document version: `hit` is the hit's position, start and end are offsets into the version.

    `parts`: the pieces between start and end that are meant, where it is not all of it.
    """

    hit: int
    start: int
    end: int
    parts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence (or a quoted list, row, FAQ answer) of an answer with the places that support it, before numbering."""

    text: str
    support: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that passed the gate, with its `[n]` markers, and the citations that they name."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the backend counted them (0 for the extractive generator)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered or refused question. `timings_ms` by stage, in milliseconds."""

    answer_id: str
    conversation_id: str | None
    status: Status
    reason: Reason | None
    answer: str
    citations: tuple[Citation, ...]
    handoff: Handoff
    index_version: int
    generator: str
    usage: Usage
    timings_ms: Mapping[str, float]
    profile: str = "xiansou"
    grounding: tuple[Grounded, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    clarification: Clarification | None = None
    intent: Intent | None = None  # of `chat`
    unknown: tuple[Unknown, ...] = ()
    complete: bool = True  # False: it breaks off before its end, at a deadline or because the backend went away
    cached: bool = False  # worded before, for the same question and exactly the same passages
