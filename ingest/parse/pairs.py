"""Questions and answers written as text with their marks: `Q: … / A: …`, `问：… / 答：…`, also on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ingest.parse.series import series
from rag.domain import Block, Parsed

_ASKED, _SAID = r"(?:Q|Question|问题?)\s*\d{0,3}", r"(?:A|Answer|答案?|回答)\s*\d{0,3}"
_OPEN, _CLOSE = r"\\?[\[【〖（(]\s*", r"\s*\\?[\]】〗）)][:：]?"  # 【问】
_QUESTION_LINE = re.compile(rf"[ \t>*_#]*(?:{_ASKED}[*_]*\s*[:：.、]|{_OPEN}{_ASKED}{_CLOSE})[ \t*_]*(\S[^\n]*)", re.IGNORECASE)
_ANSWER_LINE = re.compile(rf"[ \t>*_]*(?:{_SAID}[*_]*\s*[:：.、]|{_OPEN}{_SAID}{_CLOSE})[ \t*_]*(?=\S)", re.IGNORECASE)
_ANSWER_WITHIN = re.compile(
    rf"(?:(?<=[?？。.!！])|\s|<br\s*/?>)[ \t*_|/]*(?:{_SAID}[*_]*\s*[:：]|{_OPEN}{_SAID}{_CLOSE})[ \t*_]*(?=\S)", re.IGNORECASE
)


def pair(parsed: Parsed, strong: Mapping[int, int] | None = None) -> Parsed:
    """Joins the blocks of written questions and answers to FAQ entries: the answer's span under its question.

    `strong`: start of a block → end of the bold text that it begins with.
    """
    parsed = replace(parsed, blocks=tuple(_below_question(parsed.text, block) for block in parsed.blocks))
    blocks: list[Block] = []
    position = 0
    while position < len(parsed.blocks):
        count = _paired(parsed, position, blocks)
        if not count:
            blocks.append(parsed.blocks[position])
        position += count or 1
    return series(replace(parsed, blocks=tuple(blocks)), strong or {})


def _below_question(text: str, block: Block) -> Block:
    """A block that answers a heading which is a question with its mark is an entry; no other block stands below it."""
    if not block.section or not _QUESTION_LINE.fullmatch(block.section[-1]):
        return block
    above, question = block.section[:-1], _question(block.section[-1])
    mark = _ANSWER_LINE.match(text, block.start, block.end) if block.kind in ("text", "list") else None
    if mark is not None:
        return replace(block, start=mark.end(), kind="faq", header=question, section=above, group=-1)
    return replace(block, section=above) if _QUESTION_LINE.match(text, block.start, block.end) or block.kind == "faq" else block


def _paired(parsed: Parsed, position: int, blocks: list[Block]) -> int:
    """Appends the entries that begin in the block at `position`; returns how many blocks they take, 0 for none."""
    block = parsed.blocks[position]
    if block.kind not in ("text", "list") or not _QUESTION_LINE.match(parsed.text, block.start, block.end):
        return 0
    pairs = _inside(parsed.text, block)
    if pairs:
        blocks.extend(pairs)
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
    """Entries that stand whole in one block: an answer on a line of its own, or behind its question."""
    entries: list[Block] = []
    starts = [match.start() for match in re.compile(r"^", re.MULTILINE).finditer(text, block.start, block.end)]
    lines = [*dict.fromkeys((block.start, *starts)), block.end]
    questions = [start for start in lines[:-1] if _QUESTION_LINE.match(text, start, block.end)]
    for question, end in zip(questions, [*questions[1:], block.end], strict=True):
        line_ends = next((start for start in lines if start > question), end)
        mark = _ANSWER_WITHIN.search(text, question, min(line_ends, end))
        first = mark.start() if mark else question
        if mark is None:
            answers = [start for start in lines[:-1] if question < start < end and _ANSWER_LINE.match(text, start, end)]
            if not answers:
                return []
            first = answers[0]
            mark = _ANSWER_LINE.match(text, first, end)
        stop = question + len(text[question:end].rstrip())
        if mark and mark.end() < stop:
            header = _question(text[question:first])
            entries.append(replace(block, start=mark.end(), end=stop, kind="faq", header=header, group=-1))
    return entries


def _question(line: str) -> str:
    match = _QUESTION_LINE.match(line)
    return " ".join((match[1] if match else line).strip(" *_").split())
