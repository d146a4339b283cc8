"""FAQ tables: columns of questions, other phrasings and answers, recognised by name in Chinese and English."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest import columns
from rag.domain import Block, Parsed

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


_QUESTION_LINE = re.compile(r"[ \t>*_#]*(?:Q|Question|问题?)\s*\d{0,3}[*_]*\s*[:：.、][ \t*_]*(\S[^\n]*)", re.IGNORECASE)
_ANSWER_LINE = re.compile(r"[ \t>*_]*(?:A|Answer|答案?|回答)\s*\d{0,3}[*_]*\s*[:：.、][ \t*_]*(?=\S)", re.IGNORECASE)


def pair(parsed: Parsed) -> Parsed:
    """Joins blocks written as `Q: … / A: …` or `问：… / 答：…` to FAQ entries: the answer's span under its question."""
    blocks: list[Block] = []
    position = 0
    while position < len(parsed.blocks):
        count = _paired(parsed, position, blocks)
        if not count:
            blocks.append(parsed.blocks[position])
        position += count or 1
    return replace(parsed, blocks=tuple(blocks))


def _paired(parsed: Parsed, position: int, blocks: list[Block]) -> int:
    """Appends the entries that begin in the block at `position`; returns how many blocks they take, 0 for none."""
    block = parsed.blocks[position]
    if block.kind not in ("text", "list") or not _QUESTION_LINE.match(parsed.text, block.start, block.end):
        return 0
    found = _inside(parsed.text, block)
    if found:
        blocks.extend(found)
        return 1
    following = parsed.blocks[position + 1 : position + 2]
    if not following or following[0].section != block.section or "\n" in parsed.text[block.start : block.end]:
        return 0
    answer = following[0]
    if answer.kind not in ("text", "list") or not (mark := _ANSWER_LINE.match(parsed.text, answer.start, answer.end)):
        return 0
    last = position + 1
    while last + 1 < len(parsed.blocks) and parsed.blocks[last + 1].section == block.section:
        if parsed.blocks[last + 1].kind != "list" or _QUESTION_LINE.match(parsed.text, parsed.blocks[last + 1].start):
            break
        last += 1
    question = _question(parsed.text[block.start : block.end])
    blocks.append(replace(answer, start=mark.end(), end=parsed.blocks[last].end, kind="faq", header=question, group=-1))
    return last + 1 - position


def _inside(text: str, block: Block) -> list[Block]:
    """Entries that stand whole in one block, a question line and an answer line each."""
    entries: list[Block] = []
    starts = [match.start() for match in re.compile(r"^", re.MULTILINE).finditer(text, block.start, block.end)]
    lines = [*dict.fromkeys((block.start, *starts)), block.end]
    questions = [start for start in lines[:-1] if _QUESTION_LINE.match(text, start, block.end)]
    for question, end in zip(questions, [*questions[1:], block.end], strict=True):
        answers = [start for start in lines[:-1] if question < start < end and _ANSWER_LINE.match(text, start, end)]
        if not answers:
            return []
        mark = _ANSWER_LINE.match(text, answers[0], end)
        stop = question + len(text[question:end].rstrip())
        if mark and mark.end() < stop:
            header = _question(text[question : answers[0]])
            entries.append(replace(block, start=mark.end(), end=stop, kind="faq", header=header, group=-1))
    return entries


def _question(line: str) -> str:
    match = _QUESTION_LINE.match(line)
    return " ".join((match[1] if match else line).strip(" *_").split())
