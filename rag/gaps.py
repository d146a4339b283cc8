"""What the documents lack: unanswered and badly rated questions in groups, what to do about them, and whether it helped."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag.answering.cluster import central, group, keywords, unpack
from rag.answering.record import question_of
from rag.domain import DEFAULT_COLLECTION, DocumentInput, Question, Scope
from rag.errors import Conflict, InputError, NotFound
from rag.ports import Embedder, Vectors
from rag.record.gaps import Decision, GapBook, OpenQuestion
from rag.record.serializers import iso_time
from rag.wiring import Application

_NEAREST = 3  # documents shown
_MOST_ASKED = 50  # questions of a group that are asked again
_BREAKS = re.compile(r"[|｜；;\s]+")  # what separates phrasings in a FAQ table


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask the same. `questions`: as asked, each once, the name first; `state`: open, accepted, dismissed."""

    id: str
    name: str
    keywords: tuple[str, ...]
    state: str
    collection: str | None
    members: tuple[OpenQuestion, ...]
    questions: tuple[str, ...]
    decision: Decision | None = None

    @property
    def corrections(self) -> tuple[str, ...]:
        """What people say is right, oldest first."""
        return tuple(text for member in self.members for text in member.corrections)


@dataclass(frozen=True, slots=True)
class Retried:
    """What asking a gap's questions again gave: how many there are, are answered, are answered from the new document."""

    asked: int
    answered: int
    from_document: int
    still_open: tuple[str, ...]


def find_gaps(
    application: Application, *, days: float = 90.0, every_state: bool = False, collections: Collection[str] | None = None
) -> list[Gap]:
    """The most asked first. `every_state`: also those that were decided; `collections`: only of these, None: all."""
    application.memory.flush()
    book = GapBook(application.ledger.engine)
    questions = book.questions(time.time() - days * 86_400)
    if collections is not None:
        questions = [one for one in questions if one.collection in collections]
    if not questions:
        return []
    decisions = book.decisions()
    gaps = _grouped(questions, decisions, application.embedder)
    shown = [gap for gap in gaps if every_state or gap.state == "open"]
    return sorted(shown, key=lambda gap: (-len(gap.members), -gap.members[-1].at, gap.id))


def find_gap(application: Application, gap_id: str, collections: Collection[str] | None = None) -> Gap:
    """Raises NotFound."""
    for gap in find_gaps(application, days=36_500, every_state=True, collections=collections):
        if gap.id == gap_id:
            return gap
    raise NotFound(f"no gap {gap_id!r}", field="id", fix="See `xiansou gaps`; a gap is gone when its answers are.")


def nearest(application: Application, gap: Gap) -> list[dict[str, Any]]:
    """Documents that come nearest to an answer, best first."""
    retrieved = application.answerer.retrieve(Question(gap.name, scope=Scope(gap.collection), top_k=20))
    best: dict[str, dict[str, Any]] = {}
    for hit in retrieved.hits:
        passage = hit.passage
        entry = {"title": passage.title, "section": list(passage.section), "probability": round(hit.probability, 4)}
        best.setdefault(passage.document_id, {"document_id": passage.document_id, **entry})
    return list(best.values())[:_NEAREST]


def draft(application: Application, gap: Gap) -> dict[str, Any] | None:
    """A FAQ entry to begin with: a person's correction, else what the LLM can word from the documents and the gate lets pass.

    None where there is neither a correction nor an LLM. `answer` is None where the documents hold no evidence.
    """
    if gap.corrections:
        return {"question": gap.name, "answer": gap.corrections[-1], "source": "correction", "citations": []}
    question = Question(gap.name, scope=Scope(gap.collection))
    if application.answerer.generator_of(question) == "extractive":
        return None
    answer = application.answerer.lenient().answer(question)
    text = re.sub(r"\s*\[\d+\]", "", answer.answer) if answer.status == "answered" else None
    cited = [{"document_id": c.document_id, "version": c.version, "cited_text": c.cited_text} for c in answer.citations]
    return {"question": gap.name, "answer": text, "source": "llm", "citations": cited}


def faq_document(gap: Gap, answer: str) -> DocumentInput:
    """The entry that answers the gap, as a FAQ table of one row. Raises InputError for an empty answer."""
    if not answer.strip():
        raise InputError("the answer is empty.", field="answer", fix="Send the text that answers these questions.")
    others = [_BREAKS.sub(" ", one).strip() for one in gap.questions[1:]]
    table = io.StringIO()
    rows = [("question", "similar questions", "answer"), (gap.name, "|".join(others), answer.strip())]
    csv.writer(table).writerows(rows)
    return DocumentInput(
        f"gaps/{gap.id}.csv",
        table.getvalue().encode(),
        mime_type="text/csv",
        filename=f"{gap.id}.csv",
        title=gap.name[:200],
        collection=gap.collection or DEFAULT_COLLECTION,
        metadata={"gap": gap.id},
    )


def accepted(application: Application, gap: Gap, document_id: str) -> Retried:
    """Notes that a document was published for the gap, and asks its questions again. None of that counts as traffic."""
    GapBook(application.ledger.engine).decide(gap.id, gap.members[0].answer_id, gap.name, "accepted", document_id)
    quiet, answered, cites, left = application.answerer.quiet(), 0, 0, []
    members = {one.question: one for one in gap.members}
    for text in gap.questions[:_MOST_ASKED]:
        question = question_of(application.memory.find(members[text].answer_id))
        answer = quiet.answer(replace(question, as_of=None))
        answered += answer.status == "answered"
        cites += any(citation.document_id == document_id for citation in answer.citations)
        if answer.status != "answered":
            left.append(text)
    return Retried(len(gap.questions[:_MOST_ASKED]), answered, cites, tuple(left))


def dismiss(application: Application, gap: Gap) -> Decision:
    """These questions shall not be answered: they are not shown again. Raises Conflict for an accepted gap."""
    if gap.state == "accepted":
        raise Conflict(f"gap {gap.id!r} is answered by document {gap.decision and gap.decision.document_id!r}.", field="id")
    return GapBook(application.ledger.engine).decide(gap.id, gap.members[0].answer_id, gap.name, "dismissed")


def gap_json(gap: Gap) -> dict[str, Any]:
    """As `GET /v1/gaps` tells it, without `nearest` and `draft`."""
    refused = sum(one.refused for one in gap.members)
    return {
        "gap_id": gap.id,
        "name": gap.name,
        "keywords": list(gap.keywords),
        "state": gap.state,
        "collection": gap.collection,
        "count": len(gap.members),
        "unanswered": refused,
        "badly_rated": len(gap.members) - refused,
        "first_seen": iso_time(gap.members[0].at),
        "last_seen": iso_time(gap.members[-1].at),
        "questions": list(gap.questions[:20]),
        "answer_ids": [one.answer_id for one in gap.members[-20:]],
        "document_id": gap.decision.document_id if gap.decision else None,
    }


def _grouped(questions: Sequence[OpenQuestion], decisions: Sequence[Decision], embedder: Embedder) -> list[Gap]:
    """Decided gaps found their groups again, so that they keep their ids."""
    known = {one.answer_id: one for one in questions}
    seeds = [known[one.answer_id] for one in decisions if one.answer_id in known]
    first = {one.answer_id for one in seeds}
    order = [*seeds, *(one for one in questions if one.answer_id not in first)]
    vectors = _vectors(order, embedder)
    groups: dict[int, list[int]] = {}
    for at, place in enumerate(group(vectors, [one.collection for one in order])):
        groups.setdefault(place, []).append(at)
    decided = {one.answer_id: one for one in decisions}
    words = keywords([[order[at].query for at in members] for members in groups.values()])
    return [
        _gap([order[at] for at in members], vectors[members], named, decided)
        for members, named in zip(groups.values(), words, strict=True)
    ]


def _gap(members: list[OpenQuestion], vectors: Vectors, named: list[str], decided: dict[str, Decision]) -> Gap:
    founder, name = members[0], members[central(vectors)].question
    decision = next((decided[one.answer_id] for one in members if one.answer_id in decided), None)
    state = decision.state if decision else "open"
    members = sorted(members, key=lambda one: (one.at, one.answer_id))
    if decision and decision.state == "accepted" and members[-1].at > decision.at:  # its document did not help
        members, state = [one for one in members if one.at > decision.at], "open"
        name = name if name in {one.question for one in members} else members[-1].question
    key = decision.id if decision else f"gap_{hashlib.sha256(founder.answer_id.encode()).hexdigest()[:16]}"
    questions = tuple(dict.fromkeys([name, *(one.question for one in members)]))
    return Gap(key, name, tuple(named), state, founder.collection, tuple(members), questions, decision)


def _vectors(questions: Sequence[OpenQuestion], embedder: Embedder) -> Vectors:
    """Those that were kept when the questions were asked; others, and those of another model, are made now."""
    kept = {at: one.vector for at, one in enumerate(questions) if one.vector and one.model == embedder.model_id}
    missing = [at for at in range(len(questions)) if at not in kept]
    if missing:
        vectors = embedder.embed_queries([questions[at].query for at in missing])
        kept |= {at: row.astype("<f4").tobytes() for at, row in zip(missing, vectors, strict=True)}
    return unpack([kept[at] for at in range(len(questions))])
