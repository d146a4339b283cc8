"""Questions of a page that stand as sentences above their answers: bold, numbered, in list items, on lines of their own.

One question in a text may be rhetorical: several of the same shape in one section are a FAQ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from ingest.faq import is_question
from ingest.parse.tags import plain
from rag.domain import Block, Parsed

_BOLD = re.compile(
    r"(\*\*|__)(?=\S)((?:(?!\n\s*\n).){1,300}?)(?<=\S)\1|<(b|strong)>(.{1,300}?)</(?:b|strong)>", re.IGNORECASE | re.DOTALL
)
_AFTER_BOLD = re.compile(r"[ \t]*[:：]?[ \t]*(?:<br\s*/?>|\\(?=\r?\n))?\s*")
_FIRST_LINE = re.compile(r"([^\n]{2,300}?)[ \t]*(?:\\?\r?\n|<br\s*/?>)\s*(?=\S)")
_FIRST_SENTENCE = re.compile(
    r"(?![\"'“‘「『*_`])([^\n?？`\[\]<>]{3,200}(?:？|\?(?=[\s\u4e00-\u9fff])))[)）]?\s*(?=[^\s→:：=|\-–—>])"
)
_NUMBER = re.compile(r"[ \t>*_]*(?:Q|问题?)?[ \t]*[(（]?(\d{1,3})[)）]?[ \t]*[.、．:：)]?[ \t*_]*$", re.IGNORECASE)
_OWN_NUMBER = re.compile(r"(?:(?:Q|问题?)\s*)?[(（]?(\d{1,3})[)）]?\s*(?:[.、．)）:：]|(?<=[)）]))\s*(?=\D)", re.IGNORECASE)
_MARKED = ("?", "？")
_SHARE = 0.6
_UNMARKED = 3  # questions without a mark that are a FAQ together
_ALL_SHARE = 0.65  # then what is no question by its words is one by its place
_ANSWER_LIMIT, _ANSWER_BLOCKS = 1500, 8  # a longer answer has parts of its own: it is a section
_QUESTION_LIMIT = 200
_TEXTS = ("text", "list")


@dataclass(frozen=True, slots=True)
class _Lead:
    """A block that may be a question with its answer. `answer`: where that begins, the block's end when in later blocks."""

    at: int
    shape: str
    question: str
    answer: int
    number: int = 0

    @property
    def asks(self) -> bool:
        return is_question(self.question)

    @property
    def marked(self) -> bool:
        return self.question.rstrip('"”』」)）').endswith(_MARKED)


def series(parsed: Parsed, strong: Mapping[int, int]) -> Parsed:
    """The document with its series of questions as FAQ entries."""
    blocks: list[Block] = []
    for _, run in groupby(parsed.blocks, key=lambda block: block.section):
        blocks.extend(_section(parsed, list(run), strong))
    return (
        replace(parsed, blocks=tuple(blocks)) if len(blocks) != len(parsed.blocks) or blocks != list(parsed.blocks) else parsed
    )


def _section(parsed: Parsed, blocks: list[Block], strong: Mapping[int, int]) -> list[Block]:
    if not any(mark in parsed.text[blocks[0].start : blocks[-1].end] for mark in _MARKED):
        unmarked = _alternating(parsed, blocks)
        return list(_entries(parsed, blocks, unmarked)) if unmarked else blocks
    texts = (parsed.text[block.start : block.end] for block in blocks if block.kind in _TEXTS)
    if not any(mark in text for text in texts for mark in _MARKED):
        return blocks  # a series has a question with its mark in a block of its own
    leads = [lead for at, block in enumerate(blocks) if (lead := _lead(parsed, at, block, strong)) is not None]
    for shape in ("bold", "line", "sentence", "own"):
        chosen = [lead for lead in leads if lead.shape == shape]
        if shape == "own":
            chosen = _answered(blocks, chosen)
        if _is_faq(chosen, shape, sum(block.kind == "list" for block in blocks)):
            return list(_entries(parsed, blocks, chosen))
    return blocks


def _alternating(parsed: Parsed, blocks: list[Block]) -> list[_Lead]:
    """Questions without marks: lines that ask by their words, from the first on, each with one or two below that do not."""
    if len(blocks) < 2 * _UNMARKED or any(block.kind not in _TEXTS for block in blocks):
        return []
    leads = [lead for at, block in enumerate(blocks) if (lead := _lead(parsed, at, block, {})) is not None]
    questions = [lead for lead in leads if lead.shape == "own" and lead.asks]
    places = [lead.at for lead in questions]
    gaps = [after - before for before, after in pairwise([*places, len(blocks)])]
    return questions if len(questions) >= _UNMARKED and places[0] < 2 and all(1 < gap < 4 for gap in gaps) else []


def _is_faq(leads: Sequence[_Lead], shape: str, items: int) -> bool:
    questions = sum(lead.asks for lead in leads)
    marked = sum(lead.marked for lead in leads)
    if not marked or questions < _SHARE * len(leads) or (shape == "sentence" and len(leads) * 2 < items):
        return False
    return marked > 1 or (len(leads) == 1 and shape == "bold")


def _lead(parsed: Parsed, at: int, block: Block, strong: Mapping[int, int]) -> _Lead | None:
    if block.kind not in _TEXTS:
        return None
    text = parsed.text
    if (end := strong.get(block.start)) is not None or (end := _bold_end(parsed, block)):
        after = _AFTER_BOLD.match(text, end, block.end)
        question = _clean(text[block.start : end])
        if question and len(question) <= _QUESTION_LIMIT:
            return _Lead(at, "bold", question, after.end() if after else end, _number(parsed, block))
    if (match := _FIRST_LINE.match(text, block.start, block.end)) and match.end() < block.end:
        question = _clean(match[1])
        if question.endswith(_MARKED) or not _sentences(question):
            return _Lead(at, "line", question, match.end())
        return None
    if block.kind == "list" and (match := _FIRST_SENTENCE.match(text, block.start, block.end)) and match.end() < block.end:
        return _Lead(at, "sentence", _clean(match[1]), match.end())
    question = _clean(text[block.start : block.end])
    if "\n" in text[block.start : block.end] or not question or len(question) > _QUESTION_LIMIT:
        return None
    return _Lead(at, "own", question, block.end, _number(parsed, block))


def _bold_end(parsed: Parsed, block: Block) -> int:
    if not parsed.markdown:
        return 0
    match = _BOLD.match(parsed.text, block.start, block.end)
    return match.end() if match else 0


def _sentences(text: str) -> bool:
    """Whether a first line is prose that goes on, not a question."""
    return text[-1:] not in "?？" and not is_question(text) and len(text) > 40


def _clean(source: str) -> str:
    text = plain(source).lstrip("> ").rstrip(" :：*_")
    match = _OWN_NUMBER.match(text)
    return text[match.end() :] if match and match.end() < len(text) else text


def _number(parsed: Parsed, block: Block) -> int:
    """The number that stands before the block or opens it; 0 for none."""
    line = parsed.text.rfind("\n", 0, block.start) + 1
    match = _NUMBER.match(parsed.text[line : block.start]) if line < block.start else None
    match = match or _OWN_NUMBER.match(parsed.text[block.start : block.start + 12])
    return int(match[1]) if match else 0


def _answered(blocks: Sequence[Block], leads: Sequence[_Lead]) -> list[_Lead]:
    """Of blocks of one line: questions with something below them, and what is numbered in line with them."""
    questions = [lead for lead in leads if lead.marked]
    places = {lead.at for lead in questions}
    answered = [lead for lead in questions if lead.at + 1 < len(blocks) and lead.at + 1 not in places]
    if not answered or len(answered) < _SHARE * len(questions):
        return []
    numbered = {lead.number for lead in answered if lead.number}
    if len(numbered) * 2 < len(answered):
        return answered
    chosen: list[_Lead] = []
    last = 0
    for lead in leads:
        follows = lead.number == last + 1 and lead.at + 1 < len(blocks) and lead.at + 1 not in places
        if lead in answered or (follows and blocks[lead.at].kind == blocks[answered[0].at].kind):
            chosen.append(lead)
            last = lead.number
    return chosen


def _entries(parsed: Parsed, blocks: Sequence[Block], leads: Sequence[_Lead]) -> Iterator[Block]:
    yield from blocks[: leads[0].at]
    longest = 1
    all_ask = sum(lead.asks for lead in leads) >= _ALL_SHARE * len(leads)
    for number, lead in enumerate(leads):
        last = number + 1 == len(leads)
        until = len(blocks) if last else leads[number + 1].at
        below = list(blocks[lead.at + 1 : until])
        whole = lead.answer < blocks[lead.at].end
        answer, rest = _taken(below, max(longest, _listed(below)) if last else len(below), whole)
        longest = max(longest, len(answer))
        if (not whole and not answer) or not (lead.asks or all_ask):
            yield blocks[lead.at]
            yield from below
            continue
        start = lead.answer if whole else answer[0].start
        end = answer[-1].end if answer else blocks[lead.at].end
        if not whole and (end - start > _ANSWER_LIMIT or len(answer) > _ANSWER_BLOCKS):
            yield from (replace(block, section=(*block.section, lead.question)) for block in below)
            continue
        yield replace(blocks[lead.at], start=start, end=end, kind="faq", header=lead.question, group=-1)
        yield from rest


def _listed(below: Sequence[Block]) -> int:
    """How many items the list has that follows a question at once."""
    return next((at for at, block in enumerate(below) if block.kind != "list"), len(below))


def _taken(below: Sequence[Block], limit: int, whole: bool) -> tuple[list[Block], list[Block]]:
    """What below a question is its answer: texts and lists up to the next question; tables and code stay what they are."""
    count = 0
    while count < min(len(below), limit) and below[count].kind in _TEXTS and not (whole and below[count].kind == "text"):
        count += 1
    return list(below[:count]), list(below[count:])
