"""Measures of one answered question, and their means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from eval.dataset import Asked
from rag.domain import Answer, Retrieved

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Scored:
    """One question. `rank`: place (from 1) of the first right document among the hits, None when it is not there."""

    id: str
    lang: str
    kind: str
    answerable: bool
    rank: int | None
    answered: bool
    first_citation: bool  # the first citation names a right document
    facts: float  # share of the expected facts in the answer
    milliseconds: float


def score(asked: Asked, found: Retrieved, answer: Answer) -> Scored:
    """Compares one question's hits and answer with what was expected."""
    right = set(asked.documents)
    documents = list(dict.fromkeys(hit.passage.document_id for hit in found.hits))
    rank = next((at for at, document in enumerate(documents, 1) if document in right), None)
    first = bool(answer.citations) and answer.citations[0].document_id in right
    said = _tight(answer.answer)
    facts = sum(_tight(fact) in said for fact in asked.facts) / len(asked.facts) if asked.facts else 0.0
    return Scored(
        asked.id, asked.lang, asked.kind, asked.answerable, rank, answer.status == "answered", first, facts,
        answer.timings_ms["total"],
    )  # fmt: skip


def summarise(rows: Sequence[Scored]) -> dict[str, float]:
    """Means over the rows, rounded to four digits.

    recall_at_1, recall_at_5, mrr: right document among the hits, over answerable questions · first_citation: the answer's
    first citation names a right document, over answerable questions (a refusal counts as wrong) · facts: share of expected
    facts said, over answered answerable ones · false_refusal: answerable questions refused · wrong_answer: unanswerable
    questions answered · p50_ms: median time of an answer. What no row measures is left out.
    """
    yes = [row for row in rows if row.answerable]
    no = [row for row in rows if not row.answerable]
    answered = [row for row in yes if row.answered]
    means = {"questions": float(len(rows))}
    if yes:
        means |= {
            "recall_at_1": _mean(yes, lambda row: row.rank == 1),
            "recall_at_5": _mean(yes, lambda row: row.rank is not None and row.rank <= 5),
            "mrr": _mean(yes, lambda row: 1 / row.rank if row.rank else 0.0),
            "first_citation": _mean(yes, lambda row: row.first_citation),
            "facts": _mean(answered, lambda row: row.facts),
            "false_refusal": _mean(yes, lambda row: not row.answered),
        }
    means["p50_ms"] = sorted(row.milliseconds for row in rows)[len(rows) // 2] if rows else 0.0
    if no:
        means["wrong_answer"] = _mean(no, lambda row: row.answered)
    return {name: round(value, 4) for name, value in means.items()}


def _mean(rows: Sequence[Scored], value: Callable[[Scored], float]) -> float:
    return sum(map(value, rows)) / len(rows) if rows else 0.0


def _tight(text: str) -> str:
    return _SPACE.sub("", text).replace("**", "").replace("`", "").lower()


def as_dicts(rows: Sequence[Scored]) -> list[dict[str, object]]:
    """Rows for JSON."""
    return [asdict(row) for row in rows]
