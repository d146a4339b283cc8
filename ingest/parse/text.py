"""Plain text. `Parsed.text` is the decoded text unchanged; blocks are paragraphs and list items found by rules."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from ingest.parse import sheet
from ingest.parse.lines import LEAF, bullet, columns, heading_level
from rag.domain import Block, Parsed

_LINE = re.compile(r"[^\r\n]+")
_WRAP_COLUMNS = 60
# What a list of changes stands under: 【R12.04】发布日期 2026-09-30, v2.1 (3 May 2026).
_RELEASE = re.compile(r"(?:【[^】]{1,24}】|\[?[vVrR]?\d{1,4}(?:\.\d{1,6}){1,3}\]?)[^。.!?！？]{0,40}[)）\d]?")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    indent: int
    after_blank: bool
    before_blank: bool


def parse(text: str) -> Parsed:
    """Splits decoded text into paragraphs, list items and sections. The title is the first line when it is a heading."""
    if _is_table(text):
        return sheet.parse_csv(text)
    lines = _lines(text)
    blank_lines = any(line.before_blank for line in lines[:-1])
    blocks: list[Block] = []
    headings: list[tuple[int, str]] = []
    title, groups, position = "", 0, 0
    in_list = False
    while position < len(lines):
        line = lines[position]
        follower = lines[position + 1].text if position + 1 < len(lines) else ""
        alone = blank_lines and line.after_blank and line.before_blank
        level = heading_level(line.text, alone=alone, follower=follower)
        if not level and line.after_blank and bullet(follower) and _RELEASE.fullmatch(line.text):
            level = LEAF
        if level:
            if position == 0 and level == LEAF:
                title = line.text
            else:
                headings = [*(pair for pair in headings if pair[0] < level), (level, line.text)]
            position, in_list = position + 1, False
            continue
        count = _paragraph(lines, position, blank_lines)
        section, end = tuple(name for _, name in headings), lines[position + count - 1].end
        if mark := bullet(line.text):
            groups += not in_list
            blocks.append(Block(line.start + mark, end, "list", section, group=groups - 1))
        else:
            blocks.append(Block(line.start, end, "text", section))
        in_list = mark > 0
        position += count
    return Parsed(text, tuple(blocks) or _whole(lines), title)


def _is_table(text: str) -> bool:
    """A table that a spreadsheet saved as text: rows of cells with tabs between, the same number in each."""
    if "\t" not in text[:2000]:
        return False
    reader = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter="\t")
    try:
        widths = [len(row) for row, _ in zip(reader, range(50), strict=False) if any(row)]
    except csv.Error:
        return False
    return len(widths) > 2 and min(widths) > 1 and widths.count(widths[0]) >= 0.9 * len(widths)


def _lines(text: str) -> list[_Line]:
    """The lines that are not blank."""
    lines: list[_Line] = []
    blank_above = True
    for match in _LINE.finditer(text):
        stripped = match.group().strip()
        newlines = text.count("\n", lines[-1].end, match.start()) if lines else 2
        blank_above = blank_above or newlines > 1
        if not stripped:
            blank_above = True
            continue
        indent = len(match.group()) - len(match.group().lstrip())
        start = match.start() + indent
        if lines and blank_above:
            last = lines[-1]
            lines[-1] = _Line(last.start, last.end, last.text, last.indent, last.after_blank, True)
        lines.append(_Line(start, start + len(stripped), stripped, indent, blank_above, False))
        blank_above = False
    if lines:
        last = lines[-1]
        lines[-1] = _Line(last.start, last.end, last.text, last.indent, last.after_blank, True)
    return lines


def _paragraph(lines: list[_Line], first: int, blank_lines: bool) -> int:
    """How many lines from `first` on are one block."""
    count = 1
    item = bullet(lines[first].text) > 0
    while first + count < len(lines):
        previous, line = lines[first + count - 1], lines[first + count]
        if line.after_blank or bullet(line.text):
            break
        follower = lines[first + count + 1].text if first + count + 1 < len(lines) else ""
        if heading_level(line.text, alone=False, follower=follower) in range(1, 7):
            break
        wrapped = columns(previous.text) >= _WRAP_COLUMNS and previous.text[-1] not in "。！？.!?；;：:"
        if item and line.indent <= lines[first].indent and not wrapped:
            break
        if not blank_lines and not wrapped and not item:
            break
        count += 1
    return count


def _whole(lines: list[_Line]) -> tuple[Block, ...]:
    """A text of headings alone is still text."""
    return (Block(lines[0].start, lines[-1].end),) if lines else ()
