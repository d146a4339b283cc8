"""Org: the outline as it is exported (`orglines.py` says which parts are), written as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from ingest.parse.markuphtml import escaped, parse_body
from ingest.parse.orginline import inline
from ingest.parse.orglines import Outline, exported
from rag.domain import Parsed

_HEADING = re.compile(r"(\*+)\s+(.*)$")
_BEGIN = re.compile(r"\s*#\+begin_(\S+)\s*(.*)$", re.IGNORECASE)
_END = r"\s*#\+end_{}\s*$"
_ITEM = re.compile(r"(\s*)([-+]|(?<=\s)\*|(?:\d+|[a-zA-Z])[.)])\s+(.*)$")
_COUNTER = re.compile(r"\[@(\w+)\]\s*")
_CHECK = re.compile(r"\[[ X-]\]\s+")
_TERM = re.compile(r"(.*?)\s+::(?:\s+(.*))?$")
_CAPTION = re.compile(r"\s*#\+caption(?:\[.*?\])?:\s*(.*)$", re.IGNORECASE)
_ROW = re.compile(r"\s*\|")
_RULE = re.compile(r"\s*\|[-+]+\|?\s*$")
_COOKIE = re.compile(r"\s*(?:<[lrc]?\d*>)?\s*$")
_FIXED = re.compile(r"\s*:(?:\s(.*)|)$")


def parse(source: str) -> Parsed:
    """Parses a decoded Org file. Raises ParseError `unpublished`."""
    outline = exported(source)
    title = unescape(re.sub(r"<[^>]*>", "", inline(outline.title, outline)))
    body = (f"<h1>{escaped(title)}</h1>" if title else "") + _Blocks(outline, outline.lines).written()
    return parse_body(body, title=title, fields=outline.fields, left_out={"parts": outline.left_out})


class _Blocks:
    """Writes lines as HTML, one block after the other."""

    def __init__(self, outline: Outline, lines: Sequence[str]) -> None:
        self.outline, self.lines, self.at, self.caption = outline, lines, 0, ""

    def written(self) -> str:
        out: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if match := _CAPTION.match(line):
                self.caption = self.inline(match[1])
                self.at += 1
            elif not line.strip() or (re.match(r"\s*(?:#\+\w|-{5,}\s*$)", line) and not _BEGIN.match(line)):
                self.at += 1
            else:
                out.append(self._block(line))
        return "".join(out)

    def inline(self, text: str) -> str:
        return inline(text, self.outline)

    def _block(self, line: str) -> str:
        if match := _HEADING.match(line):
            self.at += 1
            level = min(len(match[1]) + bool(self.outline.title), 6)
            return f"<h{level}>{self.inline(match[2])}</h{level}>"
        if match := _BEGIN.match(line):
            return self._between(match[1].lower(), match[2])
        if _ROW.match(line):
            return self._table()
        if _FIXED.match(line):
            return self._fixed()
        if _ITEM.match(line):
            return self._list(len(line) - len(line.lstrip()))
        return f"<p>{self.inline(' '.join(self._paragraph()))}</p>"

    def _paragraph(self) -> list[str]:
        first = self.at
        while self.at < len(self.lines) and self.lines[self.at].strip():
            line = self.lines[self.at]
            begins = _HEADING.match(line) or _BEGIN.match(line) or _ROW.match(line) or _ITEM.match(line) or _CAPTION.match(line)
            if self.at > first and begins:
                break
            self.at += 1
        return [line.strip() for line in self.lines[first : self.at]]

    def _between(self, name: str, backend: str) -> str:
        self.at += 1
        first, end = self.at, re.compile(_END.format(re.escape(name)), re.IGNORECASE)
        while self.at < len(self.lines) and not end.match(self.lines[self.at]):
            self.at += 1
        lines = [re.sub(r"^(\s*),(?=[*#,])", r"\1", line) for line in self.lines[first : self.at]]
        self.at += 1
        caption, self.caption = self.caption, ""
        lead = f"<p>{caption}</p>" if caption else ""
        if name in ("src", "example"):
            return f"{lead}<pre>{escaped(_dedented(lines))}</pre>"
        if name == "export":
            return "\n".join(lines) if backend.lower().startswith("html") else ""
        if name == "comment":
            return ""
        if name == "verse":
            return f"<p>{'<br>'.join(map(self.inline, lines))}</p>"
        return f"{lead}<div>{_Blocks(self.outline, lines).written()}</div>"

    def _fixed(self) -> str:
        first = self.at
        while self.at < len(self.lines) and _FIXED.match(self.lines[self.at]):
            self.at += 1
        lines = (re.sub(r"^\s*: ?", "", line) for line in self.lines[first : self.at])
        return f"<pre>{escaped(chr(10).join(lines))}</pre>"

    def _table(self) -> str:
        rows: list[str] = []
        head = -1
        while self.at < len(self.lines) and _ROW.match(self.lines[self.at]):
            line = self.lines[self.at].strip()
            self.at += 1
            if _RULE.match(line):
                head = len(rows) if head < 0 and rows else head
                continue
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if (all(map(_COOKIE.match, cells)) and any(cells)) or cells[0] in ("/", "!", "^", "_", "$"):
                continue
            marked = cells[1:] if cells[0] in ("#", "*") else cells
            rows.append("".join(f"<td>{self.inline(cell)}</td>" for cell in marked))
        head = 0 if head == len(rows) or head < 0 else head
        html_rows = [f"<tr>{row.replace('td>', 'th>') if number < head else row}</tr>" for number, row in enumerate(rows)]
        caption, self.caption = self.caption, ""
        return f"<table>{f'<caption>{caption}</caption>' if caption else ''}{''.join(html_rows)}</table>"

    def _list(self, indent: int) -> str:
        match = _ITEM.match(self.lines[self.at])
        assert match is not None
        ordered = match[2][0].isalnum()
        counter = _COUNTER.match(match[3])
        start = counter[1] if counter else match[2][:-1]
        defined = not ordered and _TERM.match(match[3]) is not None
        parts = []
        while (item := self._item(indent, ordered)) is not None:
            parts.append(self._written_item(*item, defined))
        tag = "dl" if defined else f'ol start="{start}"' if ordered and start.isdigit() else "ol" if ordered else "ul"
        return f"<{tag}>{''.join(parts)}</{tag[:2]}>"

    def _item(self, indent: int, ordered: bool) -> tuple[str, list[str]] | None:
        """The next item of the list: its first line, and the lines that stand deeper."""
        at = self.at
        while at < len(self.lines) and not self.lines[at].strip() and at - self.at < 2:
            at += 1
        line = self.lines[at] if at < len(self.lines) else ""
        match = _ITEM.match(line)
        if match is None or len(match[1]) != indent or match[2][0].isalnum() != ordered:
            return None
        self.at = at + 1
        first = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            self.at += 1
        return match[3], list(self.lines[first : self.at])

    def _written_item(self, text: str, below: list[str], defined: bool) -> str:
        text = _CHECK.sub("", _COUNTER.sub("", text))
        lead: list[str] = []
        while below and below[0].strip() and not (_ITEM.match(below[0]) or _BEGIN.match(below[0]) or _ROW.match(below[0])):
            lead.append(below.pop(0).strip())
        inner = _Blocks(self.outline, below).written()
        if defined and (match := _TERM.match(text)):
            words = " ".join(filter(None, [match[2] or "", *lead]))
            return f"<dt>{self.inline(match[1])}</dt><dd>{self.inline(words)}{inner}</dd>"
        return f"<li>{self.inline(' '.join([text, *lead]))}{inner}</li>"


def _dedented(lines: Sequence[str]) -> str:
    depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)
