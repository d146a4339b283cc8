"""What an answer says about itself: the verdict on each sentence, contradictions, what a person needs who takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal[
    "quoted",  # word for word from a passage
    "supported",  # said by a passage in other words
    "repaired",  # said by another passage than the one that the backend cited, which is cited now
    "replaced",  # the passage's own words stand in its place
    "unverified",  # shown though no passage says it: `answer.unsupported = "keep"`
    "no_claim",  # claims nothing about the subject: courtesy, the line above a list, what the documents do not say
    "dropped",
]
Fault = Literal[
    "no_support",  # no passage says that
    "number",  # a number, date or amount that the passage does not have, or has of another thing
    "name",  # a name or term that the passage does not have, or has in another place
    "negation",  # the passage says the opposite
    "quote",  # in quotation marks, but not word for word in the passage
    "meaning",  # the entailment model says no
    "wrong_citation",  # the cited passage does not say it, another one does
    "no_citation",  # nothing was cited
    "instruction",  # its only support is text that tells an assistant what to do
    "no_answer",  # the backend says that it found nothing
    "repetition",
    "garbled",
    "truncated",
    "persona",  # repeats its own instructions
    "condition",  # a condition, limit, exception or part of what the passage says was left out
    "subject",  # the passage says it of another thing
    "superseded",  # an older version of what another passage says now
    "answer",  # its Yes or No is not what the passage answers
    "markup",  # holds a tag, an image, or a link that is not the passage's
]


@dataclass(frozen=True, slots=True)
class Grounded:
    """What happened to a sentence. `text` is None when it was dropped: what is not supported is not shown."""

    verdict: Verdict
    fault: Fault | None
    text: str | None
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One side of a contradiction: what a citation says, and where."""

    n: int | None
    document_id: str
    version: int
    passage_id: int
    title: str
    text: str
    value: str
    date: str | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Passages that disagree about `about`, the newest first."""

    kind: Literal["number", "date", "yes_no"]
    about: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name in a question that no document has which the caller may see, with the nearest ones that documents have."""

    name: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question back, with options that stand in the documents."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handoff:
    """Whether a person should take over, why, and what that person needs to know."""

    suggested: bool = False
    reason: str | None = None
    question: str | None = None
    summary: str | None = None
    passages: tuple[Mapping[str, Any], ...] = field(default=())
