"""Frozen records that pass between the stages, one file a noun. Imports nothing else of ours.

Offsets are Unicode code points into `Version.text`, half open: `text[start:end]`. Scores, vectors and ids travel beside
the records as separate arguments; they are never set on a record later.

A record's file is imported when the record is first named: to make all of their classes takes 30 ms, and `docs list` needs one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.domain.answer import Answer as Answer
    from rag.domain.answer import Citation as Citation
    from rag.domain.answer import Claim as Claim
    from rag.domain.answer import Sentence as Sentence
    from rag.domain.answer import Span as Span
    from rag.domain.answer import Usage as Usage
    from rag.domain.condensed import Condensed as Condensed
    from rag.domain.document import Document as Document
    from rag.domain.document import DocumentInput as DocumentInput
    from rag.domain.document import WriteResult as WriteResult
    from rag.domain.grounding import Clarification as Clarification
    from rag.domain.grounding import Contradiction as Contradiction
    from rag.domain.grounding import Grounded as Grounded
    from rag.domain.grounding import Handoff as Handoff
    from rag.domain.grounding import Unknown as Unknown
    from rag.domain.kinds import DEFAULT_COLLECTION as DEFAULT_COLLECTION
    from rag.domain.kinds import Intent as Intent
    from rag.domain.kinds import Kind as Kind
    from rag.domain.kinds import Language as Language
    from rag.domain.kinds import Reason as Reason
    from rag.domain.kinds import Status as Status
    from rag.domain.parsed import Block as Block
    from rag.domain.parsed import Chunk as Chunk
    from rag.domain.parsed import Parsed as Parsed
    from rag.domain.passage import Hit as Hit
    from rag.domain.passage import Passage as Passage
    from rag.domain.passage import Retrieved as Retrieved
    from rag.domain.question import Message as Message
    from rag.domain.question import Question as Question
    from rag.domain.question import Scope as Scope
    from rag.domain.sampling import DEFAULT_SAMPLING as DEFAULT_SAMPLING
    from rag.domain.sampling import Sampling as Sampling
    from rag.domain.statement import Cell as Cell
    from rag.domain.statement import Period as Period
    from rag.domain.statement import Statement as Statement

_FILES = {
    "answer": (
        "Citation",
        "Span",
        "Claim",
        "Sentence",
        "Usage",
        "Answer",
    ),
    "condensed": ("Condensed",),
    "document": (
        "DocumentInput",
        "Document",
        "WriteResult",
    ),
    "grounding": (
        "Clarification",
        "Contradiction",
        "Grounded",
        "Handoff",
        "Unknown",
    ),
    "kinds": (
        "Kind",
        "Status",
        "Reason",
        "Language",
        "Intent",
        "DEFAULT_COLLECTION",
    ),
    "parsed": (
        "Block",
        "Parsed",
        "Chunk",
    ),
    "passage": (
        "Passage",
        "Hit",
        "Retrieved",
    ),
    "question": (
        "Message",
        "Scope",
        "Question",
    ),
    "sampling": (
        "DEFAULT_SAMPLING",
        "Sampling",
    ),
    "statement": (
        "Cell",
        "Period",
        "Statement",
    ),
}
_PLACES = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    return value
