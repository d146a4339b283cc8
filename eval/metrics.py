"""Measures of one asked question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from eval import ranking, texts
from eval.items import SuiteItem
from rag.domain import Answer, Citation, Retrieved
from rag.text.tokens import fold, words

_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"(.+?)((?:\s*\[\d{1,3}\])+)", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MIN_OVERLAP = 0.5  # share of a sentence's words that its cited text must hold
_SHOWN = 10  # hits that are kept with a question


@dataclass(frozen=True, slots=True)
class Scored:
    """One question. `rank`: place (from 1) of the first right document among the hits, None when it is not there.

    Attributes:
        answered, first_citation, facts, milliseconds: of the answer; None when only retrieval was measured.
        facts: share of the expected facts in the answer; None when none are expected.
        confidence: the greatest probability among the hits.
        retrieve_ms: time of retrieval.
        values: every further measure of this question by its name; what cannot be measured on it is left out.
        hits: the first ones, as {document_id, passage_id, title, text, probability, score}.
    """

    id: str
    lang: str
    kind: str
    answerable: bool
    rank: int | None
    answered: bool | None
    first_citation: bool | None
    facts: float | None
    milliseconds: float | None
    question: str = ""
    confidence: float = 0.0
    retrieve_ms: float = 0.0
    reason: str | None = None
    answer: str | None = None
    documents: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    values: dict[str, float] = field(default_factory=dict)
    hits: tuple[dict[str, Any], ...] = ()

    @property
    def right(self) -> bool:
        """Whether the best hit is from a right document: what an answer at any threshold would rest on."""
        return self.answerable and self.rank == 1

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Scored:
        """Of a kept row."""
        listed = {name: tuple(row.get(name, ())) for name in ("documents", "references", "cited", "hits")}
        return cls(**{**row, **listed})


def score(
    item: SuiteItem,
    retrieved: Retrieved,
    answer: Answer | None,
    *,
    retrieve_ms: float = 0.0,
    likelihood: float | None = None,
    alternatives: bool = True,
    cutoffs: Sequence[int] = (),
) -> Scored:
    """Compares one question's hits and answer with what was expected. `answer` None: only retrieval is measured."""
    right, probable = set(item.documents), max((hit.probability for hit in retrieved.hits), default=0.0)
    documents = list(dict.fromkeys(hit.passage.document_id for hit in retrieved.hits))
    row = Scored(
        id=item.id,
        lang=item.lang,
        kind=item.kind,
        answerable=item.answerable,
        rank=next((at for at, document in enumerate(documents, 1) if document in right), None),
        answered=None,
        first_citation=None,
        facts=None,
        milliseconds=None,
        question=item.question,
        confidence=round(probable if likelihood is None else likelihood, 6),
        retrieve_ms=round(retrieve_ms, 3),
        documents=item.documents,
        references=item.answers,
        hits=_hits(retrieved),
    )
    if item.answerable:
        grades = {document: item.grades.get(document, 1) for document in item.documents}
        row.values.update(ranking.measure({item.id: (documents, grades, alternatives)}, cutoffs)[item.id])
    return row if answer is None else _answered(row, item, answer)


def _answered(row: Scored, item: SuiteItem, answer: Answer) -> Scored:
    right, cited = set(item.documents), [citation.document_id for citation in answer.citations]
    answered, values = answer.status == "answered", dict(row.values)
    plain = texts.said(answer.answer)
    facts = None
    if answered and item.answerable:
        values["citation_precision"] = sum(document in right for document in cited) / len(cited) if cited else 0.0
        values["citation_recall"] = len(right & set(cited)) / len(right)
        if item.facts:
            facts = sum(_tight(fact) in _tight(answer.answer) for fact in item.facts) / len(item.facts)
    if answered:
        values["support"] = support(answer.answer, answer.citations)
    if item.answerable and item.answers:  # a refusal says none of it
        values |= _worded(plain if answered else "", item)
    first = bool(cited) and cited[0] in right
    values["refusal_accuracy"] = float(answered == item.answerable)
    if answered:
        values["wrong_rate"] = float(not (item.answerable and first))
    values["prompt_tokens"] = float(answer.usage.prompt_tokens)
    values["completion_tokens"] = float(answer.usage.completion_tokens)
    return replace(
        row,
        answered=answered,
        first_citation=first,
        facts=facts,
        milliseconds=answer.timings_ms["total"],
        reason=answer.reason,
        answer=answer.answer,
        cited=tuple(cited),
        values=values,
    )


def _worded(plain: str, item: SuiteItem) -> dict[str, float]:
    if not plain:
        return dict.fromkeys(("exact_match", "f1", "contains", "rouge_l"), 0.0)
    return {
        "exact_match": texts.exact_match(plain, item.answers),
        "f1": texts.f1(plain, item.answers),
        "contains": texts.contains(plain, item.answers),
        "rouge_l": texts.rouge_l(plain, item.answers),
    }


def support(answer: str, citations: Sequence[Citation]) -> float:
    """Share of the answer's sentences that their own cited texts hold: all numbers, and at least half of the words.

    A test of words, not of meaning, and apart from the service's own gate: what it refuses is unsupported, what it passes may
    still be. `--judge` reads for meaning.
    """
    by_number = {citation.n: f"{citation.title}\n{' '.join(citation.section)}\n{citation.cited_text}" for citation in citations}
    held = []
    for sentence, markers in _SENTENCE.findall(answer):
        source = "\n".join(by_number.get(int(n), "") for n in re.findall(r"\d+", markers))
        sentence_words = set(words(sentence))
        if sentence_words:
            enough = len(sentence_words & set(words(source))) >= _MIN_OVERLAP * len(sentence_words)
            held.append(enough and _numbers(sentence) <= _numbers(source))
    return sum(held) / len(held) if held else 0.0


def _numbers(text: str) -> set[str]:
    return {match.replace(",", "") for match in _NUMBER.findall(fold(text))}


def _hits(retrieved: Retrieved) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "document_id": hit.passage.document_id,
            "passage_id": hit.passage.id,
            "title": hit.passage.title,
            "text": hit.passage.text,
            "probability": round(hit.probability, 4),
            "score": round(hit.score, 4),
        }
        for hit in retrieved.hits[:_SHOWN]
    )


def _tight(text: str) -> str:
    return _SPACE.sub("", text).replace("**", "").replace("`", "").lower()


def as_dicts(rows: Sequence[Scored]) -> list[dict[str, Any]]:
    """Rows for JSON."""
    return [asdict(row) for row in rows]
