"""FAQ tables: columns of questions, other phrasings and answers, recognised by name in Chinese and English."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest import columns

_QUESTIONS = columns.names(
    "question,questions,q,standard question,main question,query,title question,faq,faq question,"
    "问题,标准问题,标准问,主问题,问句,提问,问,常见问题,问题标题,问题名称"
)
_PHRASINGS = columns.names(
    "alternative question,alternative questions,alt question,alt questions,alternatives,similar question,similar questions,"
    "similar,variant,variants,question variants,alias,aliases,synonyms,paraphrase,paraphrases,phrasings,other phrasings,"
    "相似问题,相似问,相似问法,相似句,扩展问题,扩展问,别名,同义问题,同义问,其他问法,其它问法,类似问题,问法"
)
_ANSWERS = columns.names(
    "answer,answers,a,reply,response,standard answer,answer text,faq answer,"
    "答案,回答,答复,解答,回复,标准答案,标准回答,答,答案内容,回复内容"
)
_SEPARATORS = re.compile(r"[|｜；;\n]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a FAQ table keeps what. `fields`: position → name of the further columns."""

    question: int
    answer: int
    phrasings: tuple[int, ...]
    fields: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer; `phrasings` are the other ways to ask it, without the question itself."""

    question: str
    answer: str
    phrasings: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


def find_columns(header: Sequence[str]) -> Columns | None:
    """The columns of a FAQ table, or None when the table has no question or no answer column."""
    questions, answers = columns.find(header, _QUESTIONS), columns.find(header, _ANSWERS)
    if not questions or not answers:
        return None
    # `question 1, question 2, …`: the first is the question, the others are phrasings.
    phrasings = (*questions[1:], *columns.find(header, _PHRASINGS))
    taken = {*questions, *phrasings, answers[0]}
    return Columns(questions[0], answers[0], phrasings, columns.field_columns(header, taken))


def read_entry(found: Columns, row: Sequence[str]) -> Entry | None:
    """The row's entry, or None when its question or its answer is missing."""
    question = " ".join(columns.cell(row, found.question).split())
    answer = columns.cell(row, found.answer)
    if not question or not answer:
        return None
    phrasings: dict[str, None] = {}
    for position in found.phrasings:
        for phrasing in split_phrasings(columns.cell(row, position)):
            if phrasing != question:
                phrasings[phrasing] = None
    return Entry(question, answer, tuple(phrasings), columns.read_fields(row, found.fields))


def split_phrasings(cell: str) -> tuple[str, ...]:
    """The phrasings of one cell: a JSON list, or text separated by `|`, `；`, `;` or line breaks."""
    parts: list[str] = []
    if cell.lstrip().startswith("["):
        try:
            value = json.loads(cell)
        except ValueError:
            value = None
        if isinstance(value, list):
            parts = [item for item in value if isinstance(item, str)]
    parts = parts or _SEPARATORS.split(cell)
    return tuple(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
