"""Statements as a customer reads them: sentences, numbered steps, rows as lines or a small table; safe Markdown, no tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.domain import Hit
from rag.domain.statement import CODE, Cell, Statement
from rag.text.tokens import is_chinese

_FEW = 2  # cells up to which a row is one line
_SPACE = re.compile(r"[^\S\n]+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]{1,200}?)(?<=[^\s*])\1(?![\w*])")
_HALF = re.compile(r"\*\*|__(?=\W|$)|(?<!\w)__")
_MARKED_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_LABELLED = re.compile(r"[^\s:：]{1,24}(?: [^\s:：]{1,16}){0,2}[:：]\s*\S")
_PIPES = re.compile(r"\s*\|\s*")


def clean(text: str) -> str:
    """One statement's text without markup that only a page renders."""
    text = _TAG.sub("", _MARKED_LINK.sub(r"\1", text))
    text = _EMPHASIS.sub(r"\2", text)
    if text.count("**") % 2 or "__" in text:
        text = _HALF.sub("", text)
    return _SPACE.sub(" ", text).strip()


def said(hit: Hit, one: Statement) -> str:
    """A statement by itself, on as many lines as it needs."""
    if one.cells:
        return row(one)
    raw = hit.passage.text[one.start - hit.passage.start : one.end - hit.passage.start]
    if one.mark == CODE:
        return f"{CODE}\n{raw.strip(chr(10))}\n{CODE}" if "\n" in raw.strip() else f"`{raw.strip()}`"
    text = clean(one.text or " ".join(raw.split()))
    if one.kind == "row" and "|" in text:  # cells that no parser told apart
        text = " · ".join(filter(None, _PIPES.split(text)))
    return text


def row(one: Statement) -> str:
    """A row by itself: `label: value`, `label · column: value`, or a line for each column."""
    cells = [cell for cell in one.cells if cell.value.strip()]
    above = clean(one.above)
    if len(cells) == 1:
        return _headed(above, _pair(cells[0].name, clean(cells[0].value)))
    if len(cells) <= _FEW:
        label, cell = clean(cells[0].value), cells[1]
        return _headed(above, _pair(" · ".join(filter(None, (label, cell.name))), clean(cell.value)))
    return _headed(above, "\n".join(_pair(cell.name, clean(cell.value)) for cell in cells))


def _headed(above: str, text: str) -> str:
    if not above:
        return text
    return f"{above}\n{text}" if "\n" in text else f"{above} · {text}"


def _pair(name: str, value: str) -> str:
    name = name.rstrip(":： ")
    name = name[:1].upper() + name[1:] if name.islower() else name
    if not name:
        return value
    colon = "：" if is_chinese(name) else ": "
    return f"{name}{colon}\n{value}" if "\n" in value else f"{name}{colon}{value}"


def table(rows: Sequence[Statement]) -> str:
    """Several rows of one table under its header; without column names a line each."""
    names = list(dict.fromkeys(cell.name for one in rows for cell in one.cells))
    if any(not name for name in names[1:]) or max(len(one.cells) for one in rows) <= _FEW:
        return "\n".join(f"- {row(one)}" for one in rows)
    lines = [_line(names), _line(["---"] * len(names))]
    above = ""
    for one in rows:
        if one.above and one.above != above:
            above = one.above
            lines.append(_line([f"**{_cell(clean(above))}**", *[""] * (len(names) - 1)]))
        values = {cell.name: cell for cell in one.cells}
        lines.append(_line([_cell(clean(values[name].value)) if name in values else "" for name in names]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "／").split())


def listed(hit: Hit, items: Sequence[Statement], lead: str) -> str:
    """List items under what introduces them, with the document's own numbers; what has no mark continues the item above."""
    lines = [clean(lead)] if lead else []
    for one in items:
        text = said(hit, one)
        if one.kind in ("step", "item"):
            lines.append(f"{_shown(one.mark)} {text}" if one.mark else f"- {text}")
        else:
            lines.append(f"  {text}" if lines else text)
    return "\n".join(lines)


def _shown(mark: str) -> str:
    return mark if mark[-1] in ".)、．）:：" or not mark[-1].isdigit() else f"{mark}."


def paragraph(hit: Hit, sentences: Sequence[Statement]) -> str:
    """Sentences that stand one after the other."""
    out, before = "", None
    for one in sentences:
        text = said(hit, one)
        # An approved answer keeps its writer's lines.
        breaks = one.kind == "answer" or _LABELLED.match(text) is not None
        if before is not None and breaks and "\n" in _between(hit, before, one):
            out, before = f"{out}\n{text}", one
            continue
        before = one
        space = out and not (is_chinese(out[-2:]) or out[-1] in "。！？；：，、”）" or is_chinese(text[:2]))
        out += f" {text}" if space else text
    return out


def _between(hit: Hit, before: Statement, one: Statement) -> str:
    start = hit.passage.start
    return hit.passage.text[before.end - start : one.start - start]


def named(cells: Sequence[Cell]) -> str:
    """Columns of a case: a line each."""
    return "\n".join(_pair(cell.name, clean(cell.value)) for cell in cells if cell.value.strip())
